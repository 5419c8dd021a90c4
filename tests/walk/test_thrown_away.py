"""A transaction opens the table in the middle of a build on MySQL or MariaDB, which then throws its work away.

The build waits for its exclusive lock once more at its end, and who reads the table keeps it from that.  Clients queue
for no longer than the lock timeout; the tool says what another build costs, waits for the transaction without a lock,
and builds at most twice.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrator.model.database import Step
from migrator.model.exit_code import ExitCode
from migrator.runner.listening import Silent
from migrator.testing import catalogue, differences
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project
from tests.support.traffic import Traffic, measure
from tests.walk import online_cases
from tests.walk.online_cases import HELD_KEY, Case
from tests.walk.online_run import Outcome, Watching, apply_ours, without_guard

LOCK_TIMEOUT = 1.0
ROWS = {"mysql": 300_000, "mariadb": 1_200_000}
LEAST_BUILD = 1.5  # seconds; a quick one is neither met in its middle nor worth a word
INDEX = Case(name="wide_index", upgrade='op.create_index("ix_item_wide", "item", ["name", "email", "note"])')
SENT = (
    "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '/* migrator revision%'"
    " AND info LIKE '%ix_item_wide%'"
)
STATEMENT = sa.text(SENT)
BUILDING = sa.text(f"{SENT} AND state = 'altering table'")
QUIET = 2.0
PATIENCE = 90.0
on_both = pytest.mark.servers("mariadb", "mysql")


@dataclass
class Attempts(Watching):
    """Notes the builds that are sent, those that fail too."""

    builds: int = 0

    def before(self, step: Step) -> None:
        super().before(step)
        if step.kind == "statement" and "ix_item_wide" in step.statement:
            self.builds += 1


@dataclass
class Heard(Silent):
    """Notes what the tool says."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass(kw_only=True)
class Visitor:
    """Somebody who begins to read the table in the middle of each of so many builds, and stays for so many seconds
    beyond its end."""

    database: Database
    visits: int
    seconds: float
    met: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        engine = self.database.engine(poolclass=sa.NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch, engine.connect() as visit:
            while self.met < self.visits and self._until(lambda: watch.execute(BUILDING).scalar()):
                visit.execute(sa.text("SELECT note FROM item WHERE id = :id"), {"id": HELD_KEY}).one()
                self.met += 1
                self._until(lambda: not watch.execute(STATEMENT).scalar())
                self._over.wait(self.seconds)
                visit.rollback()

    def end(self) -> None:
        self._over.set()

    def _until(self, question: Callable[[], object]) -> bool:
        eventually(lambda: self._over.is_set() or question(), within=PATIENCE)
        return not self._over.is_set()


@dataclass(frozen=True, kw_only=True)
class Build:
    """What came of a build with visitors."""

    outcome: Outcome
    attempts: Attempts
    notes: list[str]
    met: int
    complaints: list[str]

    def said(self, words: str) -> list[str]:
        return [note for note in self.notes if words in note]


@pytest.fixture
def shop(database: Database, project: Project, server: str) -> Project:
    """The filled table, with the index as a revision to come."""
    online_cases.write_base(project, frozenset({"item"}))
    INDEX.write(project)
    done = project.run("expand", "--to", "tables")
    assert done.exit_code == 0, done.output
    engine, rows = database.engine(), ROWS[server]
    online_cases.fill(engine, "item", rows)
    while seconds_of_a_build(engine) < LEAST_BUILD:
        online_cases.grow(engine, "item", rows, rows * 2)
        rows *= 2
    return project


def seconds_of_a_build(engine: sa.Engine) -> float:
    with engine.connect() as connection:
        begun = time.monotonic()
        connection.exec_driver_sql("CREATE INDEX ix_try ON item (name, email, note)")
        took = time.monotonic() - begun
        connection.exec_driver_sql("DROP INDEX ix_try ON item")
    return took


def build(database: Database, project: Project, folder: Path, *, visits: int, seconds: float) -> Build:
    visitor, attempts, heard = Visitor(database=database, visits=visits, seconds=seconds), Attempts(), Heard()
    traffic = Traffic(url=database.url, table="item", keys=20_000, folder=folder)
    thread = threading.Thread(target=visitor.run)
    with traffic:
        traffic.quiet(QUIET)
        with traffic.phase("build"):
            thread.start()
            outcome = apply_ours(project, INDEX, LOCK_TIMEOUT, attempts, heard)
        visitor.end()
        thread.join()
        traffic.quiet(QUIET)
    measured = measure(traffic.operations(), traffic.phases, attempts.statements)
    return Build(
        outcome=outcome,
        attempts=attempts,
        notes=heard.notes,
        met=visitor.met,
        complaints=measured.complaints(LOCK_TIMEOUT),
    )


def assert_as_plain(database: Database, project: Project, plain: Database) -> None:
    other = without_guard(project.copy(project.path.parent / "plain"), plain.url)
    done = other.alembic("upgrade", "expand@head")
    assert done.exit_code == 0, done.output
    with database.engine().connect() as ours, plain.engine().connect() as theirs:
        assert differences(catalogue(theirs), catalogue(ours)) == ()
    assert database.rows("SELECT statement FROM migrator_journal") == []


@on_both
@pytest.mark.slow
def test_a_transaction_that_opens_the_table_in_the_middle_of_a_build_costs_one_build_and_nobody_a_long_stall(
    database: Database,
    shop: Project,
    make_database: Callable[[], Database],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    seconds = 30.0 if request.config.getoption("--full") else 3.0
    found = build(database, shop, tmp_path / "clients", visits=1, seconds=seconds)
    assert found.outcome.exit_code == ExitCode.DONE, found.outcome.said
    assert found.met == 1
    assert found.attempts.builds == 2
    (price,) = found.said("was thrown away")
    cost = re.search(r"a build of (\d+) s was thrown away.*build 2 of 2 costs about as much again", price)
    assert cost, price
    assert int(cost[1]) >= 1
    assert found.said("waiting, without a lock"), found.notes
    assert found.complaints == []
    assert_as_plain(database, shop, make_database())


@on_both
@pytest.mark.slow
def test_a_second_build_that_is_thrown_away_is_the_last_one_until_somebody_runs_it_again(
    database: Database, shop: Project, make_database: Callable[[], Database], tmp_path: Path
) -> None:
    found = build(database, shop, tmp_path / "clients", visits=2, seconds=3.0)
    assert found.outcome.exit_code == ExitCode.LOCKED, found.outcome.said
    assert found.met == 2
    assert found.attempts.builds == 2
    assert "2 builds of about" in found.outcome.said
    assert found.complaints == []
    again = apply_ours(shop, INDEX, LOCK_TIMEOUT, Watching())
    assert again.exit_code == ExitCode.DONE, again.said
    assert_as_plain(database, shop, make_database())
