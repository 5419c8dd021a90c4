"""Plain functions in Nova's signature, and the four traps in which Nova's own loop exits 0 with rows left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.context import Context
from migrator.data.kinds import Fence, FunctionMigration, UpdateMigration, function_migration
from migrator.model.data import DataState
from tests.integration.data.running import ITEM, Runner, add, fill, items, states, table_named
from tests.support.database import Database

TODO = sa.select(ITEM.c.id).where(ITEM.c.new.is_distinct_from(ITEM.c.old))
Function = Callable[[Context, int], tuple[int, int]]


def copy(context: Context, max_count: int) -> tuple[int, int]:
    """Does what it says, over our connection; a bad row is found and not done."""
    return copy_over(context.connection, max_count)


def copy_over(connection: sa.Connection, max_count: int) -> tuple[int, int]:
    found = connection.scalars(TODO.order_by(ITEM.c.id).limit(max_count)).all()
    good = sa.and_(ITEM.c.id.in_(found), ITEM.c.bad == 0)
    values = {"new": ITEM.c.old, "touched": ITEM.c.touched + 1}
    return len(found), connection.execute(sa.update(ITEM).where(good).values(values)).rowcount


def plain(function: Function = copy, name: str = "copy", **options: Any) -> FunctionMigration:
    return FunctionMigration(name=name, function=function, **{"remaining": TODO, **options})


def done_in(database: Database, table: str = "item") -> int:
    return int(database.scalar(f"SELECT count(*) FROM {table} WHERE touched = 1"))


def test_a_function_is_called_until_its_predicate_finds_no_row(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[plain(batch_size=10)])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.found, row.done, row.remaining) == (0, DataState.DONE, 25, 25, 0)
    assert done_in(database) == 25
    assert not row.commits_itself
    assert runner().rows[0].found == 0


def test_a_function_is_never_called_while_its_predicate_finds_nothing(database: Database) -> None:
    items(database, 0)

    def never(context: Context, max_count: int) -> tuple[int, int]:
        raise AssertionError

    assert states(Runner(database=database, migrations=[plain(never)])()) == {"copy": DataState.NOT_NEEDED}


def test_max_count_reaches_the_function_and_bounds_the_run(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[plain(batch_size=4)])
    report = runner(10)
    assert (report.exit_code, report.done, done_in(database)) == (1, 10, 10)
    assert runner.exit_codes(10) == [1, 0]


def test_without_a_predicate_it_is_called_until_it_finds_nothing_and_asked_again_by_each_run(
    database: Database,
) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[plain(remaining=None, batch_size=2)])
    report = runner()
    assert (report.exit_code, report.done, report.rows[0].remaining) == (0, 5, None)
    add(database, [6])
    assert (runner().exit_code, done_in(database)) == (0, 6)
    assert runner.stored("copy").state is DataState.DONE


def test_the_orm_session_is_in_our_transaction_and_needs_no_commit(database: Database) -> None:
    items(database, 5)

    def by_session(context: Context, max_count: int) -> tuple[int, int]:
        ids = context.session.scalars(TODO.limit(max_count)).all()
        statement = sa.update(ITEM).where(ITEM.c.id.in_(ids)).values(new=ITEM.c.old, touched=1)
        context.session.execute(statement)
        return len(ids), len(ids)

    runner = Runner(database=database, migrations=[plain(by_session)])
    assert (runner().exit_code, done_in(database)) == (0, 5)
    assert not runner.stored("copy").commits_itself


def test_what_a_function_did_before_it_raised_is_rolled_back(database: Database) -> None:
    items(database, 5)

    def raises(context: Context, max_count: int) -> tuple[int, int]:
        copy(context, max_count)
        raise ValueError("CANARY")

    runner = Runner(database=database, migrations=[plain(raises)])
    report = runner()
    assert (report.exit_code, states(report)) == (2, {"copy": DataState.FAILED})
    assert done_in(database) == 0
    assert report.rows[0].error_class == runner.stored("copy").error_class == "ValueError"
    assert "CANARY" not in repr(report)
    assert "test_function.py" in report.rows[0].note


def test_a_statement_of_the_function_that_fails_is_recorded_with_its_code(database: Database) -> None:
    items(database, 5)

    def fails(context: Context, max_count: int) -> tuple[int, int]:
        context.connection.execute(sa.text("SELECT nothing FROM nowhere"))
        return 0, 0

    report = Runner(database=database, migrations=[plain(fails)])()
    assert states(report) == {"copy": DataState.FAILED}
    assert report.rows[0].error_code


@pytest.mark.parametrize("result", [None, (1,), (1, 2), (-1, -1), (1.0, 1), (True, True), "ab"])
def test_a_result_that_is_not_found_and_done_is_refused_and_rolled_back(database: Database, result: Any) -> None:
    items(database, 1)

    def wrong(context: Context, max_count: int) -> Any:
        copy(context, max_count)
        return result

    report = Runner(database=database, migrations=[plain(wrong)])()
    assert (report.exit_code, states(report), done_in(database)) == (2, {"copy": DataState.FAILED}, 0)


# -- who commits -----------------------------------------------------------------------------------------------------


def test_one_that_commits_on_our_connection_is_found_out_and_said_to_be_at_least_once(database: Database) -> None:
    items(database, 5)

    def commits(context: Context, max_count: int) -> tuple[int, int]:
        counts = copy(context, max_count)
        context.connection.commit()
        return counts

    runner = Runner(database=database, migrations=[plain(commits)])
    report = runner()
    assert (report.exit_code, done_in(database)) == (0, 5)
    assert report.rows[0].commits_itself
    assert runner.stored("copy").commits_itself


def test_one_that_goes_on_after_its_own_commit_loses_nothing(database: Database) -> None:
    items(database, 4)

    def commits(context: Context, max_count: int) -> tuple[int, int]:
        copy(context, 1)
        context.connection.commit()
        return tuple(one + 1 for one in copy(context, max_count - 1))  # type: ignore[return-value]  # two of them

    report = Runner(database=database, migrations=[plain(commits)])()
    assert (report.exit_code, report.done, done_in(database)) == (0, 4, 4)


def test_one_that_works_on_a_connection_of_its_own_declares_it_and_is_at_least_once(database: Database) -> None:
    items(database, 5)
    engine = database.engine()

    def elsewhere(context: Context, max_count: int) -> tuple[int, int]:
        with engine.begin() as connection:
            return copy_over(connection, max_count)

    runner = Runner(database=database, migrations=[plain(elsewhere, batch_size=2, commits_itself=True)])
    report = runner()
    assert (report.exit_code, report.done, done_in(database)) == (0, 5, 5)
    assert runner.stored("copy").commits_itself


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_one_that_works_elsewhere_without_saying_so_is_found_out(database: Database) -> None:
    items(database, 5)
    engine = database.engine()

    def elsewhere(context: Context, max_count: int) -> tuple[int, int]:
        with engine.begin() as connection:
            return copy_over(connection, max_count)

    runner = Runner(database=database, migrations=[plain(elsewhere)])
    assert runner().rows[0].commits_itself


# -- Nova's traps ----------------------------------------------------------------------------------------------------


def test_trap_1_rows_found_and_none_done_is_blocked_and_never_exit_0(database: Database) -> None:
    items(database, 5, bad=range(1, 6))
    for remaining in (TODO, None):
        runner = Runner(database=database, migrations=[plain(remaining=remaining)])
        report = runner()
        assert (report.exit_code, states(report)) == (2, {"copy": DataState.BLOCKED})
        assert runner.exit_codes(2) == [2]


def test_trap_2_bad_rows_that_sort_first_are_exit_2_while_good_ones_are_left(database: Database) -> None:
    items(database, 10, bad=range(1, 6))
    assert Runner(database=database, migrations=[plain()]).exit_codes(5) == [2]
    assert Runner(database=database, migrations=[fill()]).exit_codes(5)[-1] == 2
    assert done_in(database) == 5  # the set-based kind goes past them


def test_trap_3_an_early_migration_does_not_use_up_the_budget_of_a_later_one(database: Database) -> None:
    items(database, 1000, table="early")
    items(database, 3, table="late")
    late = fill("late", table=table_named("late"))
    runner = Runner(database=database, migrations=[fill("early", table=table_named("early")), late])
    assert [runner(5).exit_code for _ in range(2)] == [1, 1]
    assert done_in(database, "late") == 3


def test_trap_4_an_exception_before_a_later_success_is_not_exit_0(database: Database) -> None:
    items(database, 3)

    def raises(context: Context, max_count: int) -> tuple[int, int]:
        raise RuntimeError

    broken = plain(raises, "broken", remaining=sa.select(sa.literal(1)))
    runner = Runner(database=database, migrations=[broken, fill()])
    report = runner()
    assert (report.exit_code, states(report)) == (1, {"broken": DataState.FAILED, "fill": DataState.DONE})
    assert runner().exit_code == 2


# -- functions that don't tell the truth -----------------------------------------------------------------------------


@pytest.mark.parametrize("max_count", [None, 2])
def test_one_that_says_done_while_its_predicate_finds_as_many_is_blocked(
    database: Database, max_count: int | None
) -> None:
    items(database, 5)

    def boasts(context: Context, max_count: int) -> tuple[int, int]:
        return max_count, max_count

    report = Runner(database=database, migrations=[plain(boasts)])(max_count)
    assert (report.exit_code, states(report)) == (2, {"copy": DataState.BLOCKED})
    assert report.rows[0].remaining == 5


def test_one_that_finds_nothing_while_its_predicate_finds_rows_is_blocked(database: Database) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[plain(lambda context, max_count: (0, 0))])
    report = runner()
    assert (report.exit_code, states(report)) == (2, {"copy": DataState.BLOCKED})


def test_a_predicate_may_be_a_function_that_counts(database: Database) -> None:
    items(database, 5)

    def left(connection: sa.Connection) -> int:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(TODO.subquery())) or 0)

    assert Runner(database=database, migrations=[plain(remaining=left)])().exit_code == 0
    assert done_in(database) == 5


def test_a_predicate_that_raises_fails_its_own_migration_only(database: Database) -> None:
    items(database, 5)

    def left(connection: sa.Connection) -> int:
        raise KeyError("CANARY")

    runner = Runner(database=database, migrations=[plain(remaining=left), fill()])
    report = runner()
    assert states(report) == {"copy": DataState.FAILED, "fill": DataState.DONE}
    assert report.rows[0].error_class == "KeyError"
    assert "CANARY" not in repr(report)


# -- order -----------------------------------------------------------------------------------------------------------


def test_one_waits_for_a_revision_and_a_change_and_runs_in_the_run_in_which_what_it_requires_is_done(
    database: Database,
) -> None:
    items(database, 3, table="one")
    items(database, 3, table="two")
    one = fill("one", table=table_named("one"), requires=("shop",))
    two = fill("two", table=table_named("two"), requires=("one", "2b"))
    runner = Runner(database=database, migrations=[two, one], changes={"shop": ("2a",), "later": ("2b",)})
    report = runner()
    assert report.exit_code == 4
    assert {row.name: row.waiting_for for row in report.rows} == {"one": ("2a",), "two": ("one", "2b")}
    assert report.next[0] == "migrator expand"
    assert "migrator_data_migration" not in database.tables()
    runner.applied = ("2a", "2b")
    assert states(runner()) == {"two": DataState.DONE, "one": DataState.DONE}
    assert (done_in(database, "one"), done_in(database, "two")) == (3, 3)


def test_when_all_that_remains_waits_the_exit_code_is_4_and_while_rows_remain_it_is_1(database: Database) -> None:
    items(database, 4)
    waiting = fill("waiting", table=table_named("nowhere"), requires=("2b",))
    runner = Runner(database=database, migrations=[fill(), waiting], changes={"later": ("2b",)})
    assert runner.exit_codes(3) == [1, 4]


def test_a_module_s_change_requires_its_expands(database: Database) -> None:
    runner = Runner(database=database, migrations=[fill(change="shop")], changes={"shop": ("2a",)})
    report = runner()
    assert (report.exit_code, report.rows[0].waiting_for) == (4, ("2a",))


def test_a_retired_one_is_never_asked_since_its_table_may_be_gone(database: Database) -> None:
    runner = Runner(database=database, migrations=[fill()], retired=("fill",))
    report = runner()
    assert (report.exit_code, states(report)) == (0, {"fill": DataState.RETIRED})
    assert database.tables() == []


def test_the_decorator_makes_a_public_function_migration(database: Database) -> None:
    fence = Fence(table=ITEM, refuse=sa.true())

    @function_migration(name="copy", remaining=TODO, requires=("2a",), fence=fence)
    def declared(context: Context, max_count: int) -> tuple[int, int]:
        return 3, max_count

    assert (declared.name, declared.requires, declared.fence) == ("copy", ("2a",), fence)
    assert declared(None, 2) == (3, 2)
    assert isinstance(UpdateMigration, type)
