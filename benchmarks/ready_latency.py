"""How long ``migrator.ready(engine)`` takes on a pooled engine, beside a bare ``SELECT 1`` on the same one.

A history of 200 changes, all expanded: *ready*; then the same with the last 20 unknown to the scripts and 200 events in
the ledger: *ahead-compatible*, as an image that was rolled back asks.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from migrator import ready
from migrator.model.ledger import Event, LedgerEntry
from migrator.model.phase import Phase
from migrator.state.ledger import write_ledger
from migrator.state.store import Store
from tests.servers.fleet import FULL
from tests.support.database import database_on_server
from tests.support.wiring import on_engine

CHANGES = 200
UNKNOWN = 20
PROBES = 500
REVISION = "revision = {id!r}\ndown_revision = {down!r}\nbranch_labels = {labels!r}\ndepends_on = None\n"


def measure(database_url: str | None, rows: int) -> str:
    """p50 and p99 on the given database, or on SQLite and a database of its own on each server that
    MIGRATOR_TEST_<SERVER>_URL names.

    Raises:
        ValueError: the given database is not empty.
    """
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"database": database_url} if database_url else dict(_servers(place, stack))
        new, old = _scripts(place / "new", CHANGES), _scripts(place / "old", CHANGES - UNKNOWN)
        lines = [f"{'':<34}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>8}"]
        for name, url in urls.items():
            engine = sa.create_engine(url)
            for what, figures in _of(engine, new, old).items():
                lines.append(f"{f'{name}, {what}':<34}" + "".join(f"{figure:>8.2f}" for figure in figures))
            engine.dispose()
    return "\n".join(lines)


def _servers(place: Path, stack: ExitStack) -> Iterator[tuple[str, str]]:
    yield "sqlite", f"sqlite:///{place}/bench.db"
    for server in FULL:
        url = os.environ.get(f"MIGRATOR_TEST_{server.upper().replace('-', '_')}_URL")
        if url:
            yield server, stack.enter_context(database_on_server(server, sa.make_url(url))).url


def _scripts(folder: Path, changes: int) -> Path:
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for number in range(changes):
        down, labels = (f"e{number - 1:04}", None) if number else (None, ("expand",))
        text = REVISION.format(id=f"e{number:04}", down=down, labels=labels)
        (versions / f"e{number:04}.py").write_text(text)
    config = folder / "alembic.ini"
    config.write_text("[alembic]\nscript_location = %(here)s\n")
    return config


def _of(engine: sa.Engine, new: Path, old: Path) -> dict[str, tuple[float, float, float]]:
    store = Store(database=on_engine(engine))
    metadata = sa.MetaData()
    versions = sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32), primary_key=True))
    if sa.inspect(engine).get_table_names():
        raise ValueError("the database is not empty")
    metadata.create_all(engine)
    store.ensure()
    try:
        with engine.begin() as connection:
            connection.execute(sa.insert(versions).values(version_num=f"e{CHANGES - 1:04}"))
            write_ledger(store, connection, [_entry(number) for number in range(CHANGES)])
        assert ready(engine, config=new) == "ready"
        assert ready(engine, config=old) == "ahead-compatible"
        return {
            "SELECT 1": _timed(lambda: _select(engine)),
            "ready": _timed(lambda: ready(engine, config=new)),
            "ahead-compatible": _timed(lambda: ready(engine, config=old)),
        }
    finally:
        metadata.drop_all(engine)
        store.tables.metadata.drop_all(engine)


def _entry(number: int) -> LedgerEntry:
    return LedgerEntry(
        event=Event.APPLIED,
        revision=f"e{number:04}",
        phase=Phase.EXPAND,
        change=f"change {number}",
        down_revision=(f"e{number - 1:04}",) if number else (),
        digest="0" * 64,
        release=f"2026.{number}",
    )


def _select(engine: sa.Engine) -> object:
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT 1")).scalar()


def _timed(probe: Callable[[], object]) -> tuple[float, float, float]:
    """p50, p99, and the processor time of this process for one probe, which doesn't depend on who else is busy."""
    times = []
    processor = time.process_time()
    for _ in range(PROBES):
        start = time.perf_counter()
        probe()
        times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98], (time.process_time() - processor) * 1000 / PROBES
