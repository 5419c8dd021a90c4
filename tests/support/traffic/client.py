"""The clients' process: a thread and a connection for each, none of which retries or swallows anything.

Started by :class:`tests.support.traffic.handle.Traffic`: the assignment comes as one line of JSON on stdin, ``ready``
goes to stdout when every client had its first answer, and the end of stdin is the sign to stop.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from examples.inventory.traffic import label_of
from tests.support.traffic.operations import Operation, write_operations

THOUGHT = 0.02
CACHED_PLAN = "cached plan must not change result type"
PRECISION = 10**6


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What all clients of a process are told.

    Attributes:
        url: the database.
        table: with the columns ``id, code, name, email, note, owner_id, price, touched``.
        keys: rows 1 to ``keys`` are there and stay.
        owners: values of ``owner_id``, from 1.
        readers, writers: how many; the first reader thinks inside its transactions and knows no other pause.
        rate: operations a second that each of the others tries.
        journal: the file for what they did.
    """

    url: str
    table: str
    keys: int
    owners: int
    readers: int
    writers: int
    rate: float
    journal: str


@dataclass(kw_only=True)
class Client:
    """One thread with its connection."""

    number: int
    assignment: Assignment
    stop: threading.Event
    done: list[Operation] = field(default_factory=list)
    _random: random.Random = field(init=False)
    _serial: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.number)
        # Keys of its own, above those of every client that worked here before.
        self._serial = int(time.time() * PRECISION) * 64 + self.number

    def work(self, started: threading.Barrier) -> None:
        """Operate until told to stop."""
        engine = sa.create_engine(self.assignment.url, poolclass=sa.NullPool, hide_parameters=True)
        with engine.connect() as connection:
            self._read(connection)
            connection.rollback()
            started.wait(timeout=60)
            due = time.monotonic()
            while not self.stop.wait(max(0.0, due - time.monotonic())):
                self._operate(connection)
                # Time lost in a stall is not caught up: a burst would be a load that nobody asked for.
                due = max(due + self._gap(), time.monotonic())
        engine.dispose()

    def _gap(self) -> float:
        return 0.0 if self.number == 0 else 1 / self.assignment.rate

    def _operate(self, connection: sa.Connection) -> None:
        kind, act = self._next()
        start = time.monotonic()
        thought, error = 0.0, ""
        try:
            thought = act(connection) or 0.0
            connection.commit()
        except SQLAlchemyError as refused:
            error = "cached plan" if CACHED_PLAN in str(refused) else label_of(refused)
            connection.rollback()
        end = time.monotonic()
        done = Operation(client=self.number, kind=kind, start=start, end=end, thought=thought, error=error)
        self.done.append(done)

    def _next(self) -> tuple[str, Callable[[sa.Connection], float | None]]:
        if self.number == 0:
            return "read", self._read_twice
        if self.number < self.assignment.readers:
            return "read", self._read
        self._serial += 64
        return ("update", self._update) if self._serial // 64 % 2 else ("insert", self._insert)

    def _read(self, connection: sa.Connection) -> None:
        query = f"SELECT id, code, name, note FROM {self.assignment.table} WHERE id = :id"
        connection.execute(sa.text(query), {"id": self._key()}).one()

    def _read_twice(self, connection: sa.Connection) -> float:
        """A transaction that holds its lock, and on MySQL its snapshot, while it thinks."""
        self._read(connection)
        start = time.monotonic()
        self.stop.wait(THOUGHT)
        thought = time.monotonic() - start
        self._read(connection)
        return thought

    def _update(self, connection: sa.Connection) -> None:
        change = f"UPDATE {self.assignment.table} SET touched = touched + 1, note = :note WHERE id = :id"
        changed = connection.execute(sa.text(change), {"id": self._key(), "note": f"by {self.number}"})
        assert changed.rowcount == 1

    def _insert(self, connection: sa.Connection) -> None:
        change = (
            f"INSERT INTO {self.assignment.table} (id, code, name, email, note, owner_id, price, touched)"
            " VALUES (:id, :code, 'new', :email, 'new', :owner, 1, 0)"
        )
        owner = self._random.randint(1, self.assignment.owners)
        values = {"id": self._serial, "code": self._key(), "email": f"new-{self._serial}", "owner": owner}
        connection.execute(sa.text(change), values)

    def _key(self) -> int:
        return self._random.randint(1, self.assignment.keys)


def work(assignment: Assignment) -> None:
    """The life of the process.

    Raises: what a client's thread died of.
    """
    stop = threading.Event()
    count = assignment.readers + assignment.writers
    clients = [Client(number=number, assignment=assignment, stop=stop) for number in range(count)]
    started = threading.Barrier(count + 1)
    with ThreadPoolExecutor(count) as pool:
        threads = [pool.submit(client.work, started) for client in clients]
        # A thread that dies early breaks nobody's wait but its own: the others are told to go as well.
        for thread in threads:
            thread.add_done_callback(lambda one: _end_all(one, started, stop))
        started.wait(timeout=60)
        print("ready", flush=True)
        threading.Thread(target=_listen, args=(stop,), daemon=True).start()
        wait(threads, return_when=FIRST_EXCEPTION)
        stop.set()
    with Path(assignment.journal).open("w", encoding="utf-8") as file:
        write_operations(file, (one for client in clients for one in client.done))
    for thread in threads:
        thread.result()


def _end_all(thread: Future[None], started: threading.Barrier, stop: threading.Event) -> None:
    if thread.exception() is not None:
        stop.set()
        started.abort()


def _listen(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    work(Assignment(**json.loads(sys.stdin.readline())))
