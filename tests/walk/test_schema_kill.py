"""``kill -9`` of ``expand`` at every place where it tells its observer something: a re-run completes it."""

from __future__ import annotations

import os
from pathlib import Path

from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.runner.listening import Silent
from tests.support.database import Database
from tests.support.kill import run_and_kill
from tests.support.project import Project

MOST_RUNS = 60


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
