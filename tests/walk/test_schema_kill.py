"""``kill -9`` of ``expand`` at every place where it tells its observer something: a re-run completes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.runner.listening import Silent
from tests.support.database import Database
from tests.support.kill import run_and_kill
from tests.support.project import Project

MOST_RUNS = 60
TABLE = """
op.create_table(
    "shop", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("name", sa.String(50))
)
"""

WHY = "a test of unknown outcomes"


def run_expand(observer: Observer, config: str) -> None:
    os.chdir(Path(config).parent)  # where the paths in alembic.ini begin
    expand(Opening(config_file=Path(config), observer=observer), Silent())


def three_statements(project: Project) -> None:
    """A revision of four statements, one of which changes rows, and one that follows it."""
    project.revision(
        "expand",
        "shop",
        """
        op.create_table(
            "shop",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False),
            sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
        )
        op.execute("INSERT INTO shop (id, name) VALUES (1, 'first')")
        op.create_index("ix_shop_name", "shop", ["name"])
        op.add_column("shop", sa.Column("city", sa.String(50)))
        """,
    )
    project.revision("expand", "later", 'op.add_column("shop", sa.Column("country", sa.String(2)))')


def last_statement(project: Project, statement: str) -> None:
    project.revision("expand", "shop", TABLE)
    project.revision("expand", "later", statement, allow=dict.fromkeys(("opaque-sql", "drop-partition"), WHY))


def killed_inside(project: Project, statement: str) -> None:
    """Kill the run after the server has done this statement and before the journal knows."""
    last_statement(project, statement)
    run = run_and_kill(
        run_expand, str(project.config), on="before Step(kind='journal', name='later', statement='done')"
    )
    assert run.killed, run.output


@pytest.mark.servers("mariadb", "mysql")
def test_a_statement_of_unknown_outcome_stops_with_exit_8_until_somebody_has_looked(
    database: Database, project: Project
) -> None:
    killed_inside(project, "op.execute(\"ALTER TABLE shop COMMENT = 'unrecognised'\")")
    stopped = project.run("expand")
    assert stopped.exit_code == 8, stopped.output
    assert "ALTER TABLE shop COMMENT" in stopped.stderr
    assert "unrecognised" not in stopped.stderr
    assert "--assume done" in stopped.stderr
    assert project.run("expand", "--assume", "done").exit_code == 0
    assert database.rows("SELECT version_num FROM alembic_version") == [("later",)]


@pytest.mark.servers("mariadb", "mysql")
def test_a_statement_that_the_server_refused_is_simply_tried_again(database: Database, project: Project) -> None:
    last_statement(project, 'op.create_index("ux", "shop", ["name"], unique=True)')
    (project.path / "migrations/expand/later.py").write_text(
        (project.path / "migrations/expand/later.py").read_text().replace("'opaque-sql'", "'add-unique-old-writers'")
    )
    assert project.run("expand", "--to", "shop").exit_code == 0
    database.execute("INSERT INTO shop (id, name) VALUES (1, 'twin'), (2, 'twin')")
    failed = project.run("expand")
    assert failed.exit_code == 8, failed.output
    assert "1062" in failed.stderr
    assert "twin" not in failed.stderr
    database.execute("DELETE FROM shop WHERE id = 2")
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert database.scalar("SELECT count(*) FROM migrator_journal") == 0


@pytest.mark.servers("postgresql")
def test_an_index_that_a_killed_build_left_invalid_is_built_anew(database: Database, project: Project) -> None:
    killed_inside(
        project,
        """
        with op.get_context().autocommit_block():
            op.create_index("ix_name", "shop", ["name"], postgresql_concurrently=True)
        """,
    )
    database.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_name'::regclass")
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert database.scalar("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_name'::regclass") is True
    assert database.scalar("SELECT count(*) FROM migrator_journal") == 0


@pytest.mark.servers("postgresql")
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TYPE mood ADD VALUE 'it''s calm' AFTER 'good'",
        "ALTER TABLE whole ATTACH PARTITION part FOR VALUES FROM (0) TO (10)",
        "ALTER TABLE whole DETACH PARTITION other CONCURRENTLY",
        "CREATE OR REPLACE VIEW seen AS SELECT 2 AS number",
    ],
    ids=lambda statement: "_".join(statement.split()[:2]).lower(),
)
def test_a_statement_outside_a_transaction_is_known_by_its_effect(
    database: Database, project: Project, statement: str
) -> None:
    database.execute(
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE TABLE whole (id integer NOT NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE part (id integer NOT NULL)",
        "CREATE TABLE other PARTITION OF whole FOR VALUES FROM (10) TO (20)",
        "CREATE VIEW seen AS SELECT 1 AS number",
    )
    killed_inside(project, f'with op.get_context().autocommit_block():\n    op.execute("{statement}")')
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert database.scalar("SELECT count(*) FROM migrator_journal") == 0


def test_expand_killed_at_every_step_in_turn_ends_complete_and_with_nothing_left_over(
    database: Database, project: Project
) -> None:
    three_statements(project)
    killed = 0
    for at in range(1, MOST_RUNS):
        run = run_and_kill(run_expand, str(project.config), at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        killed += 1
    else:
        raise AssertionError(f"not complete after {MOST_RUNS} kills")
    assert killed >= 10
    assert database.columns("shop") == ["id", "name", "opened", "city", "country"]
    assert database.rows("SELECT id, name FROM shop") == [(1, "first")]
    assert database.scalar("SELECT count(*) FROM migrator_journal") == 0
    assert database.rows("SELECT version_num FROM alembic_version") == [("later",)]
    applied = database.rows("SELECT revision FROM migrator_ledger WHERE event = 'applied' ORDER BY id")
    assert [one for (one,) in applied] == ["expand_base", "shop", "later"]
