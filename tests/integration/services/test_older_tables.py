"""Our tables as an older migrator left them, and as a newer one will."""

from __future__ import annotations

import sqlalchemy as sa

from migrator.model.service import ServiceState
from migrator.state.tables import SCHEMA_VERSION
from tests.support.database import Database
from tests.support.project import Project
from tests.support.services import SOON, make_tables, register, the_service, wait_for_a_beat

ADD_T = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
ADD_U = 'op.create_table("u", sa.Column("id", sa.Integer, primary_key=True))'


def test_the_next_expand_makes_the_table_that_an_older_migrator_did_not_know(
    database: Database, project: Project
) -> None:
    project.revision("expand", "e1", ADD_T)
    assert project.run("expand").exit_code == 0
    database.execute("DROP TABLE migrator_service", "UPDATE migrator_schema SET version = 1")
    with register(database.engine()) as registration:
        project.revision("expand", "e2", ADD_U)
        done = project.run("expand")
        assert done.exit_code == 0, done.output
        assert registration.wait_until_seen(SOON)
    assert database.rows("SELECT version FROM migrator_schema") == [(SCHEMA_VERSION,)]
    assert the_service(database).state is ServiceState.STOPPED
    assert {"t", "u"} <= set(database.tables())


def test_what_a_newer_migrator_added_disturbs_nobody(database: Database, project: Project) -> None:
    project.revision("expand", "e1", ADD_T)
    assert project.run("expand").exit_code == 0
    database.execute(
        "ALTER TABLE migrator_service ADD COLUMN mood VARCHAR(20)",
        "CREATE TABLE migrator_weather (id INTEGER PRIMARY KEY)",
        f"UPDATE migrator_schema SET version = {SCHEMA_VERSION + 1}",
    )
    with register(database.engine()) as registration:
        assert registration.wait_until_seen(SOON)
        database.execute("UPDATE migrator_service SET mood = 'fine'")
        wait_for_a_beat(database)
        project.revision("expand", "e2", ADD_U)
        done = project.run("expand")
        assert done.exit_code == 0, done.output
        assert project.run("status").exit_code == 0
    assert database.rows("SELECT version FROM migrator_schema") == [(SCHEMA_VERSION + 1,)]
    assert database.scalar(sa.text("SELECT mood FROM migrator_service")) == "fine"
    assert the_service(database).state is ServiceState.STOPPED


def test_tables_are_made_complete_only_once(database: Database) -> None:
    make_tables(database)
    database.execute("DROP TABLE migrator_service", "UPDATE migrator_schema SET version = 1")
    make_tables(database)
    make_tables(database)
    assert database.rows("SELECT version FROM migrator_schema") == [(SCHEMA_VERSION,)]
    assert "migrator_service" in database.tables()
