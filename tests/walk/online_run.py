"""One revision, applied while clients work on its table and, if asked, while a transaction holds that table."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.errors import MigratorError
from migrator.model.database import Step
from migrator.runner.listening import Listener, Silent
from tests.support import templates
from tests.support.project import Project
from tests.support.traffic import Statement
from tests.walk.online_cases import HELD_KEY, Case


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run of the tool ended: its exit code, and what it said where that isn't 0."""

    exit_code: int
    said: str = ""


@dataclass
class Watching:
    """Notes each statement of the revisions with its moments."""

    statements: list[Statement] = field(default_factory=list)
    _begun: float = 0.0

    def before(self, step: Step) -> None:
        if step.kind == "statement":
            self._begun = time.monotonic()

    def after(self, step: Step) -> None:
        if step.kind == "statement":
            self.statements.append(Statement(sql=step.statement, start=self._begun, end=time.monotonic()))


def apply_ours(
    project: Project, case: Case, lock_timeout: float, observer: Observer, listener: Listener | None = None
) -> Outcome:
    """``migrator expand --to CASE`` or ``contract --to CASE``, in this process; its clients are in another."""
    overrides = {"lock_timeout": timedelta(seconds=lock_timeout), "lock_budget": timedelta(minutes=5)}
    opening = Opening(config_file=project.config, overrides=overrides, observer=observer)
    command = expand if case.phase == "expand" else contract
    try:
        with contextlib.chdir(project.path):
            report = command(opening, listener or Silent(), to=case.name)
    except MigratorError as error:
        return Outcome(exit_code=error.exit_code, said=f"{error.message} {error.remedy}")
    return Outcome(exit_code=report.exit_code, said=f"{report}" if report.exit_code else "")


def without_guard(project: Project, url: str) -> Project:
    """Make it what Alembic's own template leaves: ``alembic upgrade`` on that database meets nothing of ours."""
    project.write_env("sync", url)
    lines = templates.SYNC.splitlines(keepends=True)
    kept = [line for line in lines if "migrator" not in line]
    project.write("migrations/env.py", "".join(kept))
    return project


@contextmanager
def held(engine: sa.Engine, table: str, seconds: float) -> Iterator[threading.Event]:
    """A transaction that changed a row of the table, stays open for so long, then commits; its end sets the event."""
    gone = threading.Event()
    connection = engine.connect()

    def let_go() -> None:
        connection.commit()
        gone.set()

    connection.execute(sa.text(f"UPDATE {table} SET note = 'held' WHERE id = :id"), {"id": HELD_KEY})
    timer = threading.Timer(seconds, let_go)
    timer.start()
    try:
        yield gone
    finally:
        timer.join()
        connection.close()
