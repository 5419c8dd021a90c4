"""A real PgBouncer between us and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext

import pytest
import sqlalchemy as sa

from tests.servers.fleet import Fleet
from tests.servers.missing import ServerMissingError
from tests.servers.pgbouncer import Mode
from tests.support import services, shop
from tests.support.database import Database
from tests.support.project import Project

pytestmark = pytest.mark.servers("postgresql", "postgresql-psycopg")
Pooled = Callable[..., str]
# What our sessions set; a fresh backend says 0.  (PgBouncer itself keeps the application's name apart.)
SETTINGS = "SELECT current_setting('lock_timeout'), current_setting('client_connection_check_interval')"
LOCKS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def pooled(database: Database, fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[Pooled]:
    """Starts a pooler and returns the test's database behind it: ``pooled("transaction")``."""
    upstream = sa.make_url(database.url)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:

        def start(mode: Mode, **settings: str) -> str:
            try:
                with capture.global_and_fixture_disabled() if capture else nullcontext():
                    pooler = fleet.pooler(mode, upstream, **settings)
            except ServerMissingError as error:
                pytest.fail(f"PgBouncer is missing: {error}", pytrace=False)
            stack.callback(pooler.stop)
            return pooler.url.render_as_string(hide_password=False)

        yield start


@pytest.mark.parametrize("command", ["expand", "contract", "upgrade", "online-data-migrations", "status"])
def test_a_pooler_in_transaction_mode_is_refused_with_the_remedy(
    database: Database, project: Project, pooled: Pooled, command: str
) -> None:
    shop.release_a(project)
    url = pooled("transaction")
    project.write_env(url=url)
    refused = project.run(command)
    assert refused.exit_code == 64, refused.output
    assert f"a connection pooler in transaction mode (127.0.0.1:{sa.make_url(url).port}) stands" in refused.stderr
    assert "next:  connect migrator to PostgreSQL directly (--database-url)" in refused.stderr
    assert database.tables() == []
    assert left_behind(url) == {("0", "0")}


@pytest.mark.parametrize("backends", [1, 2, 3])
def test_backends_that_are_taken_by_turns_are_told_from_a_session_s_own(
    database: Database, project: Project, pooled: Pooled, backends: int
) -> None:
    shop.release_a(project)
    url = pooled("transaction", server_round_robin="1", default_pool_size=str(backends))
    project.write_env(url=url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with ExitStack() as stack:
        busy = [stack.enter_context(engine.begin()) for _ in range(backends)]
        assert len({one.scalar(sa.text("SELECT pg_backend_pid()")) for one in busy}) == backends
    refused = project.run("expand")
    assert refused.exit_code == 64, refused.output
    assert database.tables() == []


@pytest.mark.servers("postgresql")
def test_asyncpg_is_refused_too(database: Database, project: Project, pooled: Pooled) -> None:
    shop.release_a(project)
    project.write_env("async", url=pooled("transaction"))
    refused = project.run("expand")
    assert refused.exit_code == 64, refused.output
    assert "a connection pooler in transaction mode" in refused.stderr
    assert database.tables() == []


@pytest.mark.servers("postgresql")
def test_a_direct_url_beside_the_refused_one_is_the_way_out(
    database: Database, project: Project, pooled: Pooled
) -> None:
    shop.release_a(project)
    project.write_env(url=pooled("transaction"))
    assert project.run("expand").exit_code == 64
    done = project.run("--database-url", database.url, "expand")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "old"]


def test_alembic_with_the_guard_is_refused_too(database: Database, project: Project, pooled: Pooled) -> None:
    shop.release_a(project)
    url = pooled("transaction")
    project.write_env(url=url)
    refused = project.alembic("upgrade", "expand@head")
    assert refused.exit_code != 0
    assert "a connection pooler in transaction mode" in refused.output
    assert "shop" not in database.tables()
    assert left_behind(url) == {("0", "0")}


@pytest.mark.parametrize("way", ["session", "direct"])
def test_a_pool_in_session_mode_works_like_a_direct_connection(
    database: Database, project: Project, pooled: Pooled, way: str
) -> None:
    shop.all_releases(project)
    if way == "session":
        project.write_env(url=pooled("session"))
    for command in ("expand", "online-data-migrations", "contract"):
        done = project.run(command)
        assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]
    assert database.scalar(LOCKS) == 0


def left_behind(url: str) -> set[tuple[str, str]]:
    """The settings that the next clients find in the pooled backends; no lock is left either."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with ExitStack() as stack:
        clients = [stack.enter_context(engine.begin()) for _ in range(3)]
        assert clients[0].scalar(sa.text(LOCKS)) == 0
        return {tuple(client.execute(sa.text(SETTINGS)).one()) for client in clients}


def test_a_heartbeat_goes_through_a_pooler_in_transaction_mode_and_leaves_no_setting_there(
    database: Database, pooled: Pooled
) -> None:
    services.make_tables(database)
    url = pooled("transaction")
    with services.register(sa.create_engine(url, poolclass=sa.NullPool)) as registration:
        assert registration.wait_until_seen(services.SOON)
        services.wait_for_a_beat(database)
    assert services.the_service(database).stopped is not None
    assert left_behind(url) == {("0", "0")}
