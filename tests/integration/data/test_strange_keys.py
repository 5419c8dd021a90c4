"""Keys whose values Python has no word for, and indexes that are no keys though they are unique."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from migrator.data.kinds import DataMigration, TransformMigration
from migrator.dialects import pack_for
from migrator.errors import ConfigurationError
from tests.integration.data.running import ITEM, Runner, fill, table_named
from tests.support.database import Database

POSTGRESQL = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-psycopg")
MYSQL = pytest.mark.servers("mariadb", "mysql")
COLUMNS = "old INTEGER, new INTEGER, bad INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0"
VALUES = {
    "date": ["-infinity", "0044-03-15 BC", "0001-01-01", "2026-01-01", "9999-12-31", "12000-01-01", "infinity"],
    "timestamp": ["-infinity", "2026-01-01 12:00:00.000001", "2026-01-01 12:00:00.000002", "infinity"],
    "timestamptz": ["-infinity", "1890-01-01 00:00:00+00", "2026-01-01 12:00:00.5+02", "infinity"],
    "numeric": ["-1", "0", "0.10", "1.5", "1e30", "NaN"],
}


ENDS = {
    "BIGINT": [-(2**63), -(2**63) + 1, -1, 0, 2**62, 2**63 - 2, 2**63 - 1],
    "SMALLINT": [-(2**15), -1, 0, 2**15 - 1],
    "BIGINT UNSIGNED": [0, 1, 2**63, 2**64 - 2, 2**64 - 1],
}


def transform() -> DataMigration:
    def function(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"new": row["old"], "touched": row["touched"] + 1}

    where = ITEM.c.new.is_distinct_from(ITEM.c.old)
    return TransformMigration(
        name="x", table=ITEM, reads=("old", "touched"), writes=("new", "touched"), where=where, function=function
    )


def update() -> DataMigration:
    return fill("x")


KINDS: dict[str, Callable[[], DataMigration]] = {"update": update, "transform": transform}


def keyed(database: Database, type_: str, *, composite: bool) -> int:
    """Rows with each of the strange values, twice where the key has a number too."""
    key, both = ("id, at", 2) if composite else ("at", 1)
    database.execute(f"CREATE TABLE item (id INTEGER NOT NULL, at {type_} NOT NULL, {COLUMNS}, PRIMARY KEY ({key}))")
    values = VALUES[type_]
    rows = [f"({n}, '{value}', {n * 10 + m + 1})" for n in range(both) for m, value in enumerate(values)]
    database.execute(f"INSERT INTO item (id, at, old) VALUES {', '.join(rows)}")
    return len(rows)


@pytest.mark.servers("postgresql", "mariadb", "mysql")
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_numbers_at_both_ends_of_their_type_are_keys_as_others(
    database: Database, batch_size: int, workers: int
) -> None:
    types = [one for one in ENDS if database.dialect == "mysql" or "UNSIGNED" not in one]
    migrations = []
    for number, type_ in enumerate(types):
        database.execute(f"CREATE TABLE item_{number} (id {type_} NOT NULL PRIMARY KEY, {COLUMNS})")
        rows = ", ".join(f"({key}, {old})" for old, key in enumerate(ENDS[type_]))
        database.execute(f"INSERT INTO item_{number} (id, old) VALUES {rows}")
        table = table_named(f"item_{number}")
        migrations.append(fill(f"fill_{number}", table=table, batch_size=batch_size))
    runner = Runner(database=database, migrations=migrations)
    assert [int(runner(2, workers=workers).exit_code), int(runner(workers=workers).exit_code)] == [1, 0]
    for number, type_ in enumerate(types):
        assert database.rows(f"SELECT touched, count(*) FROM item_{number} GROUP BY touched") == [(1, len(ENDS[type_]))]


@POSTGRESQL
@pytest.mark.parametrize("composite", [False, True], ids=["alone", "composite"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("type_", VALUES)
def test_infinity_and_no_number_are_keys_as_others(database: Database, type_: str, kind: str, composite: bool) -> None:
    rows = keyed(database, type_, composite=composite)
    runner = Runner(database=database, migrations=[KINDS[kind]()])
    codes = runner.exit_codes(1)
    assert codes == [1] * (rows - 1) + [0], "a row a run, none twice and none left out"
    assert database.rows("SELECT touched, count(*) FROM item WHERE new = old GROUP BY touched") == [(1, rows)]


@POSTGRESQL
@pytest.mark.parametrize("type_", VALUES)
def test_so_they_are_where_rows_stay_stuck_where_they_fail_and_in_ranges(database: Database, type_: str) -> None:
    rows = keyed(database, type_, composite=True)
    database.execute("UPDATE item SET bad = 1 WHERE id = 0")
    runner = Runner(database=database, migrations=[fill("x", batch_size=2)])
    assert runner.exit_codes(3)[-1] == 2
    half = rows // 2
    assert database.rows("SELECT bad, touched, count(*) FROM item GROUP BY bad, touched ORDER BY bad") == [
        (0, 1, half),
        (1, 0, half),
    ]
    database.execute("UPDATE item SET bad = 0", "ALTER TABLE item ADD CONSTRAINT few CHECK (new <> 1)")
    assert runner(workers=2).rows[0].quarantined == 1
    assert runner(workers=2).exit_code == 2, "it is parked, and found again by its key"
    assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched ORDER BY touched") == [
        (0, 1),
        (1, rows - 1),
    ]


def key_names(database: Database) -> tuple[str, ...]:
    engine = database.engine()
    with engine.connect() as connection:
        key = pack_for(engine.dialect).keys.key_of(connection, ITEM)
    return () if key is None else key.names


@MYSQL
@pytest.mark.parametrize("index", ["PRIMARY KEY (name(3))", "UNIQUE (name(3))", "UNIQUE (id, name(3))"])
def test_an_index_over_a_prefix_is_no_key(database: Database, index: str) -> None:
    database.execute(f"CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR(40) NOT NULL, {COLUMNS}, {index})")
    assert key_names(database) == ()
    with pytest.raises(ConfigurationError, match="no key by which batches could be cut"):
        Runner(database=database, migrations=[fill()])()
    database.execute("ALTER TABLE item ADD UNIQUE (id, name, old)", "ALTER TABLE item MODIFY old INTEGER NOT NULL")
    assert key_names(database) == ("id", "name", "old")


@MYSQL
def test_a_whole_index_beside_one_over_a_prefix_of_the_same_column_is_a_key(database: Database) -> None:
    database.execute(
        f"CREATE TABLE item (name VARCHAR(40) NOT NULL, {COLUMNS}, UNIQUE part (name(3)), UNIQUE whole (name))"
    )
    assert key_names(database) == ("name",)


@MYSQL
def test_a_primary_key_of_a_long_text_which_must_be_a_prefix_is_none(database: Database) -> None:
    database.execute(f"CREATE TABLE item (doc TEXT NOT NULL, {COLUMNS}, PRIMARY KEY (doc(20)))")
    assert key_names(database) == ()
