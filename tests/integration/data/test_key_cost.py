"""What a batch costs, as the server counts it: the same at a table's end as at its beginning, by the key's index."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.attempt import Span
from migrator.data.table_rows import TableRows, table_rows
from migrator.dialects import pack_for
from tests.integration.data.running import ITEM, Runner, fill, learned, open_store
from tests.support.database import Database
from tests.support.touched import Touched

BATCH = 1_000
DIGITS = "(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5"
DIGITS += " UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"


def numbers(digits: int) -> str:
    """A query of the numbers 0 to 10 ** digits - 1, on any database."""
    total = " + ".join(f"d{place}.n * {10**place}" for place in range(digits))
    return f"SELECT {total} AS n FROM " + ", ".join(f"{DIGITS} d{place}" for place in range(digits))


def big_table(database: Database, digits: int, *, keys: str = "n", definition: str = "id BIGINT NOT NULL") -> None:
    names = ", ".join(part.split()[0] for part in definition.split(", "))
    database.execute(
        f"CREATE TABLE item ({definition}, old INTEGER, new INTEGER, bad INTEGER DEFAULT 0 NOT NULL,"
        f" touched INTEGER DEFAULT 0 NOT NULL, padding VARCHAR(100), PRIMARY KEY ({names}))",
        f"INSERT INTO item ({names}, old, padding) SELECT {keys}, n, '{'x' * 100}' FROM ({numbers(digits)}) made",
        *analyze(database),
    )


def analyze(database: Database) -> list[str]:
    return ["ANALYZE TABLE item" if database.dialect == "mysql" else "ANALYZE item"]


def costs(database: Database) -> list[int]:
    """What each batch touched, in their order."""
    store = open_store(database.url)
    learned(database, "fill", BATCH)
    touched = Touched(table="item")
    touched.watch(store.database.engine)
    runner = Runner(database=database, migrations=[fill(batch_size=BATCH)])
    assert runner.on(store).exit_code == 0
    return touched.each


@pytest.fixture
def digits(request: pytest.FixtureRequest) -> int:
    """Ten thousand rows; a million with ``--full``."""
    return 6 if request.config.getoption("--full") else 4


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_the_last_batch_of_a_table_touches_as_much_as_the_first(database: Database, digits: int) -> None:
    big_table(database, digits)
    each = costs(database)
    assert len(each) == 10**digits // BATCH
    assert each[-1] <= 1.1 * each[0], (each[:3], each[-3:])


def plans(database: Database, rows: TableRows, low: tuple[Any, ...], high: tuple[Any, ...]) -> list[str]:
    """The index that each statement over a range uses, and how many of the key's columns bound it: for its boundary,
    its UPDATE, and what it asks afterwards."""
    inside = rows.in_span(Span(low=low, high=high, count=BATCH))
    columns = rows.key.columns
    statements: list[sa.Executable] = [
        sa.select(*columns).select_from(ITEM).where(rows.rules.after(rows.key, low)).order_by(*columns).limit(BATCH),
        sa.update(ITEM).where(inside).values(new=ITEM.c.old),
        sa.select(*columns).select_from(ITEM).where(inside),
    ]
    engine = database.engine()
    with engine.connect() as connection:
        return [used(connection, one) for one in statements]


def literal(connection: sa.Connection, statement: Any) -> str:
    """Its text with the numbers of its bounds, which SQLite's keys carry without a type."""
    compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    text, values = str(compiled), compiled.construct_params()
    if compiled.positional:
        for name in compiled.positiontup:
            text = text.replace("?", str(values[name]), 1).replace("%s", str(values[name]), 1)
        return text
    return str(text % {name: repr(value) for name, value in values.items()})


def used(connection: sa.Connection, statement: sa.Executable) -> str:
    compiled = literal(connection, statement)
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON, COSTS OFF) {compiled}")
        plan: Any = found.scalar()
        (top,) = json.loads(plan) if isinstance(plan, str) else plan
        return next(str(node["Index Cond"]) for node in nodes(top["Plan"]) if "Index Cond" in node)
    if connection.dialect.name == "sqlite":
        lines = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").mappings().all()
        return str(lines[0]["detail"])
    traditional = "" if getattr(connection.dialect, "is_mariadb", False) else "FORMAT=TRADITIONAL "
    row = connection.exec_driver_sql(f"EXPLAIN {traditional}{compiled}").mappings().one()
    return f"{row['type']} {row['key']} {row['key_len']}"


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(below for one in plan.get("Plans", []) for below in nodes(one))]


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_range_of_a_key_of_any_width_is_read_by_its_index(database: Database, width: int) -> None:
    names = ["a", "b", "c"][:width]
    keys = {1: "n", 2: "n / 100, n % 100", 3: "n / 1000, n / 100 % 10, n % 100"}[width]
    if database.dialect == "mysql":
        keys = keys.replace("n / 1000", "n DIV 1000").replace("n / 100", "n DIV 100")
    big_table(database, 4, keys=keys, definition=", ".join(f"{name} BIGINT NOT NULL" for name in names))
    engine = database.engine()
    with engine.connect() as connection:
        rows = table_rows(connection, fill(), pack_for(engine.dialect).keys)
        ordered = connection.execute(sa.select(*rows.key.columns).select_from(ITEM).order_by(*rows.key.columns)).all()
    found = plans(database, rows, tuple(ordered[5_000]), tuple(ordered[5_100]))
    for plan in found:
        if database.dialect == "mysql":
            assert plan == f"range PRIMARY {8 * width}", found
        elif database.dialect == "postgresql":
            assert all(name in plan for name in names), found
            assert " OR " not in plan, found
        else:
            assert plan.startswith("SEARCH item USING"), found
