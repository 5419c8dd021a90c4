"""Runs data migrations on a test's database, without a project around them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from migrator.data.kinds import DataMigration, UpdateMigration
from migrator.data.run import run
from migrator.db.clock import Clock
from migrator.db.database import Database as Door
from migrator.db.observer import NoObserver, Observer
from migrator.dialects import pack_for
from migrator.model.data import DataProgress, DataReport, DataState
from migrator.state.data_progress import DataRow, add_rows, read_progress, write_row
from migrator.state.store import Store
from tests.support.database import Database

ITEM = sa.table("item", sa.column("id"), sa.column("old"), sa.column("new"), sa.column("bad"), sa.column("touched"))


def open_store(url: str, observer: Observer | None = None, clock: Clock | None = None) -> Store:
    """Our tables of a database by its URL."""
    made = sa.make_url(url)
    if made.get_backend_name() == "mysql":  # its driver reads the system's certificates for each connection
        made = made.update_query_dict({"ssl_disabled": "true"})
    engine = sa.create_engine(made)
    with engine.connect() as connection:
        pack = pack_for(engine.dialect)
        identity = pack.session.identity(connection)
    door = Door(engine=engine, pack=pack, identity=identity, observer=observer or NoObserver())
    door.clock = clock or door.clock
    return Store(database=door)


@dataclass(kw_only=True)
class Runner:
    """One database and its data migrations; each call is a run of its own, as a process would be."""

    database: Database
    migrations: Sequence[DataMigration]
    applied: Sequence[str] = ()
    retired: Sequence[str] = ()
    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    told: list[DataProgress] = field(default_factory=list)

    def __call__(self, max_count: int | None = None, **options: Any) -> DataReport:
        store = open_store(self.database.url, options.pop("observer", None), options.pop("clock", None))
        return self.on(store, max_count, **options)

    def on(self, store: Store, max_count: int | None = None, **options: Any) -> DataReport:
        """A run over a store of the test's own."""
        return run(
            store,
            self.migrations,
            applied=self.applied,
            retired=self.retired,
            changes=self.changes,
            max_count=max_count,
            stop=options.pop("stop", threading.Event()),
            progress=options.pop("progress", self.told.append),
            **options,
        )

    def exit_codes(self, max_count: int, *, most: int = 40) -> list[int]:
        """A shell's loop on exit 1: the codes until another one comes."""
        codes: list[int] = []
        while len(codes) < most:
            codes.append(int(self(max_count).exit_code))
            if codes[-1] != 1:
                return codes
        raise AssertionError(f"still 1 after {most} runs")

    def stored(self, name: str) -> DataProgress:
        """What our table says of a data migration."""
        store = open_store(self.database.url)
        with store.database.autocommit("test") as connection:
            return read_progress(store, connection)[name]


def learned(database: Database, name: str, batch_size: int) -> None:
    """As if an earlier run had found this size of batches: the first one isn't a small one."""
    store = open_store(database.url)
    store.ensure()
    with store.database.transaction("test") as connection:
        add_rows(store, connection, [name])
        write_row(store, connection, DataRow(name=name, batch_size=batch_size))


def items(
    database: Database, count: int, *, key: str = "INTEGER", table: str = "item", bad: Sequence[int] = ()
) -> None:
    """A table of rows 1 to ``count`` in the old shape: ``old`` is the number, ``new`` is NULL."""
    database.execute(
        f"CREATE TABLE {table} (id {key} NOT NULL PRIMARY KEY, old INTEGER, new INTEGER,"
        " bad INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0)"
    )
    if count:
        add(database, range(1, count + 1), table=table, bad=bad)


def add(
    database: Database,
    numbers: Sequence[int] | range,
    *,
    table: str = "item",
    bad: Sequence[int] = (),
    key: Callable[[int], Any] = lambda number: number,
) -> None:
    """More rows of the old shape."""
    made = sa.table(table, sa.column("id"), sa.column("old"), sa.column("bad"))
    rows = [{"id": key(n), "old": n, "bad": int(n in bad)} for n in numbers]
    with database.engine().begin() as connection:
        connection.execute(sa.insert(made), rows)


def fill(name: str = "fill", *, table: sa.TableClause = ITEM, **options: Any) -> UpdateMigration:
    """Copies ``old`` to ``new`` and counts in ``touched``; a *bad* row stays as it is, for the predicate too."""
    given: dict[str, Any] = {
        "set": {
            "new": sa.case((table.c.bad == 0, table.c.old), else_=table.c.new),
            "touched": table.c.touched + 1,
        },
        "where": table.c.new.is_distinct_from(table.c.old),
        **options,
    }
    return UpdateMigration(name=name, table=table, **given)


def table_named(name: str) -> sa.TableClause:
    """A table of the same shape as ITEM."""
    return sa.table(name, *(sa.column(column.name) for column in ITEM.c))


def states(report: DataReport) -> dict[str, DataState]:
    return {row.name: row.state for row in report.rows}
