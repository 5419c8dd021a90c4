"""A client that is gone without its server knowing: a network that swallows what it is given, not a closed connection.

The server goes on with the statement, or keeps the transaction with all its locks; nobody will ever end either.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.errors import MigratorError
from migrator.runner.orphans import Orphans
from migrator.runner.run_options import RunOptions
from tests.support import items
from tests.support.database import Database
from tests.support.project import Project
from tests.walk.losing import Losing, Loss, losing
from tests.walk.slow_builds import SlowBuild
from tests.walk.test_killed_builds import Heard, assert_complete, looking_at
from tests.walk.test_online_kill import assert_as_plain, plain_catalogue

SERVERS = pytest.mark.servers("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
POSTGRESQL = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
SECONDS = 5.0


def run(project: Project, relay: Losing, how: Orphans) -> tuple[int, Heard]:
    """``migrator expand`` in this process: its exit code, and what it noted."""
    heard = Heard()
    opening = Opening(config_file=project.config, observer=relay, overrides={"lock_timeout": timedelta(seconds=1)})
    with contextlib.chdir(project.path):
        try:
            return expand(opening, heard, options=RunOptions(orphans=how)).exit_code, heard
        except MigratorError as error:
            return error.exit_code, heard


@SERVERS
@pytest.mark.slow
@pytest.mark.parametrize("how", list(Orphans), ids=str)
def test_a_build_that_goes_on_without_its_client_is_settled_before_another_begins(
    database: Database,
    project: Project,
    make_database: Callable[[], Database],
    how: Orphans,
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("a build without its client is for --full")
    build = SlowBuild(database=database, seconds=SECONDS)
    build.write(project)
    expected = build.plain(make_database(), project)
    with losing(database.url) as relay:
        project.write_env(url=relay.url)
        relay.lose_next(Loss.CLIENT, ("CREATE",))
        assert run(project, relay, how)[0] == 8
        relay.lose_next(None)
        with looking_at(build) as seen:
            build.hasten(database)
            exit_code, heard = run(project, relay, how)
    assert exit_code == 0, heard.notes
    assert "of an earlier run still runs a statement" in "".join(heard.notes)
    assert max(len(builders) for builders in seen) == 1
    # Who waits for the orphan finds the index done; who ends it builds anew.
    assert len(frozenset().union(*seen)) == 1 or how is Orphans.CANCEL
    assert_complete(build, expected)


@POSTGRESQL
@pytest.mark.parametrize("how", list(Orphans), ids=str)
def test_a_transaction_that_waits_for_a_client_that_is_gone_is_ended(
    database: Database, project: Project, make_database: Callable[[], Database], how: Orphans
) -> None:
    items.with_items(database, project)
    items.add(project, next(one for one in items.CHANGES if one.name == "column"))
    plain = plain_catalogue(database, project, make_database)
    with losing(database.url) as relay:
        project.write_env(url=relay.url)
        relay.lose_next(Loss.CLIENT, ("ALTER",))
        assert run(project, relay, how)[0] == 8
        relay.lose_next(None)
        exit_code, heard = run(project, relay, how)
        assert exit_code == 0, heard.notes
        assert run(project, relay, how)[0] == 0
    assert "of an earlier run still has a transaction open" in heard.notes[0]
    ended = [note for note in heard.notes if "waits in a transaction for a client that is gone: ending it" in note]
    assert bool(ended) == (how is Orphans.WAIT)
    assert_as_plain(database, plain)
