"""How fast a run may go: what the user set, and the signals that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from migrator.data.throttle.blocked import BlockedSessions
from migrator.data.throttle.flag_file import FlagFile
from migrator.data.throttle.load import DEFAULT_CORES, Load
from migrator.data.throttle.own_function import OwnFunction, StopReason
from migrator.data.throttle.own_sql import OwnSQL
from migrator.data.throttle.replica_lag import DEFAULT_LAG, PrimaryLag, ReplicaLag
from migrator.data.throttle.signal import Signal
from migrator.db.database import Database
from migrator.dialects import pack_for
from migrator.scripts.connecting import engine_of


@dataclass(frozen=True, kw_only=True)
class Rests:
    """The share of the time in which a run rests: while nobody else uses the server, and beside others."""

    alone: float
    beside: float


POLITE = Rests(alone=0.5, beside=0.985)
"""Alone after each batch for as long as it took; beside clients so that hardly one in a hundred of their statements
meets a batch at all (docs/benchmarks.md)."""

NO_RESTS = Rests(alone=0.0, beside=0.0)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What a run keeps to.

    Args:
        full_speed: without rests and default signals; what the user configured stays on.
        ratio: the share of the time in which a polite run rests, whoever is there; None for :data:`POLITE`.
        max_time: the run ends after so long, between two batches.
        window: times of the day for all data migrations; empty for always.
        cores: of the database server; two running statements each are no load.
        most_lag: of a replica.
        sql, sql_limit: a query that gives a number, and the most that it may be.
        file: stops the work while it exists.
        function: says why to stop.
        replicas: URLs of replicas, each asked how late it is.
        signals: further ones.
        now: the wall clock, for the windows.
    """

    full_speed: bool = False
    ratio: float | None = None
    max_time: timedelta | None = None
    window: str = ""
    cores: int = DEFAULT_CORES
    most_lag: timedelta = DEFAULT_LAG
    sql: str = ""
    sql_limit: float = 0.0
    file: Path | None = None
    function: StopReason | None = None
    replicas: Sequence[str] = ()
    signals: Sequence[Signal] = ()
    now: Callable[[], datetime] = _utc_now

    @property
    def polite(self) -> bool:
        return not self.full_speed

    @property
    def name(self) -> str:
        return "polite" if self.polite else "full speed"

    @property
    def rests(self) -> Rests:
        """How much of the time a run rests."""
        if self.full_speed:
            return NO_RESTS
        return POLITE if self.ratio is None else Rests(alone=self.ratio, beside=self.ratio)


FULL_SPEED = Pace(full_speed=True)


def signals_of(pace: Pace, database: Database, sessions: Callable[[], Sequence[str]]) -> tuple[Signal, ...]:
    """The signals of a run: the polite ones where the server has any, then the user's own.

    Args:
        sessions: those of ours that lock rows.
    """
    return (*(() if pace.full_speed else _polite(pace, database, sessions)), *_own(pace))


def _polite(pace: Pace, database: Database, sessions: Callable[[], Sequence[str]]) -> Iterator[Signal]:
    rules = database.pack.throttle
    if not rules.has_sessions:
        return
    yield BlockedSessions(rules=rules, sessions=sessions)
    yield Load(rules=rules, cores=pace.cores, ours=sessions)
    if rules.knows_replicas:
        yield PrimaryLag(rules=rules, clock=database.clock, limit=pace.most_lag)


def _own(pace: Pace) -> Iterator[Signal]:
    if pace.sql:
        yield OwnSQL(statement=pace.sql, limit=pace.sql_limit)
    if pace.file is not None:
        yield FlagFile(path=pace.file)
    if pace.function is not None:
        yield OwnFunction(function=pace.function)
    for url in pace.replicas:
        yield _replica(url, pace.most_lag)
    yield from pace.signals


def _replica(text: str, most_lag: timedelta) -> ReplicaLag:
    engine = engine_of(text)
    url = engine.url
    place = ":".join(str(part) for part in (url.host or url.database or "replica", url.port) if part)
    # MariaDB is told from MySQL at the first connection only; what is asked here is one class for both.
    pack = pack_for(engine.dialect)
    return ReplicaLag(engine=engine, rules=pack.throttle, errors=pack.errors, place=place, limit=most_lag)
