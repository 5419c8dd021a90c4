"""``kill -9`` of the server, or of the tool, in the middle of a long build: a re-run completes it.

A server that is killed is one of the test's own.  Its settings sync nothing to the disk; that is sound here, since the
machine goes on and the kernel keeps what the server wrote.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.runner.listening import Silent
from migrator.runner.orphans import Orphans
from migrator.runner.run_options import RunOptions
from migrator.testing import Catalogue, catalogue, differences
from tests.servers.fleet import Fleet
from tests.servers.server import Server
from tests.support import run
from tests.support.database import Database, database_on_server
from tests.support.poll import eventually
from tests.support.project import Project
from tests.walk.slow_builds import INDEX, SlowBuild

SERVERS = pytest.mark.servers("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
LONG = 8.0
SHORT = 4.0
IN_IT = 1.0  # seconds that a build has to have run before something is killed


@pytest.fixture
def own_fleet() -> Iterator[Fleet]:
    """Servers of this test alone."""
    fleet = Fleet()
    try:
        yield fleet
    finally:
        fleet.close()


def assert_complete(build: SlowBuild, expected: Catalogue) -> None:
    """The plain catalogue, so one valid index and no left-over; no open journal row; applied once."""
    build.hasten(build.database)
    with build.database.engine().connect() as connection:
        found = catalogue(connection)
    assert INDEX in str(found)
    assert differences(expected, found) == ()
    assert build.database.rows("SELECT state FROM migrator_journal") == []
    applied = build.database.rows("SELECT revision FROM migrator_ledger WHERE event = 'applied'")
    assert applied.count(("slow",)) == 1


def in_the_build(build: SlowBuild, process: subprocess.Popen[str]) -> None:
    """Return when the build has been running for a second."""

    def caught() -> bool:
        assert process.poll() is None, process.communicate()
        return build.longest() >= IN_IT

    eventually(caught, within=60, what="a build in the act")


@SERVERS
@pytest.mark.slow
def test_a_server_killed_in_a_build_ends_the_run_with_a_clear_error_and_a_re_run_completes_it(
    server: str, own_fleet: Fleet, make_project: Callable[..., Project]
) -> None:
    own = own_fleet.server("postgresql" if server == "postgresql-psycopg" else server)
    url = own.url.set(drivername="postgresql+psycopg") if server == "postgresql-psycopg" else own.url
    with database_on_server(server, url) as database, database_on_server(server, url) as other:
        build, project = SlowBuild(database=database, seconds=SHORT), make_project(database.url)
        build.write(project)
        expected = build.plain(other, project)
        ended = kill_in_the_build(build, project, own)
        assert ended.exit_code == 8, ended.output
        assert "Traceback" not in ended.stderr
        assert re.search(r"revision slow failed.*connection to the server was lost", ended.stderr), ended.stderr
        assert f"INDEX CONCURRENTLY {INDEX}" in ended.stderr or f"INDEX {INDEX}" in ended.stderr
        down = project.run("expand")
        assert down.exit_code == 6, down.output
        own.start()
        assert build.builders() == frozenset()
        build.hasten(database)
        again = project.run("expand")
        assert again.exit_code == 0, again.output
        assert_complete(build, expected)


def kill_in_the_build(build: SlowBuild, project: Project, own: Server) -> run.Run:
    process = project.start("expand")
    in_the_build(build, process)
    own.kill()
    return run.finish(process, within=30)


@dataclass
class Heard(Silent):
    """What a run noted."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)


@contextmanager
def looking_at(build: SlowBuild) -> Iterator[list[frozenset[int]]]:
    """Who builds, asked again and again, from before the block to its end."""
    seen, over = [build.builders()], threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.append(build.builders())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def expand_at_once(project: Project, how: Orphans) -> Heard:
    """In this process, which needs no time to start."""
    heard = Heard()
    with contextlib.chdir(project.path):
        report = expand(Opening(config_file=project.config), heard, options=RunOptions(orphans=how))
    assert report.exit_code == 0
    return heard


@SERVERS
@pytest.mark.slow
@pytest.mark.parametrize("how", list(Orphans), ids=str)
def test_a_run_begun_at_once_behind_a_killed_one_never_builds_beside_what_that_left_on_the_server(
    database: Database,
    project: Project,
    make_database: Callable[[], Database],
    how: Orphans,
    request: pytest.FixtureRequest,
) -> None:
    if how is Orphans.CANCEL and not request.config.getoption("--full"):
        pytest.skip("an orphan that is ended is for --full")
    build = SlowBuild(database=database, seconds=LONG)
    build.write(project)
    expected = build.plain(make_database(), project)
    process = project.start("expand")
    in_the_build(build, process)
    with looking_at(build) as seen:
        process.kill()
        build.hasten(database)  # one statement at most, so the next line comes within a tenth of a second
        heard = expand_at_once(project, how)
    process.communicate()
    assert seen[0], "nothing was being built when the run was killed"
    assert max(len(builders) for builders in seen) == 1
    if database.server == "mysql":  # the others notice by themselves that the client has gone
        assert "of an earlier run still runs a statement" in "".join(heard.notes)
        # Who waits for the orphan finds the index done; who ends it builds anew.
        assert len(frozenset().union(*seen)) == {Orphans.WAIT: 1, Orphans.CANCEL: 2}[how]
    assert_complete(build, expected)
