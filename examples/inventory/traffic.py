"""The clients: processes of the live releases, each with a role, that work until they are told to stop.

Each registers at its start, as services do, and says what its code ships with: the gates go by that.  A client tries
each operation once.  What the database refuses is written to the journal by class and code.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

import migrator
from examples.inventory import release_a, release_b, release_c
from examples.inventory.database import make_engine
from examples.inventory.domain import Inventory
from examples.inventory.journal import Operation, line_of
from examples.inventory.measure import IN_BETWEEN
from examples.inventory.seed import FLAVORS, HOSTS

# What each client of a release does, in turn, and how many operations a second; 0: one straight after the other.
ROLES = {"creator": ("INSERT", "DELETE"), "changer": ("UPDATE",), "reader": ("SELECT",), "reporter": ("SELECT",)}
RATES = {"creator": 70.0, "changer": 50.0, "reader": 40.0, "reporter": 0.0}
PAGE = 20
REPORT_PAUSE = 0.1
HOT_ROWS = 200  # half of all traffic goes to these, so that releases meet on the same rows
# The heads of the revisions that each release's code ships with.
HEADS = {"A": ("1a10",), "B": ("2b10", "2b20"), "C": ("2b10", "2b20", "3c30")}
KEPT = 5  # instances of its own that a creator keeps before it deletes the oldest
PATIENCE = timedelta(seconds=30)
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What one client is told; ``ids`` are instances that nobody deletes.  One that doesn't register is unknown."""

    release: str
    role: str
    url: str
    unpinned: Path
    journal: Path
    ids: tuple[int, ...]
    registers: bool


@dataclass(frozen=True, kw_only=True)
class Signals:
    """Shared with the clients.  ``count`` and ``stop`` are one client's own."""

    phase: Synchronized[int]
    count: Synchronized[int]
    stop: Event
    ready: Event


@dataclass(frozen=True, kw_only=True)
class Client:
    """A running process."""

    assignment: Assignment
    signals: Signals
    process: SpawnProcess

    def stop(self) -> str:
        """End it after its present operation; returns why it had ended already, empty if it hadn't."""
        crashed = not self.process.is_alive()
        self.signals.stop.set()
        self.process.join(timeout=60)
        if self.process.is_alive():
            self.process.kill()
            return "did not stop"
        return f"ended with exit code {self.process.exitcode}" if crashed or self.process.exitcode else ""


@dataclass(kw_only=True)
class Traffic:
    """All clients of one database."""

    url: str
    folder: Path
    ids: tuple[int, ...]
    registered: bool = True
    phase: Synchronized[int] = field(default_factory=lambda: _CONTEXT.Value("i", IN_BETWEEN))
    live: dict[str, list[Client]] = field(default_factory=dict)
    died: list[str] = field(default_factory=list)

    @property
    def unpinned(self) -> Path:
        """The switch of release B."""
        return self.folder / "unpinned"

    def start(self, release: str) -> None:
        """Roll a release out; returns when each of its clients has a connection.

        Raises:
            TimeoutError: one of them has none after a minute.
        """
        clients = [self._client(release, role) for role in ROLES]
        self.live[release] = clients
        for client in clients:
            if not client.signals.ready.wait(timeout=60):
                raise TimeoutError(f"{release}'s {client.assignment.role} did not start")

    def stop(self, release: str) -> None:
        """Take a release away: each client finishes its operation."""
        for client in self.live.pop(release):
            why = client.stop()
            if why:
                self.died.append(f"{release}'s {client.assignment.role} {why}")

    def stop_all(self) -> None:
        for release in list(self.live):
            self.stop(release)

    def counts(self) -> dict[str, int]:
        """Operations so far of each live release."""
        return {release: sum(one.signals.count.value for one in clients) for release, clients in self.live.items()}

    def journals(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl"))

    def _client(self, release: str, role: str) -> Client:
        assignment = Assignment(
            release=release,
            role=role,
            url=self.url,
            unpinned=self.unpinned,
            journal=self.folder / f"{release}-{role}.jsonl",
            ids=self.ids,
            registers=self.registered,
        )
        signals = Signals(phase=self.phase, count=_CONTEXT.Value("i", 0), stop=_CONTEXT.Event(), ready=_CONTEXT.Event())
        process = _CONTEXT.Process(target=work, args=(assignment, signals), name=f"{release}-{role}", daemon=True)
        process.start()
        return Client(assignment=assignment, signals=signals, process=process)


def work(assignment: Assignment, signals: Signals) -> None:
    """A client's process from its start to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the demo's; it tells us to stop
    engine = make_engine(assignment.url, hide_parameters=True)
    inventory = _inventory(assignment, engine)
    worker = _Worker(assignment, inventory)
    inventory.get(assignment.ids[0])  # a connection, and all that is loaded with the first statement
    pace = _Pace(RATES[assignment.role])
    with _registered(assignment, engine), assignment.journal.open("w", encoding="utf-8") as journal:
        signals.ready.set()
        while not signals.stop.is_set():
            pace.wait()
            journal.write(line_of(worker.operate(signals.phase.value)))
            signals.count.value += 1
    engine.dispose()


@contextmanager
def _registered(assignment: Assignment, engine: Engine) -> Iterator[None]:
    if not assignment.registers:
        yield
        return
    release, role = assignment.release, assignment.role
    with migrator.register(
        engine, "inventory", instance=f"{release}-{role}", release=release, heads=HEADS[release]
    ) as registration:
        registration.wait_until_seen(PATIENCE)
        yield


def _inventory(assignment: Assignment, engine: Engine) -> Inventory:
    if assignment.release == "B":
        return release_b.Inventory(engine, assignment.unpinned)
    return release_a.Inventory(engine) if assignment.release == "A" else release_c.Inventory(engine)


class _Pace:
    """So many calls a second; time lost in a stall is caught up."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._due = time.monotonic()

    def wait(self) -> None:
        if self._gap:
            self._due += self._gap
            time.sleep(max(0.0, self._due - time.monotonic()))


class _Worker:
    """One client's operations, one after the other."""

    def __init__(self, assignment: Assignment, inventory: Inventory) -> None:
        self._assignment = assignment
        self._inventory = inventory
        self._random = random.Random(f"{assignment.release} {assignment.role}")
        self._own: deque[int] = deque()
        self._turn = 0
        self._serial = 0

    def operate(self, phase: int) -> Operation:
        """Do the next operation of this role."""
        kind, act = self._next()
        plan = Operation(release=self._assignment.release, kind=kind, phase=phase, start=time.time(), end=0.0)
        try:
            done = act(plan)
        except SQLAlchemyError as error:
            done = replace(plan, error=label_of(error))
        return replace(done, end=time.time())

    def _next(self) -> tuple[str, Callable[[Operation], Operation]]:
        kinds = ROLES[self._assignment.role]
        kind = kinds[self._turn % len(kinds)]
        self._turn += 1
        if kind == "SELECT":
            return kind, self._report if self._assignment.role == "reporter" else self._get
        if kind == "UPDATE":
            return kind, self._resize if self._random.random() < 0.5 else self._migrate
        if kind == "DELETE" and len(self._own) > KEPT:
            return kind, self._delete
        return "INSERT", self._create

    def _get(self, plan: Operation) -> Operation:
        instance = self._any()
        seen = self._inventory.get(instance)
        return replace(plan, instance=instance, seen=(seen,) if seen else ())

    def _report(self, plan: Operation) -> Operation:
        seen = self._inventory.page(self._any() - 1, PAGE, REPORT_PAUSE)
        return replace(plan, seen=tuple(seen), thought=REPORT_PAUSE)

    def _create(self, plan: Operation) -> Operation:
        host, flavor = self._random.choice(HOSTS), self._random.choice(FLAVORS)
        self._serial += 1
        instance = self._inventory.create(f"{self._assignment.release}-{self._serial}", host, flavor)
        self._own.append(instance)
        return replace(plan, instance=instance, version=1, host=host, flavor=flavor)

    def _migrate(self, plan: Operation) -> Operation:
        instance, host = self._any(), self._random.choice(HOSTS)
        return replace(plan, instance=instance, version=self._inventory.migrate(instance, host), host=host)

    def _resize(self, plan: Operation) -> Operation:
        instance, flavor = self._any(), self._random.choice(FLAVORS)
        return replace(plan, instance=instance, version=self._inventory.resize(instance, flavor), flavor=flavor)

    def _delete(self, plan: Operation) -> Operation:
        instance = self._own.popleft()
        self._inventory.delete(instance)
        return replace(plan, instance=instance)

    def _any(self) -> int:
        hot = self._random.random() < 0.5
        return self._random.choice(self._assignment.ids[:HOT_ROWS] if hot else self._assignment.ids)


def label_of(error: SQLAlchemyError) -> str:
    """Class and code of an error, never its text."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return type(error).__name__
    original: object = error.orig
    arguments = getattr(original, "args", ())
    # MySQL's and MariaDB's number says more than their SQLSTATE.
    code = arguments[0] if arguments and isinstance(arguments[0], int) else None
    for attribute in ("sqlstate", "pgcode", "sqlite_errorname"):
        code = code or getattr(original, attribute, None)
    return f"{type(original).__name__} {code or ''}".strip()


@contextmanager
def traffic_on(url: str, folder: Path, ids: tuple[int, ...], *, registered: bool = True) -> Iterator[Traffic]:
    """Traffic that ends with the block, whatever happens in it; ``registered``: by clients that say that they run."""
    folder.mkdir(parents=True, exist_ok=True)
    traffic = Traffic(url=url, folder=folder, ids=ids, registered=registered)
    try:
        yield traffic
    finally:
        traffic.stop_all()
