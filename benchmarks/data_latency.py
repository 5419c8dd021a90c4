"""How long a client's transaction takes while rows move: beside nothing, our engine polite and at full speed, and what
people write by hand.

The clients are a process of their own that begins transactions at fixed moments, a third of what the server manages
without anything beside it; a latency counts from the moment at which its transaction was due, so that a stall is not
hidden by the transactions that it kept from beginning.  Four of five read a row, the others change one.  Each round
runs all contenders; p50, p95 and p99 are medians of the rounds, the last figure is the longest of all.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.data_engine import BATCH, ORM_BATCH, Mapped, fill, rows_table, settle
from migrator.data.kinds import UpdateMigration
from migrator.data.pace import FULL_SPEED, Pace
from migrator.data.run import run
from migrator.db.database import Database
from migrator.dialects import pack_for
from migrator.state.store import Store

ROUNDS = 5
SECONDS = 8.0
CLIENTS = 4
READS = 0.8
SHARE = 3


@dataclass(frozen=True)
class Beside:
    """What is to be done beside the clients: ``new`` becomes ``old + number``.  Ends early once ``stop`` is set."""

    engine: sa.Engine
    rows: int
    number: int
    stop: threading.Event

    @property
    def wanted(self) -> sa.ColumnElement[int]:
        return rows_table.c.old + self.number

    @property
    def to_do(self) -> sa.ColumnElement[bool]:
        return rows_table.c.new.is_distinct_from(self.wanted)


def _nothing(beside: Beside) -> None:
    beside.stop.wait()


def _polite(beside: Beside) -> None:
    _migrator(beside, Pace())


def _full_speed(beside: Beside) -> None:
    _migrator(beside, FULL_SPEED)


def _migrator(beside: Beside, pace: Pace) -> None:
    with beside.engine.connect() as connection:
        pack = pack_for(beside.engine.dialect)
        identity = pack.session.identity(connection)
    store = Store(database=Database(engine=beside.engine, pack=pack, identity=identity))
    migration = UpdateMigration(
        name=f"bench{beside.number}",
        table=rows_table,
        set={"new": beside.wanted},
        where=beside.to_do,
        batch_size=BATCH,
    )
    run(store, [migration], applied=(), retired=(), pace=pace, stop=beside.stop)


def _bare_loop(beside: Beside) -> None:
    with beside.engine.connect() as connection:
        for low in range(0, beside.rows, BATCH):
            in_range = rows_table.c.id.between(low, low + BATCH - 1)
            with connection.begin():
                connection.execute(sa.update(rows_table).where(in_range, beside.to_do).values(new=beside.wanted))
            if beside.stop.is_set():
                return


def _single_update(beside: Beside) -> None:
    with beside.engine.begin() as connection:
        connection.execute(sa.update(rows_table).where(beside.to_do).values(new=beside.wanted))


def _orm_loop(beside: Beside) -> None:
    with Session(beside.engine) as session:
        while not beside.stop.is_set():
            found = session.scalars(sa.select(Mapped).where(beside.to_do).limit(ORM_BATCH)).all()
            for one in found:
                one.new = one.old + beside.number
            session.commit()
            if not found:
                return


CONTENDERS: dict[str, Callable[[Beside], None]] = {
    "nothing": _nothing,
    "migrator, polite": _polite,
    "migrator, full speed": _full_speed,
    "bare loop": _bare_loop,
    "single UPDATE": _single_update,
    "ORM loop": _orm_loop,
}


def measure(database_url: str | None, rows: int) -> str:
    """Percentiles of each contender, and its p99 against that beside nothing, round by round."""
    with tempfile.TemporaryDirectory() as folder:
        url = database_url or f"sqlite:///{Path(folder)}/bench.db"
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        fill(engine, rows)
        # Spawned: a process that is forked has locks of threads that it doesn't have.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as clients:
            capacity = clients.submit(_capacity, url, rows).result()
            rate = capacity / SHARE
            rounds = [dict(_round(engine, url, rows, rate, clients, number)) for number in range(ROUNDS)]
        rows_table.metadata.drop_all(engine)
        engine.dispose()
    title = f"{rows:,} rows, {engine.dialect.name}: {rate:,.0f} transactions/s of {capacity:,.0f}; milliseconds"
    return "\n".join((title, *_table(rounds)))


def _round(
    engine: sa.Engine, url: str, rows: int, rate: float, clients: ProcessPoolExecutor, number: int
) -> Iterator[tuple[str, list[float]]]:
    for place, (name, work) in enumerate(CONTENDERS.items()):
        settle(engine)
        stop = threading.Event()
        beside = Beside(engine, rows, 1 + number * len(CONTENDERS) + place, stop)
        with ThreadPoolExecutor(1) as thread:
            ended = thread.submit(_until, work, beside)
            taken = clients.submit(_serve, url, rows, rate, SECONDS).result()
            stop.set()
            until = ended.result()
        yield name, [latency for due, latency in taken if due <= until]


def _until(work: Callable[[Beside], None], beside: Beside) -> float:
    """When the work was done."""
    work(beside)
    return time.time()


def _table(rounds: list[dict[str, list[float]]]) -> Iterator[str]:
    yield f"{'':<24}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>10}{'p99 to nothing':>16}"
    quiet = [_percentile(one["nothing"], 0.99) for one in rounds]
    for name in CONTENDERS:
        figures = [statistics.median(_percentile(one[name], share) for one in rounds) for share in (0.5, 0.95, 0.99)]
        ratios = [_percentile(one[name], 0.99) / base for one, base in zip(rounds, quiet, strict=True)]
        text = "".join(f"{1000 * figure:>8.2f}" for figure in figures)
        longest = max(max(one[name]) for one in rounds)
        yield f"{name:<24}{text}{1000 * longest:>10.1f}{statistics.median(ratios):>16.2f}"


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# -- the clients, in their own process -----------------------------------------------------------------------------


def _capacity(url: str, rows: int) -> float:
    """Transactions a second that the clients manage, one after the other."""

    def work(seed: int) -> int:
        with engine.connect() as connection:
            end, count, dice = time.perf_counter() + 3.0, 0, random.Random(seed)
            while time.perf_counter() < end:
                _transaction(connection, dice, rows)
                count += 1
        return count

    engine = sa.create_engine(url)
    with ThreadPoolExecutor(CLIENTS) as threads:
        return sum(threads.map(work, range(CLIENTS))) / 3.0


def _serve(url: str, rows: int, rate: float, seconds: float) -> list[tuple[float, float]]:
    """When each transaction was due, by the wall clock, and how many seconds later it was done."""
    engine = sa.create_engine(url)
    begin = time.time() + 0.5
    step = CLIENTS / rate

    def work(client: int) -> list[tuple[float, float]]:
        taken: list[tuple[float, float]] = []
        dice = random.Random(client)
        with engine.connect() as connection:
            due = begin + step * client / CLIENTS
            while due < begin + seconds:
                time.sleep(max(0.0, due - time.time()))
                _transaction(connection, dice, rows)
                taken.append((due, time.time() - due))
                due += step
        return taken

    with ThreadPoolExecutor(CLIENTS) as threads:
        found = [one for some in threads.map(work, range(CLIENTS)) for one in some]
    engine.dispose()
    return found


def _transaction(connection: sa.Connection, dice: random.Random, rows: int) -> None:
    where = rows_table.c.id == dice.randrange(rows)
    with connection.begin():
        if dice.random() < READS:
            connection.execute(sa.select(rows_table.c.padding).where(where)).all()
        else:
            connection.execute(sa.update(rows_table).where(where).values(padding=str(dice.random())))
