"""A role that may write the table of services, and nothing else of ours, is enough for an application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

import migrator
from migrator.model.service import ServiceState
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.services import SOON, TABLE, make_tables, register, the_service, wait_for_a_beat

pytestmark = pytest.mark.servers(
    "postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql"
)


def grant(database: Database, url: str, rights: str) -> None:
    """As docs/services.md says."""
    user = sa.make_url(url).username
    host = "@'%'" if database.dialect == "mysql" else ""
    database.execute(f"GRANT {rights} ON migrator_service TO {user}{host}")


def test_four_rights_on_one_table_are_enough(database: Database, make_login: Callable[..., str]) -> None:
    make_tables(database)
    url = make_login("none")
    grant(database, url, "SELECT, INSERT, UPDATE, DELETE")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with register(engine, release="2.0") as registration:
        assert registration.wait_until_seen(SOON)
        wait_for_a_beat(database)
        assert migrator.minimum_version("api") == "2.0"
        database.execute(sa.delete(TABLE))
        wait_for_a_beat(database)
    assert the_service(database).state is ServiceState.STOPPED


def test_the_role_of_that_test_may_nothing_else(database: Database, make_login: Callable[..., str]) -> None:
    make_tables(database)
    url = make_login("none")
    grant(database, url, "SELECT, INSERT, UPDATE, DELETE")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        for statement in (
            "SELECT * FROM migrator_ledger",
            "CREATE TABLE other (id INTEGER)",
            "DROP TABLE migrator_service",
        ):
            with pytest.raises(sa.exc.DBAPIError):
                connection.execute(sa.text(statement))
            connection.rollback()


def test_a_role_that_may_only_read_can_ask_for_the_minimum_version(
    database: Database, make_login: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    make_tables(database)
    with register(database.engine(), release="2.0") as registration:
        assert registration.wait_until_seen(SOON)
        url = make_login("none")
        grant(database, url, "SELECT")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        assert migrator.minimum_version("api", engine) == "2.0"
        with register(engine, instance="reader") as reader:
            wanted = "grant SELECT, INSERT, UPDATE and DELETE on migrator_service"
            eventually(lambda: wanted in caplog.text)
            assert not reader.wait_until_seen(timedelta())
