"""A reply that never comes back, for each kind of DDL step and for COMMIT: the run ends with an error that says so, a
re-run completes it, and the plain catalogue comes out.

One walk over all changes: each run loses the first thing that no run before it lost, until one run loses nothing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection

import pytest

from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.errors import MigratorError
from migrator.runner.listening import Silent
from migrator.testing import Catalogue, catalogue
from tests.support import items
from tests.support.database import Database
from tests.support.project import Project
from tests.walk import online_cases
from tests.walk.losing import Change, Losing, Loss, losing
from tests.walk.online_cases import CASES
from tests.walk.online_run import Outcome, without_guard
from tests.walk.test_contract_race import ready_to_contract
from tests.walk.test_online_kill import assert_as_plain, plain_catalogue

SERVERS = pytest.mark.servers("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
DDL = ("CREATE", "ALTER", "DROP")
STEPS = (*DDL, "COMMIT")
EVERYTHING = (*STEPS, "INSERT", "UPDATE", "DELETE")
MOST_RUNS = 300
ROWS = 100
CLEAN = (6, 8)
# Where the run writes down what a revision did, as its observer is told.
RECORDING = ("journal ", "version ", "ledger ")
# The server is told the whole definition, default or comment, so that a second time changes nothing more.
RESTATES = re.compile(r" MODIFY | SET DEFAULT| DROP DEFAULT|^ALTER TABLE item COMMENT |^CREATE OR REPLACE VIEW ")
# What each server must have been asked for, or the walk proves nothing of it.
KINDS = {
    "postgresql": (
        "CREATE INDEX CONCURRENTLY",
        "CREATE UNIQUE INDEX CONCURRENTLY",
        "DROP INDEX CONCURRENTLY",
        "NOT VALID",
        "VALIDATE CONSTRAINT",
        "USING INDEX",
        "SET NOT NULL",
        "ADD COLUMN",
        "DROP COLUMN",
        "; COMMIT",
    ),
    "mysql": (
        "ALGORITHM=INPLACE",
        "ALGORITHM=INSTANT",
        "ADD CONSTRAINT",
        "NOT NULL",
        "PRIMARY KEY",
        "DROP INDEX",
        "; COMMIT",
    ),
}


def run_both(project: Project, relay: Losing) -> Outcome:
    """``migrator expand``, then ``contract``, in this process."""
    opening = Opening(config_file=project.config, observer=relay)
    try:
        with contextlib.chdir(project.path):
            codes = [command(opening, Silent()).exit_code for command in (expand, contract)]
    except MigratorError as error:
        return Outcome(exit_code=error.exit_code, said=f"{error.message} {error.remedy}")
    return Outcome(exit_code=max(codes))


def assert_names_it(lost: Change, outcome: Outcome) -> None:
    """The error says which revision failed, and at which statement where it was one of the revision's."""
    if "migrator_fence" in lost.kind:
        return  # put up and taken down around the revision
    if lost.head in DDL:
        assert "revision " in outcome.said, f"{lost}\n{outcome}"
        assert "statement: " in outcome.said, f"{lost}\n{outcome}"
    elif lost.behind or (lost.head != "COMMIT" and lost.kind.startswith(RECORDING)):
        assert "revision " in outcome.said, f"{lost}\n{outcome}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is lost and where: the replies of steps in every run, all of it in a ``--full`` one."""
    if "heads" not in metafunc.fixturenames:
        return
    full = bool(metafunc.config.getoption("--full"))
    told = [loss for loss in Loss if loss is not Loss.CLIENT]
    metafunc.parametrize("loss", told if full else [Loss.REPLY], ids=lambda loss: loss.name)
    metafunc.parametrize("heads", [EVERYTHING if full else STEPS], ids=["everything" if full else "steps"])


def lose_each_once(database: Database, project: Project, loss: Loss, heads: Collection[str]) -> Losing:
    """Run until nothing is left that was not lost; each run but the last ends with a clean error."""
    with losing(database.url) as relay:
        project.write_env(url=relay.url)
        for _ in range(MOST_RUNS):
            relay.lose_next(loss, heads)
            outcome = run_both(project, relay)
            if relay.lost is None or outcome.exit_code == 0:
                break
            assert outcome.exit_code in CLEAN, f"{relay.lost}\n{outcome}"
            assert_names_it(relay.lost, outcome)
    assert outcome.exit_code == 0, outcome
    return relay


def assert_once(database: Database, relay: Losing, loss: Loss) -> None:
    """No revision was applied twice; no step was done twice, where the relay heard how it ended."""
    applied = [row[0] for row in database.rows("SELECT revision FROM migrator_ledger WHERE event = 'applied'")]
    assert len(applied) == len(set(applied))
    if loss is not Loss.SESSION:
        assert [text for text, number in relay.done.items() if number > 1 and not RESTATES.search(text)] == []
        assert len(relay.done) > 5


@SERVERS
@pytest.mark.slow
def test_each_step_whose_reply_is_lost_is_found_again_and_never_done_twice(
    database: Database,
    project: Project,
    make_database: Callable[[], Database],
    loss: Loss,
    heads: tuple[str, ...],
) -> None:
    items.with_items(database, project)
    items.add(project, *items.changes_of(database))
    plain = plain_catalogue(database, project, make_database)
    relay = lose_each_once(database, project, loss, heads)
    for kind in KINDS[database.dialect]:
        assert any(kind in lost for lost in relay.kinds), f"no {kind} was lost: {relay.kinds}"
    assert_as_plain(database, plain)
    assert_once(database, relay, loss)


@SERVERS
@pytest.mark.slow
@pytest.mark.parametrize("loss", [Loss.REPLY, Loss.SESSION], ids=lambda loss: loss.name)
def test_so_is_each_operation_that_runs_online(
    database: Database,
    project: Project,
    make_database: Callable[[], Database],
    loss: Loss,
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("the operations beyond those above are for --full")
    cases = [case for case in CASES if database.server.partition("-")[0] in case.runs]
    tables = frozenset(case.table for case in cases)
    online_cases.write_base(project, tables)
    assert project.run("expand").exit_code == 0
    for table in tables:
        online_cases.fill(database.engine(), table, ROWS)
    for case in cases:
        case.write(project)
    expected = plainly(project, make_database())
    relay = lose_each_once(database, project, loss, STEPS)
    assert len([kind for kind in relay.kinds if kind.startswith(DDL)]) >= len(cases)
    assert_as_plain(database, expected)
    assert_once(database, relay, loss)


@SERVERS
@pytest.mark.slow
@pytest.mark.parametrize("loss", [Loss.REPLY, Loss.NETWORK], ids=lambda loss: loss.name)
def test_so_is_each_step_of_a_contract_behind_its_gate(database: Database, project: Project, loss: Loss) -> None:
    ready_to_contract(database, project)
    relay = lose_each_once(database, project, loss, EVERYTHING)
    assert any("DROP COLUMN" in kind for kind in relay.kinds), relay.kinds
    assert database.columns("shop") == ["id", "new"]
    assert database.rows("SELECT id, new FROM shop") == [(1, "a")]
    assert database.rows("SELECT state FROM migrator_journal") == []
    assert {text: number for text, number in relay.done.items() if "DROP COLUMN" in text and number > 1} == {}


@SERVERS
@pytest.mark.parametrize("command", ["contract", "upgrade"])
def test_a_contract_that_lost_the_reply_to_its_removal_is_seen_and_finished(
    database: Database, project: Project, command: str
) -> None:
    ready_to_contract(database, project)
    with losing(database.url) as relay:
        project.write_env(url=relay.url)
        relay.lose_next(Loss.REPLY, ("ALTER",))
        while "DROP COLUMN" not in (relay.lost.text if relay.lost else ""):
            relay.lose_next(Loss.REPLY, ("ALTER",))
            assert project.run("contract").exit_code == 8
        relay.lose_next(None)
        seen = project.run("status")
        assert seen.exit_code == 0, seen.output
        rows = project.run("online-data-migrations")
        assert rows.exit_code == 0, rows.output
        done = project.run(command)
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]
    assert database.rows("SELECT state FROM migrator_journal") == []


@SERVERS
def test_the_command_says_in_plain_words_what_was_lost(database: Database, project: Project) -> None:
    items.with_items(database, project)
    items.add(project, items.CHANGES[0])
    with losing(database.url) as relay:
        project.write_env(url=relay.url)
        for loss, heads in ((Loss.NETWORK, ("CREATE",)), (Loss.REPLY, ("DELETE",))):
            relay.lose_next(loss, heads)
            stopped = project.run("expand")
            assert relay.lost is not None
            assert stopped.exit_code == 8, stopped.output
            assert "Traceback" not in stopped.output
            assert "error: revision index" in stopped.stderr
            assert "the connection to the server was lost" in stopped.stderr
            assert "next:  run again" in stopped.stderr
            assert ("INDEX" in stopped.stderr) == (heads == ("CREATE",))
        relay.lose_next(None)
        done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert relay.done[relay.kinds[0]] == 1


def plainly(project: Project, other: Database) -> Catalogue:
    """What plain Alembic, which meets nothing of ours, makes of the same revisions."""
    plain = without_guard(project.copy(project.path.parent / "plain"), other.url)
    for heads in ("expand@head", "heads"):
        done = plain.alembic("upgrade", heads)
        assert done.exit_code == 0, done.output
    with other.engine().connect() as connection:
        return catalogue(connection)
