"""How long clients wait while a revision is applied: ``migrator`` against plain ``alembic upgrade``, side by side.

Two databases of each server hold the same rows.  Revision after revision is applied to the one by ``migrator expand``
or ``contract`` and to the other by ``alembic upgrade``, each while four readers and four writers work on its table.

    ./dev python -m benchmarks.ddl_stall --rows 1000000 [--url URL] [--only create_index] [--hold 60]

Servers are those of ``MIGRATOR_TEST_<SERVER>_URL`` unless ``--url`` names one; databases are made there and dropped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from migrator.model.exit_code import ExitCode
from tests.support import run
from tests.support import traffic as clients
from tests.support.database import Database, database_on_server
from tests.support.project import Project
from tests.support.run import Run
from tests.support.traffic import Measured, Traffic
from tests.walk.online_cases import CASES, Case, fill, write_base
from tests.walk.online_run import held, without_guard

ROWS = 1_000_000
QUIET = 2.0
LOCK_TIMEOUT = 2.0
PATIENCE = 3600.0
SAMPLE = 0.004
# Sessions that hold the table in a way that keeps writers or readers out, by what the server shows of it.
HOLDERS = {
    "postgresql": (
        "SELECT count(*) FROM pg_locks WHERE relation = to_regclass(:table) AND granted AND mode IN"
        " ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"
    ),
    "mysql": (
        "SELECT count(*) FROM performance_schema.metadata_locks WHERE object_schema = database()"
        " AND object_name = :table AND lock_status = 'GRANTED' AND lock_type IN"
        " ('EXCLUSIVE', 'SHARED_NO_WRITE', 'SHARED_READ_ONLY', 'SHARED_NO_READ_WRITE')"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two ways, with its database.  ``server`` is ``postgresql``, ``mariadb`` or ``mysql``."""

    name: str
    server: str
    database: Database
    project: Project
    folder: Path

    def apply(self, case: Case) -> Run:
        """Apply the case as a person would, from the command line."""
        if self.name == "alembic":
            process = run.start("alembic", "upgrade", case.name, folder=self.project.path)
        else:
            process = self.project.start(case.phase, "--to", case.name)
        return run.finish(process, within=PATIENCE)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A case on one side; times in seconds.  ``lock_held`` is None where the server doesn't show it."""

    done: Run
    took: float
    measured: Measured
    lock_held: float | None

    @property
    def stall(self) -> float:
        """The longest wait of a client."""
        return max(self.measured.stalls.values())


@dataclass(frozen=True, kw_only=True)
class Row:
    """A case on both sides."""

    case: Case
    ours: Figures
    plain: Figures


@dataclass
class LockWatch:
    """Asks again and again whether somebody holds the table; the longest stretch of yes is its answer."""

    engine: sa.Engine
    table: str
    query: str | None
    longest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the end of the block."""
        thread = threading.Thread(target=self._watch, daemon=True)
        if self.query:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            if self.query:
                thread.join()

    def _watch(self) -> None:
        since: float | None = None
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self._stop.wait(SAMPLE):
                asked = time.monotonic()
                held = connection.execute(sa.text(self.query or ""), {"table": self.table}).scalar()
                if not held:
                    since = None
                    continue
                since = asked if since is None else since
                self.longest = max(self.longest, time.monotonic() - since)


def measure_side(side: Side, case: Case, keys: int, hold: float) -> Figures:
    """Apply one case under traffic."""
    engine = side.database.engine(poolclass=sa.NullPool)
    watch = LockWatch(engine, case.table, HOLDERS.get(side.server))
    with Traffic(url=side.database.url, table=case.table, keys=keys, folder=side.folder / case.name) as traffic:
        traffic.quiet(QUIET)
        holding = held(engine, case.table, hold) if hold else nullcontext()
        with traffic.phase(case.name), watch.watching(), holding:
            start = time.monotonic()
            done = side.apply(case)
            took = time.monotonic() - start
    measured = clients.measure(traffic.operations(), traffic.phases)
    return Figures(done=done, took=took, measured=measured, lock_held=watch.longest if watch.query else None)


@contextmanager
def opened(server: str, url: sa.URL, cases: Sequence[Case], rows: int, folder: Path) -> Iterator[list[Side]]:
    """Both sides, filled; ours first."""
    tables = frozenset(case.table for case in cases)
    with ExitStack() as stack:
        sides = []
        for name in ("migrator", "alembic"):
            database = stack.enter_context(database_on_server(server, url))
            project = Project(folder / name / "project", database.url)
            write_base(project, tables)
            if name == "alembic":
                without_guard(project, database.url)
            side = Side(name=name, server=server, database=database, project=project, folder=folder / name)
            made = project.run("expand") if name == "migrator" else project.alembic("upgrade", "tables")
            if made.exit_code:
                raise SystemExit(f"{server}: the tables could not be made: {made.output}")
            for table in sorted(tables):
                fill(database.engine(), table, rows)
            sides.append(side)
        yield sides


def compare(case: Case, sides: Sequence[Side], rows: int, hold: float) -> Row:
    """One case on both sides, one after the other."""
    ours, plain = sides
    case.write(plain.project)
    if ours.server in case.runs:
        case.write(ours.project)
        return Row(case=case, ours=measure_side(ours, case, rows, hold), plain=measure_side(plain, case, rows, hold))
    # What is refused must not stand in the way of the revisions after it.
    aside = Side(
        name=ours.name,
        server=ours.server,
        database=ours.database,
        project=ours.project.copy(ours.folder / f"only_{case.name}"),
        folder=ours.folder,
    )
    case.write(aside.project)
    return Row(case=case, ours=measure_side(aside, case, rows, hold), plain=measure_side(plain, case, rows, hold))


def table_of(server: str, version: str, rows: int, hold: float, found: Sequence[Row]) -> str:
    """The figures as text, a line for each case."""
    holding = f", a transaction holds the table for {hold:g} s" if hold else ""
    lines = [
        f"{server} {version}, {rows:,} rows, 4 readers and 4 writers{holding}; seconds",
        f"{'':<24}{'migrator':^32}{'alembic upgrade':^30}{'stall':>9}",
        f"{'revision':<24}" + f"{'took':>8}{'stall':>8}{'held':>8}{'exit':>6}  " * 2 + f"{'ratio':>7}  quiet",
    ]
    for row in found:
        ratio = "-" if _refused(row) else f"{row.plain.stall / max(row.ours.stall, 0.001):.1f}"
        quiet = max(row.ours.measured.quiet_stall, row.plain.measured.quiet_stall)
        cells = "  ".join(_cells(side) for side in (row.ours, row.plain))
        lines.append(f"{row.case.name:<24}{cells}  {ratio:>7}  {quiet:.2f}{_remark(row)}")
    return "\n".join(lines)


def _cells(figures: Figures) -> str:
    lock = "-" if figures.lock_held is None else f"{figures.lock_held:.2f}"
    return f"{figures.took:>8.1f}{figures.stall:>8.2f}{lock:>8}{figures.done.exit_code:>6}"


def _refused(row: Row) -> bool:
    return row.ours.done.exit_code == ExitCode.FINDINGS


def _remark(row: Row) -> str:
    """What spoils our own side; for a refusal nothing was to be measured."""
    if _refused(row):
        return "  refused"
    complaints = row.ours.measured.complaints(LOCK_TIMEOUT)
    if row.ours.done.exit_code:
        complaints.append(row.ours.done.stderr.strip().splitlines()[-1] if row.ours.done.stderr.strip() else "failed")
    return f"  ({'; '.join(complaints)})" if complaints else ""


def servers(url: str | None) -> dict[str, sa.URL]:
    """Where to measure: the URL, or each server that the environment names, once."""
    if url:
        return {"": sa.make_url(url)}
    given = {name: text for name, text in os.environ.items() if name.startswith("MIGRATOR_TEST_") and text}
    found = {name[len("MIGRATOR_TEST_") : -len("_URL")].lower(): sa.make_url(text) for name, text in given.items()}
    once: dict[tuple[str | None, int | None], str] = {}
    for name, one in found.items():
        once.setdefault((one.host, one.port), name)
    return {name: found[name] for name in once.values() if found[name].get_backend_name() != "sqlite"}


def identity(url: sa.URL) -> tuple[str, str]:
    """(``postgresql``, ``mariadb`` or ``mysql``, its version)."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        mariadb = getattr(connection.dialect, "is_mariadb", False)
        version = ".".join(str(part) for part in (connection.dialect.server_version_info or ())[:3])
    return "mariadb" if mariadb else url.get_backend_name(), version


def measure_server(url: sa.URL, rows: int, only: Sequence[str] = (), hold: float = 0.0) -> str:
    """The table of one server."""
    server, version = identity(url)
    known = [case for case in CASES if server in case.runs or server in case.refused]
    cases = [case for case in known if not only or case.name in only]
    if not cases:
        return f"{server} {version}: it has none of these revisions"
    folder = Path(tempfile.mkdtemp(prefix="ddl_stall_"))
    try:
        with opened(server, url, cases, rows, folder) as sides:
            found = [compare(case, sides, rows, hold) for case in cases]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return table_of(server, version, rows, hold, found)


def measure_all(url: str | None, rows: int, only: Sequence[str] = (), hold: float = 0.0) -> Iterator[str]:
    """A table for each server."""
    for one in servers(url).values():
        yield measure_server(one, rows, only, hold)


def measure(database_url: str | None, rows: int) -> str:
    """All tables."""
    return "\n\n".join(measure_all(database_url, rows)) or "no server is named by MIGRATOR_TEST_<SERVER>_URL"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="one server; default those of MIGRATOR_TEST_<SERVER>_URL")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"default {ROWS}")
    parser.add_argument("--only", action="append", default=[], choices=[case.name for case in CASES], help="repeatable")
    parser.add_argument("--hold", type=float, default=0.0, help="seconds for which a transaction holds the table")
    options = parser.parse_args()
    for text in measure_all(options.url, options.rows, options.only, options.hold):
        print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
