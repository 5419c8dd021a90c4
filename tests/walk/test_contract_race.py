"""A row that another session writes exactly between the question and the drop: refused or preserved, never lost."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from migrator.commands.contract import contract
from migrator.commands.opening import Opening
from migrator.model.database import Step
from migrator.model.exit_code import ExitCode
from migrator.runner.listening import Silent
from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

LATE = "INSERT INTO shop (id, old) VALUES (99, 'late')"


@dataclass
class OldWriter:
    """Old code that writes one row at a chosen step, over a connection of its own."""

    database: Database
    kind: str
    when: str
    nth: int = 1
    outcome: str = ""
    seen: list[str] = field(default_factory=list)

    def before(self, step: Step) -> None:
        self._tell("before", step)

    def after(self, step: Step) -> None:
        self._tell("after", step)

    def _tell(self, when: str, step: Step) -> None:
        self.seen.append(f"{when} {step.kind}")
        if self.outcome or self.seen.count(f"{self.when} {self.kind}") < self.nth:
            return
        self.outcome = self._write()

    def _write(self) -> str:
        options = {"timeout": 0.2} if self.database.dialect == "sqlite" else {}
        engine = self.database.engine(poolclass=sa.NullPool, connect_args=options)
        try:
            with engine.begin() as connection:
                if self.database.dialect == "postgresql":
                    connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
                elif self.database.dialect == "mysql":
                    connection.exec_driver_sql("SET SESSION lock_wait_timeout = 1")
                connection.exec_driver_sql(LATE)
        except DBAPIError as error:
            return f"refused: {type(error.orig).__name__}"
        return "written"


def ready_to_contract(database: Database, project: Project) -> None:
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    assert project.run("online-data-migrations").exit_code == 0


def contract_with(writer: OldWriter, project: Project, folder: Path) -> ExitCode:
    here = Path.cwd()
    os.chdir(folder)
    try:
        return contract(Opening(config_file=project.config, observer=writer), Silent()).exit_code
    finally:
        os.chdir(here)


def test_a_row_between_the_last_question_and_the_drop_is_refused(database: Database, project: Project) -> None:
    ready_to_contract(database, project)
    writer = OldWriter(database=database, kind="statement", when="before")
    assert contract_with(writer, project, project.path) is ExitCode.DONE
    assert writer.outcome.startswith("refused"), writer
    assert database.columns("shop") == ["id", "new"]
    assert database.rows("SELECT id, new FROM shop") == [(1, "a")]


def test_a_row_before_the_last_question_keeps_contract_closed_and_is_preserved(
    database: Database, project: Project
) -> None:
    ready_to_contract(database, project)
    writer = OldWriter(database=database, kind="predicate", when="after")
    code = contract_with(writer, project, project.path)
    assert writer.outcome == "written", writer
    assert code is ExitCode.CLOSED
    assert database.columns("shop") == ["id", "old", "new"]
    assert database.scalar("SELECT old FROM shop WHERE id = 99") == "late"


def test_a_contract_that_stays_closed_takes_its_fence_down_again(database: Database, project: Project) -> None:
    ready_to_contract(database, project)
    writer = OldWriter(database=database, kind="predicate", when="after")
    assert contract_with(writer, project, project.path) is ExitCode.CLOSED
    database.execute("INSERT INTO shop (id, old) VALUES (100, 'old code goes on')")
    assert project.run("online-data-migrations").exit_code == 0
    assert project.run("contract").exit_code == 0
    assert database.rows("SELECT id, new FROM shop ORDER BY id") == [
        (1, "a"),
        (99, "late"),
        (100, "old code goes on"),
    ]


def test_new_code_writes_freely_after_the_contract(database: Database, project: Project) -> None:
    ready_to_contract(database, project)
    assert project.run("contract").exit_code == 0
    database.execute("INSERT INTO shop (id, new) VALUES (2, 'new')", "UPDATE shop SET new = 'x' WHERE id = 1")
    assert database.rows("SELECT id, new FROM shop ORDER BY id") == [(1, "x"), (2, "new")]


def test_a_contract_may_change_other_tables_beside_the_fenced_one(database: Database, project: Project) -> None:
    shop.release_a(project)
    project.revision(
        "expand",
        "more",
        """
        op.create_table("owner", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table(
            "gone",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("owner_id", sa.Integer, sa.ForeignKey("owner.id", name="fk_owner")),
        )
        op.create_table(
            "kept",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("x", sa.Integer),
            sa.Column("y", sa.Integer),
        )
        """,
    )
    shop.release_b(project)
    project.revision(
        "contract",
        "drop_much",
        """
        op.drop_column("shop", "old")
        op.drop_table("gone")
        op.execute("ALTER TABLE kept DROP COLUMN x")
        op.drop_column("kept", "y")
        """,
        depends_on="add_new",
        requires_data=["rename"],
        change="rename",
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    assert project.run("online-data-migrations").exit_code == 0
    done = project.run("contract")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]
    assert database.columns("kept") == ["id"]
    assert "gone" not in database.tables()


@pytest.mark.servers("mariadb", "mysql")
def test_a_contract_that_no_lock_can_cover_is_refused_before_it_begins(database: Database, project: Project) -> None:
    shop.release_a(project)
    shop.release_b(project)
    project.revision(
        "contract",
        "mixed",
        """
        op.create_table("brand_new", sa.Column("id", sa.Integer, primary_key=True))
        op.drop_column("shop", "old")
        """,
        depends_on="add_new",
        requires_data=["rename"],
        change="rename",
    )
    assert project.run("expand").exit_code == 0
    refused = project.run("contract")
    assert refused.exit_code == 64, refused.output
    assert "split it" in refused.stderr
    assert "brand_new" not in database.tables()
    database.execute("INSERT INTO shop (id, old) VALUES (5, 'old code still writes')")
