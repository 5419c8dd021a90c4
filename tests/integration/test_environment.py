"""The connection comes from the user's env.py, whatever it looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project, Template


@pytest.mark.parametrize("template", ["sync", "async", "pyproject"])
def test_each_of_alembic_s_templates_works(database: Database, project: Project, template: Template) -> None:
    shop.all_releases(project)
    project.write_env(template)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    data = project.run("online-data-migrations")
    assert data.exit_code == 0, data.output
    contracted = project.run("contract")
    assert contracted.exit_code == 0, contracted.output
    assert project.run("status").exit_code == 0
    assert database.rows("SELECT id, new FROM shop") == [(1, "a")]


def test_plain_alembic_works_under_the_guard_with_an_async_env_py(database: Database, project: Project) -> None:
    shop.release_a(project)
    project.write_env("async")
    done = project.alembic("upgrade", "expand@head")
    assert done.exit_code == 0, done.output
    assert database.scalar("SELECT count(*) FROM migrator_ledger") == 2


def test_a_database_url_leaves_the_configured_database_alone(
    database: Database, make_database: Callable[[], Database], project: Project
) -> None:
    shop.release_a(project)
    other = make_database()
    assert project.run("expand", "--database-url", other.url).exit_code == 0
    assert "shop" in other.tables()
    assert database.tables() == []


def test_a_database_url_works_from_the_environment(make_database: Callable[[], Database], project: Project) -> None:
    shop.release_a(project)
    other = make_database()
    assert project.run("expand", MIGRATOR_DATABASE_URL=other.url).exit_code == 0
    assert "shop" in other.tables()


def test_a_sync_database_url_works_with_an_async_env_py(
    database: Database, make_database: Callable[[], Database], project: Project
) -> None:
    shop.release_a(project)
    project.write_env("async")
    other = make_database()
    done = project.run("expand", "--database-url", other.url)
    assert done.exit_code == 0, done.output
    assert "shop" in other.tables()
    assert database.tables() == []


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_password_with_special_characters_works(project: Project, make_login: Callable[..., Any]) -> None:
    shop.release_a(project)
    url = make_login("all", "p@ss:w/rd %41")
    done = project.run("expand", "--database-url", url)
    assert done.exit_code == 0, done.output


@pytest.mark.servers("postgresql")
def test_the_search_path_of_env_py_holds_for_every_connection_of_ours(database: Database, project: Project) -> None:
    database.execute("CREATE SCHEMA tenant")
    env = project.path / "migrations/env.py"
    env.write_text(
        env.read_text().replace(
            "with connectable.connect() as connection:",
            "with connectable.connect() as connection:\n"
            "        connection.exec_driver_sql('SET search_path TO tenant')\n"
            "        connection.commit()",
        )
    )
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO tenant.shop (id, old) VALUES (1, 'a')")
    assert project.run("online-data-migrations").exit_code == 0
    contracted = project.run("contract")
    assert contracted.exit_code == 0, contracted.output
    engine = database.engine()
    assert sa.inspect(engine).get_table_names(schema="public") == []
    assert "migrator_ledger" in sa.inspect(engine).get_table_names(schema="tenant")


@pytest.mark.servers("sqlite")
def test_the_loggers_of_the_application_stay_as_they_were(project: Project) -> None:
    project.write(
        "embedded.py",
        """
        import logging
        from pathlib import Path
        from migrator.commands.opening import Opening
        from migrator.commands.status import status
        logging.getLogger("app.orders").setLevel(logging.DEBUG)
        status(Opening(config_file=Path("alembic.ini")))
        log = logging.getLogger("app.orders")
        assert not log.disabled and log.level == logging.DEBUG
        assert logging.getLogger().handlers == []
        """,
    )
    from tests.support import run

    done = run.finish(run.start("embedded", folder=project.path, PYTHONPATH=f"{project.path}:{run.ROOT}"))
    assert done.exit_code == 0, done.output
