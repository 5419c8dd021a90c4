"""A change through its phases, by the command line, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from migrator.db.runner_lock import schema_runner
from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project
from tests.support.wiring import opened


@contextmanager
def schema_lock_held(database: Database) -> Iterator[None]:
    """Another runner is at work."""
    with schema_runner(opened(database)):
        yield


def test_a_change_goes_through_expand_data_and_contract(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    shop.release_b(project)
    shop.release_c(project)

    expanded = project.run("expand")
    assert expanded.exit_code == 0, expanded.output
    assert "add_new" in expanded.stdout
    assert "next: migrator online-data-migrations" in expanded.stdout
    assert database.columns("shop") == ["id", "old", "new"]

    closed = project.run("contract")
    assert closed.exit_code == 4, closed.output
    assert "still finds 3 rows" in closed.stdout
    assert "migrator online-data-migrations --only rename" in closed.stdout
    assert database.columns("shop") == ["id", "old", "new"]

    codes = [project.run("online-data-migrations", "--max-count", 2).exit_code for _ in range(3)]
    assert codes == [1, 0, 0]
    assert database.rows("SELECT new FROM shop ORDER BY id") == [("a",), ("b",), ("c",)]

    contracted = project.run("contract")
    assert contracted.exit_code == 0, contracted.output
    assert database.columns("shop") == ["id", "new"]
    assert project.run("online-data-migrations").exit_code == 0
    assert "nothing to do" in project.run("contract").stdout


def test_a_revision_may_ask_alembics_context(database: Database, project: Project) -> None:
    asked = """
assert context.get_x_argument(as_dictionary=True) == {}
assert not context.is_offline_mode()
assert context.get_context() is op.get_context()
sa.Table("asked", sa.MetaData(), sa.Column("id", sa.Integer)).create(context.get_bind())
"""
    project.revision("expand", "e1", asked, head="from alembic import context")
    expanded = project.run("expand")
    assert expanded.exit_code == 0, expanded.output
    assert "asked" in database.tables()


def test_a_second_expand_does_nothing_and_takes_no_lock(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    with schema_lock_held(database):
        again = project.run("expand", "--wait", "0")
    assert again.exit_code == 0, again.output
    assert "nothing to do" in again.stdout


def test_a_busy_lock_is_waited_for_by_name_then_exit_5(database: Database, project: Project) -> None:
    shop.release_a(project)
    with schema_lock_held(database):
        refused = project.run("expand", "--wait", "0.3")
    assert refused.exit_code == 5, refused.output
    assert "another runner" in refused.stderr
    assert database.tables() == []
    assert project.run("expand").exit_code == 0


def test_contract_before_expand_is_closed_and_says_expand(database: Database, project: Project) -> None:
    shop.all_releases(project)
    closed = project.run("contract", "--format", "json")
    document = closed.json()
    assert closed.exit_code == document["exit_code"] == 4
    assert document["outcome"] == "closed"
    assert document["blocked"][0]["revision"] == "drop_old"
    assert document["next"][0] == "migrator expand"


def test_expand_never_runs_a_contract_that_it_depends_on(database: Database, project: Project) -> None:
    shop.all_releases(project)
    project.revision("expand", "again", 'op.add_column("shop", sa.Column("old", sa.Integer))', depends_on="drop_old")
    refused = project.run("expand")
    assert refused.exit_code == 4
    assert "drop_old" in refused.stderr
    assert "next:  migrator contract" in refused.stderr
    assert database.tables() == []


def test_a_database_behind_the_trunk_is_sent_to_upgrade(database: Database, project: Project) -> None:
    project.revision("trunk", "t1", 'op.create_table("base", sa.Column("id", sa.Integer, primary_key=True))')
    project.revision("expand", "e1", 'op.add_column("base", sa.Column("more", sa.Integer))')
    refused = project.run("expand")
    assert refused.exit_code == 4
    assert "next:  migrator upgrade" in refused.stderr
    assert project.run("upgrade").exit_code == 0
    assert database.columns("base") == ["id", "more"]


def test_a_destructive_expand_is_refused_even_where_ci_was_skipped(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    project.revision("expand", "bad", 'op.drop_column("shop", "old")')
    refused = project.run("expand")
    assert refused.exit_code == 3, refused.output
    assert "drop-column" in refused.stderr
    assert "bad.py" in refused.stderr
    assert database.columns("shop") == ["id", "old"]


def test_dry_run_and_sql_send_nothing(database: Database, project: Project) -> None:
    shop.all_releases(project)
    plan = project.run("expand", "--dry-run")
    assert plan.exit_code == 0
    assert "CREATE TABLE shop" in plan.stdout
    sql = project.run("expand", "--sql")
    assert sql.stdout.count("CREATE TABLE shop") == 1
    assert all(line.endswith((";", "(", ",", ")", "")) or line.startswith("--") for line in sql.stdout.splitlines())
    assert "DROP COLUMN" in project.run("contract", "--sql").stdout
    assert database.tables() == []


def test_expand_to_a_revision_stops_there(database: Database, project: Project) -> None:
    shop.all_releases(project)
    assert project.run("expand", "--to", "make_shop").exit_code == 0
    assert database.columns("shop") == ["id", "old"]


def test_upgrade_takes_an_empty_database_through_three_releases(database: Database, project: Project) -> None:
    shop.all_releases(project)
    project.revision("expand", "add_third", 'op.add_column("shop", sa.Column("third", sa.String(50)))', change="third")
    project.data(
        "third",
        """
        shop = sa.table("shop", sa.column("id"), sa.column("new"), sa.column("third"))
        third = migrator.UpdateMigration(
            name="third", table=shop, set={"third": shop.c.new}, where=shop.c.third.is_distinct_from(shop.c.new)
        )
        change = "third"
        """,
    )
    project.revision(
        "contract", "drop_new", 'op.drop_column("shop", "new")', depends_on="add_third", requires_data=["third"]
    )
    done = project.run("upgrade")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "third"]
    assert project.run("online-data-migrations").exit_code == 0
    states = {one["change"]: one["state"] for one in project.run("status", "--format", "json").json()["changes"]}
    assert states == {"make_shop": "done", "rename": "done", "third": "done"}


def test_upgrade_interleaves_an_expand_that_needs_a_contract_first(database: Database, project: Project) -> None:
    shop.all_releases(project)
    project.revision(
        "expand",
        "old_again",
        'op.add_column("shop", sa.Column("old", sa.Integer))',
        depends_on="drop_old",
        change="old_again",
    )
    project.data(
        "old_again",
        """
        shop = sa.table("shop", sa.column("id"), sa.column("new"), sa.column("old"))
        old_again = migrator.UpdateMigration(
            name="old_again", table=shop, set={"old": shop.c.id}, where=shop.c.old.is_distinct_from(shop.c.id)
        )
        change = "old_again"
        """,
    )
    project.revision(
        "contract", "drop_new", 'op.drop_column("shop", "new")', depends_on="old_again", requires_data=["old_again"]
    )
    done = project.run("upgrade")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "old"]
    again = project.run("upgrade")
    assert again.exit_code == 0
    assert "nothing to do" in again.stdout


def test_upgrade_brings_a_database_with_rows_to_the_newest(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, NULL)")
    shop.release_b(project)
    shop.release_c(project)
    done = project.run("upgrade")
    assert done.exit_code == 0, done.output
    assert database.rows("SELECT id, new FROM shop ORDER BY id") == [(1, "a"), (2, None)]
    assert project.run("online-data-migrations").exit_code == 0


def test_a_contract_that_is_waiting_keeps_upgrade_from_going_on(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    shop.release_b(project)
    project.data(
        "rename",
        """
        @migrator.function_migration(name="rename", remaining=sa.select(sa.column("id")).select_from(sa.table("shop")))
        def rename(context, max_count):
            return 1, 0
        change = "rename"
        """,
    )
    shop.release_c(project)
    stuck = project.run("upgrade")
    assert stuck.exit_code == 2, stuck.output
    assert database.columns("shop") == ["id", "old", "new"]


def test_status_says_what_is_due_change_by_change(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    shop.release_b(project)
    shop.release_c(project)
    due = project.run("status", "--format", "json").json()
    assert due["next"] == ["migrator expand"]
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    rename = {one["change"]: one for one in project.run("status", "--format", "json").json()["changes"]}["rename"]
    assert rename["state"] == "data"
    assert rename["data"][0]["rows_remain"] is True
    assert rename["next"] == "migrator online-data-migrations"
    text = project.run("status")
    assert text.exit_code == 0
    assert "services: none has registered" in text.stdout
    assert "next: migrator online-data-migrations" in text.stdout


def test_the_ledger_says_what_was_done(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert "empty" in project.run("ledger").stdout
    assert project.run("expand", MIGRATOR_RELEASE="2026.47").exit_code == 0
    entries = project.run("ledger", "--format", "json").json()["entries"]
    assert [(one["event"], one["revision"]) for one in entries] == [
        ("applied", "expand_base"),
        ("applied", "make_shop"),
    ]
    assert entries[1]["release"] == "2026.47"
    assert len(entries[1]["digest"]) == 64


def test_a_forced_gate_stays_in_ledger_and_status(database: Database, project: Project) -> None:
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    assert project.run("contract", "--force", "data").exit_code == 64
    forced = project.run("contract", "--force", "data", "--reason", "nobody reads it")
    assert forced.exit_code == 0, forced.output
    assert "nobody reads it" in project.run("status").stdout
    assert database.columns("shop") == ["id", "new"]


def test_a_contract_may_wait_for_the_data_of_another_change(database: Database, project: Project) -> None:
    shop.release_a(project)
    shop.release_b(project)
    project.revision(
        "contract", "other", 'op.drop_column("shop", "old")', depends_on="make_shop", requires_data=["rename"]
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    before = project.run("status")
    assert "contract closed: data migration rename is pending" in before.stdout
    assert project.run("contract").exit_code == 4
    assert project.run("online-data-migrations").exit_code == 0
    assert "contract closed" not in project.run("status").stdout
    assert project.run("contract").exit_code == 0
