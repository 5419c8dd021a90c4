"""Transforms over keys and values of every kind: what comes back is what was written, and nobody compares badly."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from migrator.data.kinds import TransformMigration
from migrator.dialects import pack_for
from tests.integration.data.running import ITEM, Runner
from tests.integration.data.test_keys import KEYS, insert, keyed
from tests.support.database import Database

Row = Mapping[str, Any]
VALUES: dict[str, tuple[sa.types.TypeEngine[Any], list[Any]]] = {
    "integer": (sa.Integer(), [0, -1, 2**31 - 1]),
    "bigint": (sa.BigInteger(), [2**62, -(2**63), 2**53 + 1]),
    "text": (sa.Text(), ["", "é%'\\ :x %s ?", "Ann", "ann", "ann "]),
    "varchar": (sa.String(10), ["a", "B" * 10, "100%"]),
    "decimal": (sa.Numeric(20, 4), [Decimal("0.1000"), Decimal("-123456789.7891")]),
    "boolean": (sa.Boolean(), [True, False]),
    "date": (sa.Date(), [date(2026, 1, 31), date(1, 1, 1)]),
    "datetime": (
        sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"),
        [datetime(2026, 1, 1, 1, 2, 3, 456789), datetime(1970, 1, 2)],
    ),
    "binary": (sa.LargeBinary(), [b"", b"\x00\xff'\\%s", bytes(range(256))]),
    "uuid": (sa.Uuid(), [uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)]),
    "json": (sa.JSON(), [{"a": [1, None, "é%"]}, [1.5], "text", True]),
    "float": (sa.Double(), [0.1, -1e300, 0.0]),
}


def typed(database: Database, type_: sa.types.TypeEngine[Any]) -> sa.Table:
    """``item`` with a source and a destination of this type."""
    table = sa.Table(
        "item",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("old", type_),
        sa.Column("new", type_),
        sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    )
    table.create(database.engine())
    return table


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_of_any_type_is_read_and_written_as_it_is_null_too(database: Database, kind: str) -> None:
    type_, values = VALUES[kind]
    table = typed(database, type_)
    rows = [{"id": number, "old": value} for number, value in enumerate([*values, None])]
    with database.engine().begin() as connection:
        for row in rows:
            given = sa.null() if row["old"] is None else row["old"]
            connection.execute(sa.insert(table).values(id=row["id"], old=given))
    seen: dict[int, Any] = {}

    def take(row: Row) -> dict[str, Any]:
        seen[row["id"]] = row["old"]
        return {"new": row["old"], "done": 1}

    declared = sa.table("item", sa.column("id"), sa.column("old", type_), sa.column("new", type_), sa.column("done"))
    migration = TransformMigration(
        name="take",
        table=declared,
        reads=("id", "old"),
        writes=("new", "done"),
        where=declared.c.done == 0,
        function=take,
    )
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    assert list(seen.values()) == [*values, None]
    with database.engine().connect() as connection:
        written = connection.execute(sa.select(table.c.id, table.c.new).order_by(table.c.id)).all()
    assert [tuple(row) for row in written] == [(row["id"], row["old"]) for row in rows]


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
@pytest.mark.parametrize("kind", ["json", "decimal", "datetime", "text", "bigint"])
def test_without_a_declared_type_the_catalogue_s_is_taken(database: Database, kind: str) -> None:
    type_, values = VALUES[kind]
    if kind == "json" and database.server == "mariadb":
        pytest.skip("its catalogue has no JSON")
    table = typed(database, type_)
    with database.engine().begin() as connection:
        connection.execute(sa.insert(table), [{"id": number, "old": value} for number, value in enumerate(values)])
    seen: list[Any] = []

    def take(row: Row) -> dict[str, Any]:
        seen.append(row["old"])
        return {"new": row["old"], "done": 1}

    item = sa.table("item", sa.column("id"), sa.column("old"), sa.column("new"), sa.column("done"))
    migration = TransformMigration(
        name="take", table=item, reads=("old",), writes=("new", "done"), where=item.c.done == 0, function=take
    )
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    assert seen == values


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_of_any_type_finds_its_row_again(database: Database, kind: str) -> None:
    type_, value = KEYS[kind]
    insert(database, keyed(database, type_), [(value(n),) for n in range(1, 13)])
    assert Runner(database=database, migrations=[copied(batch_size=5)])().exit_code == 0
    assert database.scalar("SELECT count(*) FROM item WHERE new = old AND touched = 1") == 12


@pytest.mark.parametrize("kinds", [("bigint", "text"), ("text", "bigint", "date"), ("uuid", "decimal")])
def test_a_key_of_several_columns_finds_its_row_again(database: Database, kinds: tuple[str, ...]) -> None:
    keys: list[tuple[Any, ...]] = [()]
    for kind in kinds:
        keys = [(*key, KEYS[kind][1](n)) for key in keys for n in range(1, 4)]
    insert(database, keyed(database, *(KEYS[kind][0] for kind in kinds)), keys)
    assert Runner(database=database, migrations=[copied(batch_size=4)])().exit_code == 0
    assert database.scalar("SELECT count(*) FROM item WHERE new = old AND touched = 1") == len(keys)


def copied(**options: Any) -> TransformMigration:
    return TransformMigration(
        name="copied",
        table=ITEM,
        reads=("old", "touched"),
        writes=("new", "touched"),
        where=ITEM.c.new.is_(None),
        function=lambda row: {"new": row["old"], "touched": row["touched"] + 1},
        **options,
    )


PG_ONLY = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")


@PG_ONLY
def test_postgresql_s_own_types_arrays_enums_ranges_char_and_timestamps_with_a_zone(database: Database) -> None:
    database.execute(
        "CREATE TYPE \"Mood %\" AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        'CREATE TABLE "my %item" (id bigint PRIMARY KEY, tags text[], grid integer[][], mood "Mood %", c char(5),'
        ' doc jsonb, raw json, at timestamptz, n positive, net inet, "a %" varchar(5), done boolean)',
        'INSERT INTO "my %item" (id) VALUES (1), (2), (3)',
    )
    at = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)
    values = {
        "tags": ["a", None, 'b,"c'],
        "grid": [[1, 2], [3, 4]],
        "mood": "ok",
        "c": "abc",
        "doc": {"a": 1},
        "raw": [1, 2],
        "at": at,
        "n": 5,
        "net": "10.0.0.1/32",
        "a %": "100%",
    }
    table = sa.table("my %item", sa.column("id"), sa.column("done"), *(sa.column(name) for name in values))
    migration = TransformMigration(
        name="own",
        table=table,
        reads=("id", "raw"),
        writes=(*values, "done"),
        where=table.c.done.is_not(True),
        function=lambda row: {**(values if row["id"] < 3 else dict.fromkeys(values)), "done": True},
    )
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    (row, _, empty) = database.rows(
        'SELECT tags, grid, mood::text, c, doc::text, raw::text, at, n, host(net), "a %" FROM "my %item" ORDER BY id'
    )
    assert row[:4] == (["a", None, 'b,"c'], [[1, 2], [3, 4]], "ok", "abc  ")
    assert (json.loads(row[4]), json.loads(row[5]), row[6], row[7:]) == ({"a": 1}, [1, 2], at, (5, "10.0.0.1", "100%"))
    assert set(empty) <= {None, "null"}


@PG_ONLY
def test_a_text_that_is_too_long_for_its_column_is_refused_and_not_cut(database: Database) -> None:
    database.execute(
        "CREATE TABLE item (id integer PRIMARY KEY, new varchar(3))", "INSERT INTO item (id) VALUES (1), (2)"
    )
    migration = TransformMigration(
        name="long",
        table=ITEM,
        reads=("id",),
        writes=("new",),
        where=ITEM.c.new.is_(None),
        function=lambda _: {"new": "abcd"},
    )
    report = Runner(database=database, migrations=[migration])()
    assert (report.exit_code, database.scalar("SELECT count(new) FROM item")) == (2, 0)
    assert "abcd" not in repr(report)


@pytest.mark.servers("mariadb", "mysql")
@pytest.mark.parametrize(
    "collation",
    ["latin1 COLLATE latin1_german1_ci", "utf8mb4 COLLATE utf8mb4_bin", "utf8mb4 COLLATE utf8mb4_unicode_ci"],
)
def test_text_keys_and_values_of_another_character_set_than_the_connection_s(
    database: Database, collation: str
) -> None:
    database.execute(
        f"CREATE TABLE item (id VARCHAR(20) CHARACTER SET {collation} NOT NULL PRIMARY KEY,"
        f" old VARCHAR(20) CHARACTER SET {collation}, new VARCHAR(20) CHARACTER SET {collation})"
    )
    names = ["ä", "B", "ß%", "a'b", "Z"]
    with database.engine().begin() as connection:
        connection.execute(sa.insert(ITEM), [{"id": name, "old": f"{name} old"} for name in names])
    migration = TransformMigration(
        name="upper",
        table=ITEM,
        reads=("old",),
        writes=("new",),
        where=ITEM.c.new.is_(None),
        function=lambda row: {"new": row["old"].upper()},
    )
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    assert dict(database.rows("SELECT id, new FROM item")) == {name: f"{name} old".upper() for name in names}


@pytest.mark.servers("mariadb", "mysql")
@pytest.mark.parametrize("types", [("bigint",), ("text",), ("bigint", "bigint"), ("text", "bigint")])
def test_a_write_back_touches_its_rows_by_the_index(database: Database, types: tuple[str, ...]) -> None:
    """Counted by the server: rows read for a batch of 100 among 3,000."""
    keys: list[tuple[Any, ...]] = [()]
    for kind in types:
        keys = [(*key, KEYS[kind][1](n)) for key in keys for n in range(3000 if len(types) == 1 else 55)]
    insert(database, keyed(database, *(KEYS[kind][0] for kind in types)), keys)
    database.execute("ANALYZE TABLE item")
    engine = database.engine()
    with engine.connect() as connection:
        pack = pack_for(engine.dialect)
        rows = copied().rows(connection, pack.keys)
        chosen = rows.choose(connection, None, 100)
        target = pack.writing.target(connection, ITEM, rows.key)
        connection.exec_driver_sql("FLUSH STATUS")
        assert pack.writing.write_back(connection, target, ["new"], [(key, (1,)) for key in chosen]) == 100
        read = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'").all()
    assert sum(int(row[1]) for row in read) < 400, read


def test_a_type_of_the_user_s_own_reads_and_writes(database: Database) -> None:
    class Shifted(sa.TypeDecorator[int]):
        impl = sa.Integer
        cache_ok = True

        def process_bind_param(self, value: int | None, dialect: Any) -> int | None:
            return None if value is None else value + 1000

        def process_result_value(self, value: int | None, dialect: Any) -> int | None:
            return None if value is None else value - 1

    database.execute("CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, new INTEGER)")
    database.execute("INSERT INTO item (id, old) VALUES (1, 5)")
    item = sa.table("item", sa.column("id"), sa.column("old", Shifted), sa.column("new", Shifted))
    migration = TransformMigration(
        name="own",
        table=item,
        reads=("old",),
        writes=("new",),
        where=item.c.new.is_(None),
        function=lambda r: {"new": r["old"]},
    )
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    assert database.rows("SELECT old, new FROM item") == [(5, 1004)]
