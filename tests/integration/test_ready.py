"""The readiness probe, from inside an application, on real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

import migrator
from migrator.errors import ConfigurationError, PrivilegeError, UnreachableError
from tests.support import ports, shop
from tests.support.database import Database
from tests.support.project import ASYNC_DRIVERS, Project

SERVERS = ("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")


@pytest.fixture(autouse=True)
def in_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application runs in the project's folder: its configuration has relative paths."""
    monkeypatch.chdir(project.path)


def expanded(project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """What is sent while it is open."""
    sent: list[str] = []

    def see(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", see)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", see)


def copied(project: Project, path: Path) -> Path:
    """The image as it is now; its configuration with absolute paths, which no other test's cache knows."""
    config = project.copy(path).config
    config.write_text(config.read_text().replace("migrations", str(path / "migrations")))
    return config


def test_an_expanded_database_is_ready_with_one_select(database: Database, project: Project) -> None:
    expanded(project)
    engine = database.engine()
    with statements(engine) as sent:
        readiness = migrator.ready(engine, config=project.config)
    assert readiness == "ready"
    assert readiness.ok
    assert len(sent) == 1
    assert sent[0].startswith("SELECT")


def test_an_empty_database_is_behind_and_stays_empty(database: Database, project: Project) -> None:
    shop.release_a(project)
    engine = database.engine()
    with statements(engine) as sent:
        readiness = migrator.ready(engine, config=project.config)
    assert readiness == "behind"
    assert "make_shop" in readiness.why
    assert len(sent) <= 3
    assert database.tables() == []


def test_a_newer_image_is_behind_until_it_is_expanded(database: Database, project: Project, tmp_path: Path) -> None:
    expanded(project)
    shop.release_b(project)
    new = copied(project, tmp_path / "new")
    assert migrator.ready(database.engine(), config=new).why == "not applied yet: add_new"
    assert project.run("expand").exit_code == 0
    assert migrator.ready(database.engine(), config=new) == "ready"


def test_an_older_image_is_ahead_compatible_until_a_contract(
    database: Database, project: Project, tmp_path: Path
) -> None:
    expanded(project)
    old = copied(project, tmp_path / "old")
    shop.release_b(project)
    assert project.run("expand", MIGRATOR_RELEASE="2026.47").exit_code == 0
    engine = database.engine()
    with statements(engine) as sent:
        readiness = migrator.ready(engine, config=old)
    assert (readiness, readiness.ok, readiness.release) == ("ahead-compatible", True, "2026.47")
    assert len(sent) <= 3
    shop.release_c(project)
    assert project.run("upgrade", MIGRATOR_RELEASE="2026.48").exit_code == 0
    readiness = migrator.ready(engine, config=old)
    assert (readiness, readiness.ok, readiness.release) == ("ahead-incompatible", False, "2026.48")


def test_what_neither_scripts_nor_ledger_know_is_unknown(database: Database, project: Project) -> None:
    expanded(project)
    database.execute("UPDATE alembic_version SET version_num = 'unheard_of'")
    assert migrator.ready(database.engine(), config=project.config) == "unknown"
    database.execute("DROP TABLE migrator_ledger")
    engine = database.engine()
    with statements(engine) as sent:
        readiness = migrator.ready(engine, config=project.config)
    assert readiness == "unknown"
    assert not readiness.ok
    assert len([one for one in sent if one.startswith("SELECT")]) <= 3


def test_the_connection_goes_back_as_it_came(database: Database, project: Project) -> None:
    shop.release_a(project)
    engine = database.engine(pool_size=1, max_overflow=0, pool_timeout=5)
    for _ in range(3):
        assert migrator.ready(engine, config=project.config) == "behind"
    with engine.begin() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_no_script_is_run(database: Database, project: Project, tmp_path: Path) -> None:
    expanded(project)
    project.revision("expand", "e9", head='open("imported", "w")\nraise SystemExit(1)')
    project.write("migrations/env.py", 'open("imported", "w")\nraise SystemExit(1)')
    config = copied(project, tmp_path / "new")
    assert migrator.ready(database.engine(), config=config).why == "not applied yet: e9"
    assert not list(tmp_path.rglob("imported"))


def test_the_scripts_are_read_once(database: Database, project: Project, tmp_path: Path) -> None:
    expanded(project)
    config = copied(project, tmp_path / "image")
    assert migrator.ready(database.engine(), config=config) == "ready"
    for file in (tmp_path / "image" / "migrations").rglob("*.py"):
        file.unlink()
    assert migrator.ready(database.engine(), config=str(config)) == "ready"


def test_another_name_and_schema_of_the_version_table(database: Database, project: Project) -> None:
    expanded(project)
    schema = sa.make_url(database.url).database if database.dialect == "mysql" else None
    database.execute("ALTER TABLE alembic_version RENAME TO versions")
    engine = database.engine()
    assert migrator.ready(engine, config=project.config) == "behind"
    readiness = migrator.ready(engine, config=project.config, version_table="versions", version_table_schema=schema)
    assert readiness == "ready"


def test_without_a_configuration_it_says_so(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        migrator.ready(database.engine(), config=tmp_path / "nowhere.ini")


def test_a_role_that_only_reads_is_enough(database: Database, project: Project, make_login: Callable[..., str]) -> None:
    expanded(project)
    engine = sa.create_engine(make_login("reads"), poolclass=sa.NullPool)
    assert migrator.ready(engine, config=project.config) == "ready"


@pytest.mark.servers(*SERVERS)
def test_a_role_that_may_not_read_is_told_so(
    database: Database, project: Project, make_login: Callable[..., str]
) -> None:
    if database.dialect == "mysql":
        pytest.skip("a role that may read nothing doesn't see the table either")
    expanded(project)
    engine = sa.create_engine(make_login("none"), poolclass=sa.NullPool)
    with pytest.raises(PrivilegeError):
        migrator.ready(engine, config=project.config)


@pytest.mark.servers(*SERVERS)
def test_a_server_that_is_down_is_unreachable(database: Database, project: Project) -> None:
    shop.release_a(project)
    url = ports.at(database.url, ports.free_port())
    with pytest.raises(UnreachableError) as caught:
        migrator.ready(sa.create_engine(url), config=project.config)
    assert "127.0.0.1" in caught.value.message
    password = sa.make_url(url).password
    assert not password or password not in caught.value.message


@pytest.mark.servers(*SERVERS)
def test_pooled_connections_that_the_server_ended_are_replaced(database: Database, project: Project) -> None:
    expanded(project)
    engine = database.engine(pool_size=1)
    assert migrator.ready(engine, config=project.config) == "ready"
    end_sessions(database)
    assert migrator.ready(engine, config=project.config) == "ready"


def end_sessions(database: Database) -> None:
    """End every other session on the database."""
    if database.dialect == "postgresql":
        database.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return
    sessions = database.rows(
        "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
    )
    for (session,) in sessions:
        database.execute(f"KILL {session}")


def async_url(url: str) -> sa.URL:
    made = sa.make_url(url)
    return made.set(drivername=ASYNC_DRIVERS[made.get_backend_name()], query={})


def test_an_async_engine_gets_the_same_answers(database: Database, project: Project, tmp_path: Path) -> None:
    expanded(project)
    old = copied(project, tmp_path / "old")
    shop.release_b(project)
    new = copied(project, tmp_path / "new")

    async def ask() -> list[str]:
        engine = create_async_engine(async_url(database.url))
        try:
            return [await migrator.aready(engine, config=config) for config in (old, new)]
        finally:
            await engine.dispose()

    assert asyncio.run(ask()) == ["ready", "behind"]


@pytest.mark.servers(*SERVERS)
def test_an_async_engine_finds_a_server_that_is_down_unreachable(database: Database, project: Project) -> None:
    shop.release_a(project)
    engine = create_async_engine(async_url(ports.at(database.url, ports.free_port())))
    with pytest.raises(UnreachableError):
        asyncio.run(migrator.aready(engine, config=project.config))
