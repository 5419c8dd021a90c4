"""Kinds that read and write the same value, beside clients that write it too: the last write of a client stands."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.kinds import CopyMigration, DataMigration, TransformMigration
from tests.integration.data.running import ITEM, Runner, add, items
from tests.support.database import Database
from tests.support.poll import eventually

pytestmark = [
    pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql"),
    pytest.mark.quick_on("postgresql", "mysql"),
]
ROWS = 300
CLIENTS = 3
MARK = 1_000_000
COPIED = sa.table("copied", sa.column("id"), sa.column("old"))


@dataclass(kw_only=True)
class Client:
    """Writes its own rows at random, over and over; ``last`` is what it wrote last to each."""

    database: Database
    rows: range
    stop: threading.Event
    last: dict[int, int] = field(default_factory=dict)
    writes: int = 0
    errors: list[str] = field(default_factory=list)

    def run(self) -> None:
        chance = random.Random(self.rows.start)
        engine = self.database.engine(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not self.stop.is_set():
                key, value = chance.choice(self.rows), chance.randrange(1, MARK)
                try:
                    # A client that goes by what the row holds, as an application does.
                    statement = sa.update(ITEM).where(ITEM.c.id == key).values(old=value)
                    if connection.execute(statement).rowcount:
                        self.last[key] = value
                except sa.exc.DBAPIError as error:
                    self.errors.append(type(error.orig).__name__)
                self.writes += 1


@contextmanager
def clients(database: Database) -> Iterator[list[Client]]:
    """Clients that write until the block ends, and have begun before it does."""
    stop = threading.Event()
    made = [
        Client(database=database, rows=range(number, ROWS + 1, CLIENTS), stop=stop) for number in range(1, CLIENTS + 1)
    ]
    threads = [threading.Thread(target=one.run) for one in made]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: all(one.writes for one in made))
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def marked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"old": row["old"] + MARK}


def mark() -> DataMigration:
    """Reads a value and writes it back changed: what a hash or an encryption in place does."""
    raw = ITEM.c.old < MARK
    return TransformMigration(
        name="mark", table=ITEM, reads=("old",), writes=("old",), where=raw, function=marked, batch_size=25
    )


def move() -> DataMigration:
    columns = {"id": ITEM.c.id, "old": ITEM.c.old}
    return CopyMigration(
        name="move", source=ITEM, target=COPIED, columns=columns, key=("id",), remove_source=True, batch_size=25
    )


def update() -> DataMigration:
    columns = {"id": ITEM.c.id, "old": ITEM.c.old}
    return CopyMigration(
        name="update", source=ITEM, target=COPIED, columns=columns, key=("id",), on_conflict="update", batch_size=25
    )


KINDS = {
    "transform": (mark, f"SELECT id, old - {MARK} FROM item"),
    "move": (move, "SELECT id, old FROM copied"),
    "update": (update, "SELECT id, old FROM copied"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_write_of_a_client_is_what_is_there_at_the_end(database: Database, kind: str) -> None:
    make, result = KINDS[kind]
    items(database, 0)
    add(database, range(1, ROWS + 1))
    database.execute("CREATE TABLE copied (id INTEGER NOT NULL PRIMARY KEY, old INTEGER)")
    runner = Runner(database=database, migrations=[make()])
    with clients(database) as writing:
        for _ in range(3):
            assert runner().exit_code in (0, 1)
    assert [one.errors for one in writing] == [[]] * CLIENTS
    assert runner().exit_code == 0
    at_first = {number: number for number in range(1, ROWS + 1)}
    assert dict(database.rows(result)) == at_first | {key: value for one in writing for key, value in one.last.items()}
    assert sum(len(one.last) for one in writing) > 0
