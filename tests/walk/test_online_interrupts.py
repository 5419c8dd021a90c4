"""A signal, a kill -9, a held lock, in the middle of a statement that takes long on the server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import sqlalchemy as sa

from tests.support import items, run
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project
from tests.walk.online_cases import case_named, write_base

POSTGRESQL = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
MYSQL = pytest.mark.servers("mariadb", "mysql")
SERVERS = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
ROWS = 50
SLOW = """
CREATE FUNCTION slow(value integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep({seconds}); RETURN value; END $$
"""
INDEX = 'op.create_index("ix_item_slow", "item", [sa.text("slow(id)")])'
COLUMN = 'op.add_column("item", sa.Column("extra", sa.Integer))'


def slow_index(database: Database, project: Project) -> None:
    """An index whose build takes 20 s."""
    items.with_items(database, project, rows=ROWS)
    database.execute(SLOW.format(seconds=20 / ROWS))
    project.revision("expand", "slow", INDEX)


def builders(database: Database) -> int:
    return int(
        database.scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
            " AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
        )
    )


def indexes(database: Database) -> list[tuple[str, bool]]:
    return [
        (row[0], row[1])
        for row in database.rows(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE c.relname LIKE 'ix_item_slow%'"
        )
    ]


@POSTGRESQL
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_cancels_the_build_on_the_server_and_a_re_run_completes_it(
    database: Database, project: Project, number: signal.Signals
) -> None:
    slow_index(database, project)
    process = project.start("expand")
    eventually(lambda: builders(database), what="the build")
    process.send_signal(number)
    outcome = run.finish(process, within=10)
    assert outcome.exit_code == 8, outcome.output
    assert "Traceback" not in outcome.stderr
    eventually(lambda: not builders(database), within=2, what="no build is left on the server")
    database.execute(SLOW.format(seconds=0).replace("CREATE", "CREATE OR REPLACE", 1))
    again = project.run("expand")
    assert again.exit_code == 0, again.output
    assert indexes(database) == [("ix_item_slow", True)]


@MYSQL
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_cancels_a_change_that_waits_on_the_server_and_a_re_run_does_it(
    database: Database, project: Project, number: signal.Signals
) -> None:
    items.with_items(database, project)
    project.revision("expand", "column", COLUMN)
    with writing(database, ""):
        process = project.start("expand", "--lock-timeout", "60")
        eventually(partial(altering, database), what="the ALTER waits")
        process.send_signal(number)
        outcome = run.finish(process, within=10)
        assert outcome.exit_code == 8, outcome.output
        assert "Traceback" not in outcome.stderr
        eventually(lambda: not altering(database), within=2, what="no ALTER is left on the server")
    again = project.run("expand")
    assert again.exit_code == 0, again.output
    assert "extra" in database.columns("item")


@POSTGRESQL
def test_killed_in_a_build_and_run_again_at_once_there_is_one_valid_index_and_never_two_builders(
    database: Database, project: Project
) -> None:
    slow_index(database, project)
    process = project.start("expand")
    eventually(lambda: builders(database), what="the build")
    process.kill()
    process.wait()
    database.execute(SLOW.format(seconds=0).replace("CREATE", "CREATE OR REPLACE", 1))
    again = project.start("expand")
    most = 0
    while again.poll() is None:
        most = max(most, builders(database))
    outcome = run.finish(again)
    assert outcome.exit_code == 0, outcome.output
    assert most <= 1
    assert indexes(database) == [("ix_item_slow", True)]


@POSTGRESQL
def test_a_detach_that_was_stopped_half_way_is_finished_by_a_re_run(database: Database, project: Project) -> None:
    write_base(project, frozenset({"parted"}))
    assert project.run("expand").exit_code == 0
    case_named("detach_partition").write(project)
    with database.engine().connect() as reader, reader.begin():
        reader.exec_driver_sql("SELECT count(*) FROM parted")
        process = project.start("contract")
        eventually(lambda: detaching(database) == [True], what="the detach waits for the reader")
        process.kill()
        process.communicate()
        eventually(lambda: not detachers(database), what="the server ended what the client left")
    assert detaching(database) == [True]
    again = project.run("contract")
    assert again.exit_code == 0, again.output
    assert detaching(database) == []
    assert database.rows("SELECT state FROM migrator_journal") == []


def detaching(database: Database) -> list[bool]:
    """Whether the partition is half detached; empty when it is none."""
    return [
        row[0]
        for row in database.rows(
            "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'parted_old'::regclass"
            " AND inhparent = 'parted'::regclass"
        )
    ]


def detachers(database: Database) -> int:
    return int(
        database.scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
            " AND query LIKE 'ALTER TABLE parted DETACH%'"
        )
    )


@POSTGRESQL
def test_a_long_build_says_how_far_it_is_and_whom_it_waits_for(database: Database, project: Project) -> None:
    items.with_items(database, project)
    project.revision("expand", "index", 'op.create_index("ix_item_name", "item", ["name"])')
    with writing(database, "application=the-other-one"):
        process = project.start("expand", "--log-format", "json")
        assert process.stderr is not None
        line = process.stderr.readline()
        while "waits for" not in line:
            assert process.poll() is None, line
            line = process.stderr.readline()
        assert "the-other-one" in line
    outcome = run.finish(process)
    assert outcome.exit_code == 0, outcome.output


@SERVERS
def test_a_lock_that_is_held_names_its_holder_and_is_waited_for(database: Database, project: Project) -> None:
    items.with_items(database, project)
    project.revision("expand", "column", COLUMN)
    with writing(database, "application=the-other-one"):
        refused = project.run("expand", "--lock-timeout", "1", "--lock-budget", "4")
        assert refused.exit_code == 5, refused.output
        assert "Traceback" not in refused.stderr
        if database.dialect == "postgresql":
            assert "the-other-one" in refused.stderr
            assert "in a transaction for" in refused.stderr
    assert project.run("expand").exit_code == 0
    assert "extra" in database.columns("item")


@MYSQL
@pytest.mark.parametrize("how", ["wait", "cancel"])
def test_what_a_killed_run_left_waiting_on_the_server_is_settled_before_the_catalogue_is_asked(
    database: Database, project: Project, how: str
) -> None:
    items.with_items(database, project)
    project.revision("expand", "column", COLUMN)
    with writing(database, ""):
        process = project.start("expand", "--lock-timeout", "60")
        eventually(partial(altering, database), what="the ALTER waits")
        process.kill()
        process.wait()
        again = project.start("expand", "--orphans", how, "--lock-timeout", "1", "--lock-budget", "30")
        assert again.stderr is not None
        if altering(database):  # MariaDB notices by itself, sooner or later, that the client has gone
            line = again.stderr.readline()
            assert "earlier run" in line or not altering(database), line
    outcome = run.finish(again)
    assert outcome.exit_code == 0, outcome.output
    assert database.columns("item").count("extra") == 1
    assert database.rows("SELECT state FROM migrator_journal") == []


def altering(database: Database) -> int:
    """How many ALTERs of the table are on the server, our own question aside."""
    query = (
        "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%ALTER TABLE item%'"
        " AND id <> CONNECTION_ID()"
    )
    return int(database.scalar(sa.text(query)))


@contextmanager
def writing(database: Database, name: str) -> Iterator[None]:
    """Somebody else's open transaction that wrote a row of the table."""
    options = {"application_name": name.partition("=")[2]} if database.dialect == "postgresql" and name else {}
    engine = database.engine(poolclass=sa.NullPool, connect_args=options)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE item SET gone = 1 WHERE id = 1")
        yield
