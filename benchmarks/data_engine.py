"""The engine of data migrations at full speed against what people write by hand, in the same minutes.

The table has rows of about 150 bytes and one further index; it is filled anew before each contender, and the
contenders take turns, so that a slow minute of the machine meets all of them.  A hand-written loop knows the range of
its keys, keeps no watermark and asks nothing afterwards; it takes batches of the size that the engine comes to.
The loops row by row run over a tenth of the rows: theirs is a rate.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, registry

from migrator.data.kinds import DataMigration, TransformMigration, UpdateMigration
from migrator.data.run import run
from migrator.db.database import Database
from migrator.dialects import pack_for
from migrator.model.data import DataProgress, DataReport
from migrator.state.store import Store

BATCH = 10_000
ORM_BATCH = 1_000
ROUNDS = 3
SHARE_BY_ROW = 10
metadata = sa.MetaData()
rows_table = sa.Table(
    "bench_rows",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("old", sa.Integer, nullable=False, index=True),
    sa.Column("new", sa.Integer),
    sa.Column("padding", sa.String(120), nullable=False),
)
TO_DO = rows_table.c.new.is_distinct_from(rows_table.c.old)


class Mapped:
    """A row as an application loads it."""

    id: int
    old: int
    new: int | None


registry(metadata=metadata).map_imperatively(Mapped, rows_table)


@dataclass(frozen=True, kw_only=True)
class Contender:
    """``base`` is whom it is compared with, ``share`` the part of the rows that it does, as one of so many."""

    name: str
    work: Callable[[sa.Engine, int], None]
    base: str
    share: int = 1


def measure(database_url: str | None, rows: int) -> str:
    """Medians of interleaved rounds, and each one's ratio to its base."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(database_url or f"sqlite:///{Path(folder)}/bench.db", poolclass=sa.NullPool)
        contenders = [one for one in CONTENDERS if "workers" not in one.name or engine.dialect.name != "sqlite"]
        rates: dict[str, list[float]] = {one.name: [] for one in contenders}
        for _ in range(ROUNDS):
            for one in contenders:
                fill(engine, rows // one.share)
                _make_ours(engine)
                start = time.perf_counter()
                one.work(engine, rows // one.share)
                rates[one.name].append(rows // one.share / (time.perf_counter() - start))
                _refuse_unfinished(engine, one.name)
        memory = [_memory_line(engine, rows, by_row=by_row) for by_row in (False, True)]
        metadata.drop_all(engine)
        engine.dispose()
    title = f"{rows:,} rows, at most {BATCH:,} a batch, {engine.dialect.name}"
    return "\n".join((_table(title, contenders, rates), *memory))


def _memory_line(engine: sa.Engine, rows: int, *, by_row: bool) -> str:
    fill(engine, rows)
    _make_ours(engine)
    url = engine.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        sizes = alone.submit(_memory, url, by_row=by_row).result()
    early, late = sizes[len(sizes) // 10], sizes[-1]
    what = "row by row" if by_row else "set-based"
    return f"resident memory, {what}: {early:.0f} MiB after a tenth, {late:.0f} at the end, {max(sizes):.0f} at most"


def _memory(url: str, *, by_row: bool) -> list[float]:
    """In a process of its own: MiB after each batch."""
    sizes: list[float] = []

    def look(_: DataProgress) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        sizes.append(pages * resource.getpagesize() / 2**20)

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    run_engine(engine, _row_wise() if by_row else _set_based(), progress=look)
    return sizes


def _table(title: str, contenders: list[Contender], rates: dict[str, list[float]]) -> str:
    medians = {name: statistics.median(values) for name, values in rates.items()}
    lines = [title, f"{'':<24}{'rows/s':>10}{'slowest':>10}{'fastest':>10}{'ratio':>8}  to"]
    for one in contenders:
        values = rates[one.name]
        median, ratio = medians[one.name], medians[one.name] / medians[one.base]
        lines.append(
            f"{one.name:<24}{median:>10,.0f}{min(values):>10,.0f}{max(values):>10,.0f}{ratio:>8.2f}  {one.base}"
        )
    return "\n".join(lines)


def fill(engine: sa.Engine, rows: int) -> None:
    """Make the table anew, with so many rows to do."""
    metadata.drop_all(engine)
    metadata.create_all(engine)
    there = min(rows, 10_000)
    with engine.begin() as connection:
        values = [{"id": n, "old": n, "padding": "x" * 120} for n in range(there)]
        connection.execute(sa.insert(rows_table), values)
        while there < rows:
            more = min(there, rows - there)
            copied = sa.select(rows_table.c.id + there, rows_table.c.old + there, rows_table.c.padding)
            copied = copied.where(rows_table.c.id < more).order_by(rows_table.c.id)
            connection.execute(sa.insert(rows_table).from_select(["id", "old", "padding"], copied))
            there += more
    settle(engine)


def settle(engine: sa.Engine) -> None:
    """Let the server do now what is left to do after changes of the table."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in _SETTLING[engine.dialect.name]:
            connection.exec_driver_sql(statement)


_SETTLING = {
    "postgresql": ("VACUUM ANALYZE bench_rows", "CHECKPOINT"),
    # FOR EXPORT returns once the table's pages are on disk and its old row versions are gone.
    "mysql": ("ANALYZE TABLE bench_rows", "FLUSH TABLES bench_rows FOR EXPORT", "UNLOCK TABLES"),
    "mariadb": ("ANALYZE TABLE bench_rows", "FLUSH TABLES bench_rows FOR EXPORT", "UNLOCK TABLES"),
    "sqlite": ("ANALYZE bench_rows",),
}


def _refuse_unfinished(engine: sa.Engine, name: str) -> None:
    with engine.connect() as connection:
        left = connection.execute(sa.select(sa.func.count()).select_from(rows_table).where(TO_DO)).scalar_one()
    if left:
        raise SystemExit(f"{name} left {left:,} rows undone: its rate means nothing")


# -- by hand -------------------------------------------------------------------------------------------------------


def _bare_loop(engine: sa.Engine, rows: int) -> None:
    with engine.connect() as connection:
        for low in range(0, rows, BATCH):
            in_range = rows_table.c.id.between(low, low + BATCH - 1)
            with connection.begin():
                connection.execute(sa.update(rows_table).where(in_range, TO_DO).values(new=rows_table.c.old))


def _single_update(engine: sa.Engine, rows: int) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(rows_table).where(TO_DO).values(new=rows_table.c.old))


def _orm_loop(engine: sa.Engine, rows: int) -> None:
    with Session(engine) as session:
        while found := session.scalars(sa.select(Mapped).where(TO_DO).limit(ORM_BATCH)).all():
            for one in found:
                one.new = one.old
            session.commit()


# -- ours ----------------------------------------------------------------------------------------------------------


def _set_based() -> DataMigration:
    return UpdateMigration(name="bench", table=rows_table, set={"new": rows_table.c.old}, where=TO_DO, batch_size=BATCH)


def _row_wise() -> DataMigration:
    return TransformMigration(
        name="bench",
        table=rows_table,
        reads=["old"],
        writes=["new"],
        where=TO_DO,
        function=lambda row: {"new": row["old"]},
        batch_size=BATCH,
    )


def _ours(migration: Callable[[], DataMigration], workers: int | None = None) -> Callable[[sa.Engine, int], None]:
    def work(engine: sa.Engine, rows: int) -> None:
        done = run_engine(engine, migration(), workers).done
        if done != rows:
            raise SystemExit(f"{done:,} rows done of {rows:,}")

    return work


def run_engine(
    engine: sa.Engine,
    migration: DataMigration,
    workers: int | None = None,
    progress: Callable[[DataProgress], None] = lambda _: None,
) -> DataReport:
    """The first run of a data migration, at full speed."""
    return run(
        _store(engine), [migration], applied=(), retired=(), stop=threading.Event(), workers=workers, progress=progress
    )


def _make_ours(engine: sa.Engine) -> None:
    """Make our tables anew; a database has them from the first command on."""
    store = _store(engine)
    store.tables.metadata.drop_all(engine)
    store.ensure()


def _store(engine: sa.Engine) -> Store:
    with engine.connect() as connection:
        pack = pack_for(engine.dialect)
        identity = pack.session.identity(connection)
    return Store(database=Database(engine=engine, pack=pack, identity=identity))


CONTENDERS = (
    Contender(name="bare loop", work=_bare_loop, base="bare loop"),
    Contender(name="migrator", work=_ours(_set_based), base="bare loop"),
    Contender(name="migrator, 2 workers", work=_ours(_set_based, 2), base="migrator"),
    Contender(name="single UPDATE", work=_single_update, base="migrator"),
    Contender(name="ORM loop", work=_orm_loop, base="ORM loop", share=SHARE_BY_ROW),
    Contender(name="migrator, row by row", work=_ours(_row_wise), base="ORM loop", share=SHARE_BY_ROW),
)
