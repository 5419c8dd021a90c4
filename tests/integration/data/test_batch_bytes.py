"""A batch is bounded by its bytes, too: wide rows are done few at a time, narrow ones as ever."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.dry_run import dry_run
from migrator.data.kinds import CopyMigration, DataMigration, DeleteMigration, TransformMigration, UpdateMigration
from migrator.dialects import pack_for
from tests.integration.data.running import Runner, learned, open_store
from tests.support.database import Database

WIDE = sa.table("wide", sa.column("id"), sa.column("doc"), sa.column("small"), sa.column("done"))
KILOBYTE = 1024
ROWS = 200


def wide(database: Database, widths: Mapping[int, int]) -> None:
    """A table of rows of so many bytes each, whose statistics are known."""
    text = "LONGTEXT" if database.dialect == "mysql" else "TEXT"
    database.execute(
        f"CREATE TABLE wide (id INTEGER NOT NULL PRIMARY KEY, doc {text}, small INTEGER NOT NULL DEFAULT 0,"
        " done INTEGER NOT NULL DEFAULT 0)",
        f"CREATE TABLE copied (id INTEGER NOT NULL PRIMARY KEY, doc {text})",
    )
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE wide ALTER COLUMN doc SET STORAGE EXTERNAL")  # else it is compressed to nothing
    made = sa.table("wide", sa.column("id"), sa.column("doc"))
    with database.engine().begin() as connection:
        connection.execute(sa.insert(made), [{"id": id_, "doc": "x" * width} for id_, width in widths.items()])
    database.execute("ANALYZE TABLE wide" if database.dialect == "mysql" else "ANALYZE")


class Counted:
    """A transform that notes how many bytes each call of its batch function got."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def __call__(self, rows: Any) -> list[dict[str, Any]]:
        self.calls.append((len(rows), sum(len(row["doc"]) for row in rows)))
        return [{"done": 1} for _ in rows]

    def migration(self, **options: Any) -> TransformMigration:
        return TransformMigration(
            name="kind",
            table=WIDE,
            reads=("doc",),
            writes=("done",),
            where=WIDE.c.done == 0,
            batch_function=self,
            **options,
        )


def kind_of(name: str, **options: Any) -> DataMigration:
    where = WIDE.c.done == 0
    if name == "update":
        changed = {"done": sa.literal(1), "doc": WIDE.c.doc}
        return UpdateMigration(name="kind", table=WIDE, set=changed, where=where, **options)
    if name == "delete":
        return DeleteMigration(name="kind", table=WIDE, where=where, **options)
    source = sa.select(WIDE.c.id, WIDE.c.doc)
    return CopyMigration(
        name="kind", source=source, target=sa.table("copied", sa.column("id"), sa.column("doc")), key=("id",), **options
    )


def batches(database: Database, migration: DataMigration, **options: Any) -> list[int]:
    """The rows of each batch of a run."""
    learned(database, "kind", 1000)  # an earlier run had narrow rows
    runner = Runner(database=database, migrations=[migration])
    report = runner(**options)
    assert report.exit_code == 0, report
    done = [0, *(one.done for one in runner.told)]
    return [after - before for before, after in itertools.pairwise(done) if after > before]


@pytest.mark.parametrize("kind", ["update", "delete", "copy"])
def test_wide_rows_are_done_few_at_a_time_by_the_width_that_the_server_tells(database: Database, kind: str) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 20 * KILOBYTE))
    found = batches(database, kind_of(kind, batch_bytes=400 * KILOBYTE))
    assert sum(found) == ROWS
    assert max(found) <= 30, "some 20 of them; servers count pages"


@pytest.mark.parametrize("kind", ["update", "delete", "copy"])
def test_narrow_rows_are_done_in_batches_as_large_as_ever(database: Database, kind: str) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 10))
    assert batches(database, kind_of(kind, batch_bytes=400 * KILOBYTE)) == [ROWS]


def test_a_transform_never_gets_more_bytes_than_that_even_where_rows_grow_wide_all_of_a_sudden(
    database: Database,
) -> None:
    widths = {id_: 10 if id_ <= 100 else 20 * KILOBYTE for id_ in range(1, ROWS + 1)}
    wide(database, widths)
    counted = Counted()
    found = batches(database, counted.migration(batch_bytes=400 * KILOBYTE))
    assert sum(found) == sum(rows for rows, _ in counted.calls) == ROWS
    assert max(held for _, held in counted.calls) <= 400 * KILOBYTE
    assert len(counted.calls) <= 12, "and not many fewer"


def written(database: Database) -> list[int]:
    """The bytes of each batch of an UPDATE that makes narrow rows wide."""
    wide(database, dict.fromkeys(range(1, ROWS + 1), 10))
    changed = {"doc": sa.literal("y" * 20 * KILOBYTE), "done": sa.literal(1)}
    migration = UpdateMigration(
        name="kind", table=WIDE, set=changed, where=WIDE.c.done == 0, batch_bytes=400 * KILOBYTE
    )
    return [rows * 20 * KILOBYTE for rows in batches(database, migration)]


def test_an_update_that_makes_narrow_rows_wide_writes_no_more_than_that_in_a_batch(database: Database) -> None:
    found = written(database)
    assert sum(found) == ROWS * 20 * KILOBYTE
    assert max(found) <= 400 * KILOBYTE
    assert len(found) <= 2 * ROWS * 20 // 400, "and not many fewer rows"
    assert database.scalar("SELECT count(*) FROM wide WHERE done = 1") == ROWS


def test_only_the_rows_that_it_changed_tell_how_much_an_update_writes(database: Database) -> None:
    wide(database, dict.fromkeys(range(1, 20 * ROWS + 1), 10))
    database.execute("UPDATE wide SET done = 1 WHERE id % 20 > 0")  # the others would make the average a small one
    changed = {"doc": sa.literal("y" * 20 * KILOBYTE), "done": sa.literal(1)}
    migration = UpdateMigration(
        name="kind", table=WIDE, set=changed, where=WIDE.c.done == 0, batch_bytes=400 * KILOBYTE
    )
    found = batches(database, migration)
    assert sum(found) == ROWS
    assert max(found) <= 20


def wide_from(id_: int) -> str:
    return "y" * (20 * KILOBYTE if id_ > ROWS // 2 else 10)


@pytest.mark.parametrize("on_conflict", ["ignore", "update"])
@pytest.mark.parametrize("remove", [False, True], ids=["", "removing"])
def test_a_copy_whose_expressions_make_narrow_rows_wide_writes_no_more_than_that_in_a_batch(
    database: Database, on_conflict: Any, remove: bool
) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 10))
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE copied ALTER COLUMN doc SET STORAGE EXTERNAL")
    target = sa.table("copied", sa.column("id"), sa.column("doc"))
    columns = {"id": WIDE.c.id, "doc": sa.literal("y" * 20 * KILOBYTE)}
    migration = CopyMigration(
        name="kind",
        source=WIDE,
        target=target,
        columns=columns,
        key=("id",),
        on_conflict=on_conflict,
        remove_source=remove,
        batch_bytes=400 * KILOBYTE,
    )
    found = batches(database, migration)
    assert sum(found) == ROWS
    assert max(found) <= 20
    assert len(found) <= 2 * ROWS // 20, "and not many fewer rows"
    assert database.scalar("SELECT count(*) FROM copied") == ROWS


def test_a_transform_whose_values_are_wide_writes_no_more_than_that_in_a_batch(database: Database) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 10))
    computed: list[int] = []

    def function(rows: Any) -> list[dict[str, Any]]:
        computed.append(len(rows))
        return [{"doc": wide_from(row["id"]), "done": 1} for row in rows]

    migration = TransformMigration(
        name="kind",
        table=WIDE,
        reads=("id",),
        writes=("doc", "done"),
        where=WIDE.c.done == 0,
        batch_function=function,
        batch_bytes=400 * KILOBYTE,
    )
    found = batches(database, migration)
    assert sum(found) == ROWS
    widths = itertools.accumulate([0, *found])
    written = [sum(len(wide_from(id_)) for id_ in range(a + 1, b + 1)) for a, b in itertools.pairwise(widths)]
    assert max(written) <= 400 * KILOBYTE
    assert sum(computed) <= 3 * ROWS, "what is known to be too much isn't computed first"


def measurements(database: Database, **changed: Any) -> int:
    """How often a run of an UPDATE measures what it wrote."""
    sent: list[str] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        sent.append(statement)

    migration = UpdateMigration(name="kind", table=WIDE, set={**changed, "done": 1}, where=WIDE.c.done == 0)
    sa.event.listen(sa.Engine, "before_cursor_execute", execute)
    try:
        batches(database, migration)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)
    return sum("avg(coalesce(" in one for one in sent)


def test_what_can_not_be_wide_is_not_measured(database: Database) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 10))
    assert measurements(database, small=7) == 0
    database.execute("UPDATE wide SET done = 0")
    assert measurements(database, doc="x") == 1


def test_a_row_that_is_wider_than_all_that_is_done_alone(database: Database) -> None:
    wide(database, {id_: 900 * KILOBYTE if id_ % 2 else 10 for id_ in range(1, 9)})
    counted = Counted()
    batches(database, counted.migration(batch_bytes=400 * KILOBYTE))
    assert sum(rows for rows, _ in counted.calls) == 8
    assert all(rows == 1 for rows, held in counted.calls if held > 400 * KILOBYTE)


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_workers_keep_to_it_too(database: Database) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 20 * KILOBYTE))
    counted = Counted()
    batches(database, counted.migration(batch_bytes=400 * KILOBYTE), workers=2)
    assert sum(rows for rows, _ in counted.calls) == ROWS
    assert max(held for _, held in counted.calls) <= 400 * KILOBYTE


def test_a_dry_run_and_nova_s_signature_keep_to_it_too(database: Database) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 20 * KILOBYTE))
    counted = Counted()
    migration = counted.migration(batch_bytes=400 * KILOBYTE)
    (plan,) = dry_run(open_store(database.url), [migration], applied=(), retired=(), changes={}).plans
    assert plan.samples
    assert max(sample.rows for sample in plan.samples) <= 20
    with database.engine().begin() as connection:
        found, done = migration(type("Context", (), {"connection": connection}), 100)
    assert found == done <= 20
    assert max(held for _, held in counted.calls) <= 400 * KILOBYTE


def width(database: Database, *changed: str) -> float | None:
    engine = database.engine()
    with engine.connect() as connection:
        return pack_for(engine.dialect).writing.row_width(connection, WIDE, changed or None)


def test_what_is_stored_apart_counts_where_it_is_written(database: Database) -> None:
    wide(database, dict.fromkeys(range(1, ROWS + 1), 20 * KILOBYTE))
    whole = width(database)
    assert whole is not None
    assert 19 * KILOBYTE < whole < 45 * KILOBYTE
    assert width(database, "doc") == whole
    part = width(database, "small")
    assert part is not None
    assert part < 200 if database.dialect == "postgresql" else part == whole


@pytest.mark.servers("postgresql", "postgresql-14")
def test_without_statistics_the_first_rows_tell_and_partitions_count_together(database: Database) -> None:
    database.execute(
        "CREATE TABLE wide (id INTEGER NOT NULL PRIMARY KEY, doc TEXT, small INTEGER, done INTEGER)"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE wide_1 PARTITION OF wide FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE wide_2 PARTITION OF wide FOR VALUES FROM (100) TO (200)",
    )
    assert width(database) is None
    database.execute("INSERT INTO wide (id, doc) SELECT n, repeat('x', 1000) FROM generate_series(1, 190) n")
    sampled = width(database)
    assert sampled is not None
    assert 1000 < sampled < 1100
    database.execute("ANALYZE wide", "ANALYZE wide_1", "ANALYZE wide_2")
    told = width(database)
    assert told is not None
    assert 1000 < told < 1300
