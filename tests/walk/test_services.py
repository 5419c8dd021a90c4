"""Services of several releases, each in a process of its own: contract opens when the last old one is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from tests.servers.server import Server
from tests.support import shop
from tests.support.database import Database, database_on_server
from tests.support.poll import eventually
from tests.support.project import Project
from tests.support.run import Run
from tests.support.serving import Serving

GONE = {"MIGRATOR_SILENT_SERVICES": "gone"}
OLDEST, OLD, NEW = (("2026.44", ["make_shop"]), ("2026.45", ["add_new"]), ("2026.46", ["add_new", "drop_old"]))
AN_HOUR = 3600
# What keeps every heartbeat from being written while everybody may read: the worst case for a gate that reads.
LOCKS = {
    "sqlite": ("BEGIN IMMEDIATE", "ROLLBACK"),
    "postgresql": ("LOCK TABLE migrator_service IN EXCLUSIVE MODE", "ROLLBACK"),
    "mysql": ("LOCK TABLES migrator_service READ", "UNLOCK TABLES"),
}
Serve = Callable[..., Serving]


@pytest.fixture
def due(database: Database, project: Project) -> Project:
    """Everything is expanded and moved; the contract is due."""
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    assert project.run("online-data-migrations").exit_code == 0
    return project


@pytest.fixture
def serve(database: Database) -> Iterator[Serve]:
    """Starts a service: ``serve("api", "1", OLD)``."""
    with ExitStack() as stack:

        def start(name: str, instance: str, code: tuple[str, list[str]], shift: int = 0) -> Serving:
            release, heads = code
            service = Serving(database.url, name, instance, release=release, heads=heads, shift=shift)
            stack.callback(service.end)
            return service

        yield start


def named(outcome: Run) -> list[str]:
    """Who keeps contract closed."""
    assert outcome.exit_code == 4, outcome.output
    (gate,) = outcome.json()["blocked"][0]["gates"]
    return [f"{one['name']}/{one['instance']}" for one in gate["services"]]


def test_contract_opens_when_the_last_old_service_is_gone(database: Database, due: Project, serve: Serve) -> None:
    everybody = {
        "api/1": serve("api", "1", OLDEST),
        "api/2": serve("api", "2", NEW),
        "mailer/1": serve("mailer", "1", OLD, shift=AN_HOUR),
        "worker/1": serve("worker", "1", OLD),
    }
    for service in everybody.values():
        service.wait_until_ready()
    old = ["api/1", "mailer/1", "worker/1"]
    assert named(due.run("contract", "--format", "json", **GONE)) == old
    # One takes its leave, one dies without a word, and the clock of one is wrong by an hour.
    everybody["api/1"].leave()
    assert named(due.run("contract", "--format", "json", **GONE)) == old[1:]
    everybody["worker/1"].kill()
    eventually(
        lambda: named(due.run("contract", "--format", "json", **GONE)) == ["mailer/1"],
        within=60,
        what="only the one whose clock is wrong still counts",
    )
    everybody["mailer/1"].leave()
    outcome = due.run("contract", **GONE)
    assert outcome.exit_code == 0, outcome.output
    assert "old" not in database.columns("shop")


def test_a_service_that_could_not_say_that_it_lives_does_not_count_as_gone(
    database: Database, due: Project, serve: Serve
) -> None:
    alive = serve("api", "1", OLD)
    alive.wait_until_ready()
    lock, unlock = LOCKS[database.dialect]
    holder = database.engine(poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect()
    with holder:
        if database.dialect == "postgresql":
            holder.exec_driver_sql("BEGIN")
        holder.exec_driver_sql(lock)
        eventually(lambda: state_of(due, "api/1") == "silent", within=60, what="its beats don't come through")
        locked = due.run("contract", MIGRATOR_LOCK_TIMEOUT="0.5", MIGRATOR_LOCK_BUDGET="1", **GONE)
        assert locked.exit_code in (4, 5), locked.output
        holder.exec_driver_sql(unlock)
    outcome = due.run("contract", **GONE)
    assert outcome.exit_code == 4, outcome.output
    eventually(lambda: state_of(due, "api/1") == "live", within=60, what="it is heard of again")
    assert due.run("contract", **GONE).exit_code == 4
    assert "old" in database.columns("shop")
    alive.leave()
    assert due.run("contract", **GONE).exit_code == 0


@pytest.mark.slow
@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_restart_of_the_database_makes_nobody_gone(
    server: str, own_server: Server, make_project: Callable[..., Project]
) -> None:
    with database_on_server(server, own_server.url) as database, ExitStack() as stack:
        project = make_project(database.url)
        shop.all_releases(project)
        assert project.run("expand").exit_code == 0
        assert project.run("online-data-migrations").exit_code == 0
        release, heads = OLD
        alive = Serving(database.url, "api", "1", release=release, heads=heads)
        stack.callback(alive.end)
        alive.wait_until_ready()
        own_server.kill()
        assert project.run("contract", **GONE).exit_code == 6
        own_server.start()
        assert named(project.run("contract", "--format", "json", **GONE)) == ["api/1"]
        eventually(lambda: state_of(project, "api/1") == "live", within=60, what="it is heard of again")
        assert named(project.run("contract", "--format", "json", **GONE)) == ["api/1"]
        alive.leave()
        assert project.run("contract", **GONE).exit_code == 0
        assert "old" not in database.columns("shop")


def state_of(project: Project, label: str) -> str:
    """What ``services list`` says of it."""
    for one in project.run("services", "--format", "json").json()["services"]:
        if f"{one['name']}/{one['instance']}" == label:
            return str(one["state"])
    return "unknown"
