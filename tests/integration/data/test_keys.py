"""Keys of every kind: rows are tried in their order, once, and no row's own value reaches our tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.table_rows import table_rows
from migrator.dialects import pack_for
from migrator.dialects.keys import Key
from tests.integration.data.running import ITEM, Runner, add, fill, items
from tests.support.database import Database

START = datetime(2026, 1, 1, 12)
KEYS: dict[str, tuple[sa.types.TypeEngine[Any], Callable[[int], Any]]] = {
    "bigint": (sa.BigInteger(), lambda n: n * 2**50),
    "text": (sa.String(40), lambda n: f"CANARY {n:03}" + ("é%'\\" if n % 2 else "")),
    "uuid": (sa.Uuid(), lambda n: uuid.uuid5(uuid.NAMESPACE_URL, str(n))),
    "datetime": (sa.DateTime(), lambda n: START + timedelta(hours=n)),
    "date": (sa.Date(), lambda n: (START + timedelta(days=n)).date()),
    "decimal": (sa.Numeric(20, 4), lambda n: Decimal(n) / 8),
    "binary": (sa.LargeBinary(16), lambda n: bytes([n, 0, 255 - n])),
}


def keyed(database: Database, *types: sa.types.TypeEngine[Any], unique: bool = False) -> sa.Table:
    """A table like ITEM whose key has these types; ``unique``: a unique key instead of the primary one."""
    columns = [
        sa.Column(f"k{n}", one, primary_key=not unique, nullable=False, autoincrement=False)
        for n, one in enumerate(types)
    ]
    table = sa.Table(
        "item",
        sa.MetaData(),
        *columns,
        *(sa.Column(name, sa.Integer) for name in ("old", "new")),
        *(sa.Column(name, sa.Integer, server_default="0", nullable=False) for name in ("bad", "touched")),
        *([sa.UniqueConstraint(*(column.name for column in columns))] if unique else []),
    )
    engine = database.engine()
    for column in columns:
        if isinstance(column.type, sa.LargeBinary):
            column.type = sa.LargeBinary().with_variant(sa.dialects.mysql.VARBINARY(16), "mysql", "mariadb")
    table.create(engine)
    return table


def insert(database: Database, table: sa.Table, keys: list[tuple[Any, ...]], bad: int = 0) -> None:
    rows = [
        {**{f"k{n}": value for n, value in enumerate(key)}, "old": number, "bad": int(number < bad)}
        for number, key in enumerate(keys)
    ]
    with database.engine().begin() as connection:
        connection.execute(sa.insert(table), rows)


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_of_any_type_takes_each_row_once_across_runs_with_bad_rows_in_between(
    database: Database, kind: str
) -> None:
    type_, value = KEYS[kind]
    table = keyed(database, type_)
    insert(database, table, [(value(n),) for n in range(1, 13)], bad=5)
    runner = Runner(database=database, migrations=[fill(batch_size=3)])
    assert runner.exit_codes(4)[-1] == 2
    assert database.scalar("SELECT count(*) FROM item WHERE touched = 1 AND bad = 0") == 7
    assert database.scalar("SELECT count(*) FROM item WHERE touched = 0 AND bad = 1") == 5
    database.execute("UPDATE item SET bad = 0")
    assert runner.exit_codes(1000)[-1] == 0
    assert database.scalar("SELECT count(*) FROM item WHERE touched <> 1") == 0


@pytest.mark.parametrize(
    ("kinds", "unique"),
    [(("bigint", "text"), False), (("text", "bigint", "date"), False), (("uuid", "decimal"), True)],
)
def test_a_key_of_several_columns_takes_each_row_once(database: Database, kinds: tuple[str, ...], unique: bool) -> None:
    table = keyed(database, *(KEYS[kind][0] for kind in kinds), unique=unique)
    values = [[KEYS[kind][1](n) for n in range(1, 4)] for kind in kinds]
    keys: list[tuple[Any, ...]] = [()]
    for column in values:
        keys = [(*key, value) for key in keys for value in column]
    insert(database, table, keys)
    runner = Runner(database=database, migrations=[fill(batch_size=2)])
    while runner(5).exit_code == 1:
        assert database.scalar("SELECT count(*) FROM item WHERE touched > 1") == 0
    assert database.scalar("SELECT count(*) FROM item WHERE touched <> 1") == 0


@pytest.mark.parametrize("kind", ["text", "binary"])
def test_no_text_or_binary_key_is_stored_in_our_tables(database: Database, kind: str) -> None:
    type_, value = KEYS[kind]
    table = keyed(database, type_)
    insert(database, table, [(value(n),) for n in range(1, 11)], bad=3)
    Runner(database=database, migrations=[fill()])(5)
    (row,) = database.rows("SELECT watermark, skipped FROM migrator_data_migration")
    assert row == (None, 3)


def test_where_the_server_ignores_case_keys_are_compared_as_it_does(database: Database) -> None:
    table = keyed(database, sa.String(20))
    names = ["b", "A", "a1", "B1", "é", "Z", "zz", "_", "Ab", "aC"]
    insert(database, table, [(name,) for name in names])
    runner = Runner(database=database, migrations=[fill(batch_size=1)])
    assert (runner().exit_code, runner.stored("fill").found) == (0, len(names))


def test_rows_inserted_before_and_behind_the_watermark_are_all_done(database: Database) -> None:
    items(database, 0)
    add(database, range(10, 20))
    runner = Runner(database=database, migrations=[fill()])
    assert runner(5).exit_code == 1
    add(database, [1, 2, 30, 31])
    assert runner().exit_code == 0
    assert database.scalar("SELECT count(*) FROM item WHERE touched <> 1") == 0


def key_of(database: Database) -> Key | None:
    engine = database.engine()
    with engine.connect() as connection:
        return pack_for(engine.dialect).keys.key_of(connection, ITEM)


def test_a_nullable_unique_column_is_no_key_and_the_shortest_not_null_one_is_taken(database: Database) -> None:
    database.execute(
        "CREATE TABLE item (a INTEGER UNIQUE, b INTEGER NOT NULL, c INTEGER NOT NULL, d INTEGER NOT NULL,"
        " UNIQUE (b, c), UNIQUE (d))"
    )
    key = key_of(database)
    assert key is not None
    assert key.names == ("d",)


@pytest.mark.servers("sqlite")
def test_without_any_key_sqlite_s_rowid_is_taken_and_a_primary_key_that_may_be_null_is_not(database: Database) -> None:
    database.execute("CREATE TABLE item (id TEXT PRIMARY KEY, rowid TEXT, old INTEGER, new INTEGER)")
    key = key_of(database)
    assert key is not None
    assert key.names == ("_rowid_",)


@pytest.mark.servers("mariadb", "mysql")
def test_types_that_sort_and_compare_differently_are_no_keys(database: Database) -> None:
    database.execute("CREATE TABLE item (id ENUM('b', 'a') NOT NULL PRIMARY KEY, f FLOAT NOT NULL UNIQUE)")
    assert key_of(database) is None


def test_a_range_of_a_two_column_key_begins_behind_its_lower_bound_and_holds_its_upper_one(database: Database) -> None:
    table = keyed(database, sa.BigInteger(), sa.BigInteger())
    insert(database, table, [(a, b) for a in range(40) for b in range(50)])
    engine = database.engine()
    with engine.connect() as connection:
        rows = table_rows(connection, fill(), pack_for(engine.dialect).keys)
        condition = rows.rules.within(rows.key, (3, 7), (4, 9))
        found = connection.execute(sa.select(*rows.key.columns).select_from(ITEM).where(condition)).all()
    assert len(found) == 50 - 8 + 10
    assert min(found) == (3, 8)
    assert max(found) == (4, 9)
