"""Rows a second of an update migration, against a hand-written key-range loop with the same batch size.

Both change the same rows of the same table, in turn, three times; the loop keeps no watermark, no counters and asks
nothing afterwards.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from migrator.data.kinds import UpdateMigration
from migrator.data.run import run
from migrator.db.database import Database
from migrator.dialects import pack_for
from migrator.state.store import Store

BATCH = 1000
ROUNDS = 3
metadata = sa.MetaData()
rows_table = sa.Table(
    "bench_rows",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("old", sa.Integer, nullable=False),
    sa.Column("new", sa.Integer),
    sa.Column("padding", sa.String(120), nullable=False),
)


def measure(database_url: str | None, rows: int) -> str:
    """Medians of interleaved rounds, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(database_url or f"sqlite:///{Path(folder)}/bench.db", poolclass=sa.NullPool)
        _fill(engine, rows)
        rates: dict[str, list[float]] = {"bare loop": [], "migrator": []}
        for _ in range(ROUNDS):
            for name, work in (("bare loop", _bare_loop), ("migrator", _ours)):
                _reset(engine)
                start = time.perf_counter()
                work(engine, rows)
                rates[name].append(rows / (time.perf_counter() - start))
        metadata.drop_all(engine)
        engine.dispose()
    base = statistics.median(rates["bare loop"])
    lines = [f"{rows:,} rows, {BATCH} a batch, {engine.dialect.name}", f"{'':<12}{'rows/s':>12}{'ratio':>8}"]
    for name, values in rates.items():
        median = statistics.median(values)
        lines.append(f"{name:<12}{median:>12,.0f}{median / base:>8.2f}")
    return "\n".join(lines)


def _fill(engine: sa.Engine, rows: int) -> None:
    metadata.drop_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for start in range(0, rows, 10_000):
            values = [{"id": n, "old": n, "padding": "x" * 120} for n in range(start, min(start + 10_000, rows))]
            connection.execute(sa.insert(rows_table), values)


def _reset(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(rows_table).values(new=None))


def _bare_loop(engine: sa.Engine, rows: int) -> None:
    where = rows_table.c.new.is_distinct_from(rows_table.c.old)
    with engine.connect() as connection:
        for low in range(0, rows, BATCH):
            in_range = rows_table.c.id.between(low, low + BATCH - 1)
            with connection.begin():
                connection.execute(sa.update(rows_table).where(in_range, where).values(new=rows_table.c.old))


def _ours(engine: sa.Engine, rows: int) -> None:
    with engine.connect() as connection:
        pack = pack_for(engine.dialect)
        identity = pack.session.identity(connection)
    store = Store(database=Database(engine=engine, pack=pack, identity=identity))
    store.tables.metadata.drop_all(engine)
    migration = UpdateMigration(
        name="bench",
        table=rows_table,
        set={"new": rows_table.c.old},
        where=rows_table.c.new.is_distinct_from(rows_table.c.old),
        batch_size=BATCH,
    )
    report = run(
        store, [migration], applied=(), retired=(), changes={}, stop=threading.Event(), progress=lambda progress: None
    )
    assert report.done == rows, report
