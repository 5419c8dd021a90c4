"""Contract and pinned data migrations wait for services, on every database."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.runner.data_scope import expands_by_change
from migrator.runner.service_view import DataGates, ServiceView
from migrator.scripts.environment import open_target
from migrator.scripts.project import load_project
from migrator.state.store import Store
from tests.integration.data.running import Runner, fill, items, learned
from tests.support import shop
from tests.support.clock import HandClock
from tests.support.database import Database
from tests.support.project import Project
from tests.support.service_rows import EXPIRY, age, leave, speak

pytestmark = pytest.mark.quick_on("sqlite", "postgresql")  # the gate itself is pure; what differs is marked below
EVERYWHERE = pytest.mark.quick_on("sqlite", "postgresql", "mariadb", "mysql")
GONE = {"MIGRATOR_SILENT_SERVICES": "gone"}
OLD = ["make_shop", "add_new"]
NEW = ["make_shop", "add_new", "drop_old"]


@pytest.fixture
def due(database: Database, project: Project) -> Project:
    """Everything is expanded and moved; the contract is due."""
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    assert project.run("online-data-migrations").exit_code == 0
    return project


@EVERYWHERE
def test_contract_is_closed_while_an_old_release_lives_and_names_it(database: Database, due: Project) -> None:
    speak(database, "api", "web-1:4711", release="2026.45", revisions=OLD)
    speak(database, "api", "web-2:4711", release="2026.46", revisions=NEW)
    outcome = due.run("contract")
    assert outcome.exit_code == 4, outcome.output
    assert "1 service is not ready for contract drop_old" in outcome.stdout
    assert "api/web-1:4711, release 2026.45, live, last seen" in outcome.stdout
    assert "web-2" not in outcome.stdout
    assert "old" in database.columns("shop")
    as_json = due.run("contract", "--format", "json").json()
    (gate,) = as_json["blocked"][0]["gates"]
    assert [(one["name"], one["instance"], one["release"]) for one in gate["services"]] == [
        ("api", "web-1:4711", "2026.45")
    ]


def test_contract_opens_when_the_old_one_takes_its_leave(database: Database, due: Project) -> None:
    old = speak(database, "api", release="2026.45", revisions=OLD)
    speak(database, "api", "2", release="2026.46", revisions=NEW)
    assert due.run("contract").exit_code == 4
    leave(database, old)
    outcome = due.run("contract")
    assert outcome.exit_code == 0, outcome.output
    assert "all of 1 registered service are ready" in outcome.stdout
    assert "old" not in database.columns("shop")


def test_heads_alone_stand_for_all_that_they_come_after(database: Database, due: Project) -> None:
    speak(database, "api", heads=["add_new"])
    assert due.run("contract").exit_code == 4
    speak(database, "api", heads=["drop_old"])
    assert due.run("contract").exit_code == 0


def test_silence_is_no_proof_unless_the_settings_say_so(database: Database, due: Project) -> None:
    silent = speak(database, "api", revisions=OLD)
    age(database, silent, "last_seen", EXPIRY * 3)
    outcome = due.run("contract")
    assert outcome.exit_code == 4
    assert "it is silent, which is no proof that it is gone" in outcome.stdout
    assert "migrator services forget api/1" in outcome.stdout
    assert due.run("services", "forget", "api/1").exit_code == 0
    assert due.run("contract").exit_code == 0


@EVERYWHERE
def test_a_silent_service_is_asked_and_counts_as_gone_when_it_gives_no_sign(database: Database, due: Project) -> None:
    silent = speak(database, "api", revisions=OLD)
    age(database, silent, "last_seen", EXPIRY * 3)
    first = due.run("contract", **GONE)
    assert first.exit_code == 4
    assert "it was asked for a sign of life now, and counts as gone after 60 s" in first.stdout
    second = due.run("contract", **GONE)
    assert second.exit_code == 4
    assert "it was asked for a sign of life, and counts as gone in" in second.stdout
    age(database, silent, "asked_at", EXPIRY)
    assert due.run("contract", **GONE).exit_code == 0


def test_a_sign_of_life_takes_the_question_away(database: Database, due: Project) -> None:
    silent = speak(database, "api", revisions=OLD)
    age(database, silent, "last_seen", EXPIRY * 3)
    assert due.run("contract", **GONE).exit_code == 4
    age(database, silent, "asked_at", EXPIRY)
    speak(database, "api", revisions=OLD)
    assert due.run("contract", **GONE).exit_code == 4


def test_an_expected_service_that_never_registered_closes_it(database: Database, due: Project) -> None:
    speak(database, "api", revisions=NEW)
    outcome = due.run("contract", MIGRATOR_SERVICES="api,worker")
    assert outcome.exit_code == 4
    assert "worker: it is expected and has never registered" in outcome.stdout
    leave(database, speak(database, "worker", revisions=OLD))
    assert due.run("contract", MIGRATOR_SERVICES="api,worker").exit_code == 0


def test_a_soak_time_begins_when_the_last_old_one_is_gone(database: Database, due: Project) -> None:
    old = speak(database, "api", revisions=OLD)
    leave(database, old)
    soaking = due.run("contract", MIGRATOR_SOAK="600")
    assert soaking.exit_code == 4
    assert re.search(r"it stopped \d+ s ago; the soak time is 10 min", soaking.stdout)
    age(database, old, "stopped_at", timedelta(minutes=11))
    assert due.run("contract", MIGRATOR_SOAK="600").exit_code == 0


def test_a_release_that_is_required_by_name_is_compared_by_its_numbers(database: Database, project: Project) -> None:
    shop.release_a(project)
    shop.release_b(project)
    project.revision(
        "contract",
        "drop_old",
        'op.drop_column("shop", "old")',
        depends_on="add_new",
        change="rename",
        head='requires_services = {"api": "2026.46"}',
    )
    for command in ("expand", "online-data-migrations"):
        assert project.run(command).exit_code == 0
    unseen = project.run("contract")
    assert unseen.exit_code == 4
    assert "api: it is expected and has never registered" in unseen.stdout
    speak(database, "api", release="2026.5")
    older = project.run("contract")
    assert older.exit_code == 4
    assert "it needs release 2026.46 or newer" in older.stdout
    speak(database, "api", release="build-77")
    assert "build-77 can't be compared" in project.run("contract").stdout
    speak(database, "api", release="2026.46")
    assert project.run("contract").exit_code == 0


def test_forcing_the_gate_is_remembered_for_ever_and_skips_no_other(database: Database, due: Project) -> None:
    speak(database, "api", revisions=OLD)
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'x')")
    force = ("--force", "services", "--reason", "the api is read-only today")
    still = due.run("contract", *force)
    assert still.exit_code == 4
    assert "data migration rename still finds 1 row" in still.stdout
    assert due.run("online-data-migrations").exit_code == 0
    assert due.run("contract", *force).exit_code == 0
    assert "services: the api is read-only today" in due.run("status").stdout


def test_plain_alembic_meets_the_same_gate(database: Database, due: Project) -> None:
    env = (due.path / "migrations" / "env.py").read_text()
    if "migrator.guard" not in env:
        pytest.fail("the template of env.py has no guard")
    old = speak(database, "api", "web-1", release="2026.45", revisions=OLD)
    outcome = due.alembic("upgrade", "contract@head")
    assert outcome.exit_code != 0
    assert "service api/web-1 (release 2026.45)" in outcome.output
    assert "old" in database.columns("shop")
    leave(database, old)
    assert due.alembic("upgrade", "contract@head").exit_code == 0


def test_upgrade_meets_it_too(database: Database, due: Project) -> None:
    speak(database, "api", revisions=OLD)
    assert due.run("upgrade").exit_code == 4
    assert "old" in database.columns("shop")


def test_status_says_who_runs_what_and_what_that_blocks(database: Database, due: Project) -> None:
    speak(database, "api", "web-1", release="2026.45", revisions=OLD)
    text = due.run("status").stdout
    assert "rename: contract closed: 1 service is not ready for contract drop_old" in text
    assert "services: api 1 live of 2026.45" in text
    assert "next: migrator services list" in text
    document = due.run("status", "--format", "json").json()
    assert [(one["name"], one["state"]) for one in document["services"]] == [("api", "live")]


def test_services_are_listed_and_a_typo_forgets_nobody(database: Database, due: Project) -> None:
    assert "no service has registered" in due.run("services").stdout
    speak(database, "api", "web-1:4711", release="2026.45", revisions=OLD, heads=["add_new"])
    listed = due.run("services", "list").stdout
    assert [word for word in ("web-1:4711", "2026.45", "live", "add_new") if word not in listed] == []
    typo = due.run("services", "forget", "api/web-1:4711", "api/web-2")
    assert typo.exit_code == 64
    assert "there is no service api/web-2: nothing was forgotten" in typo.stderr
    assert len(due.run("services", "--format", "json").json()["services"]) == 1


PINNED = """
shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
rename = migrator.UpdateMigration(
    name="rename",
    table=shop,
    set={"new": shop.c.old},
    where=shop.c.new.is_distinct_from(shop.c.old),
    order="pinned",
)
change = "rename"
"""


@EVERYWHERE
def test_a_pinned_data_migration_waits_for_those_who_cannot_read_the_new_place(
    database: Database, project: Project
) -> None:
    shop.release_a(project)
    shop.release_b(project)
    project.data("rename", PINNED)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'x')")
    old = speak(database, "api", "web-1", release="2026.45", revisions=["make_shop"])
    speak(database, "api", "web-2", release="2026.46", revisions=OLD)
    closed = project.run("online-data-migrations")
    assert closed.exit_code == 4, closed.output
    assert "service api/web-1 (release 2026.45)" in closed.stdout
    assert database.rows("SELECT new FROM shop") == [(None,)]
    assert "waiting for service api/web-1" in project.run("status").stdout
    leave(database, old)
    assert project.run("online-data-migrations").exit_code == 0
    assert database.rows("SELECT new FROM shop") == [("x",)]


@EVERYWHERE
def test_a_pinned_one_stops_within_a_second_when_an_old_release_comes_back(
    database: Database, project: Project
) -> None:
    shop.release_a(project)
    shop.release_b(project)
    assert project.run("expand").exit_code == 0
    with contextlib.chdir(project.path):
        target = open_target(load_project(project.config))
    clock = HandClock()
    target.database.clock = clock
    view = ServiceView(target=target, store=Store(database=target.database))
    gates = DataGates(view=view, expands=expands_by_change(target.project.graph))
    migration = fill(order="pinned", change="rename")
    assert gates(migration) == ()
    speak(database, "api", "web-1", release="2026.45", revisions=["make_shop"])
    clock.pass_by(1)
    assert gates(migration) == ("service api/web-1 (release 2026.45)",)
    assert gates(fill(change="rename")) == ()


@EVERYWHERE
def test_a_gate_that_closes_in_the_middle_of_a_run_ends_it_after_the_batch_at_hand(database: Database) -> None:
    items(database, 1000)
    learned(database, "fill", 100)
    answers = iter([()] * 6)
    report = Runner(database=database, migrations=[fill()])(gate=lambda _: next(answers, ("service api/1",)))
    assert report.exit_code == 4
    assert 0 < report.done < 1000
    assert report.rows[0].waiting_for == ("service api/1",)
    assert report.next[0] == "migrator services list"
    assert database.scalar("SELECT count(*) FROM item WHERE touched = 1") == report.done


@EVERYWHERE
@pytest.mark.servers("postgresql", "mysql", "postgresql-14", "postgresql-18")
def test_sessions_that_name_an_old_release_count_as_well(
    database: Database, due: Project, named_engine: Callable[[str], sa.Engine]
) -> None:
    env = {"MIGRATOR_RELEASE_PATTERN": "^(?P<service>[a-z]+)-(?P<release>[0-9.]+)$", "MIGRATOR_RELEASE": "2026.46"}
    with named_engine("report-2026.45").connect():
        closed = due.run("contract", **env)
        assert closed.exit_code == 4, closed.output
        assert "report/session" in closed.stdout
        assert "release 2026.45" in closed.stdout
    with named_engine("report-2026.46").connect():
        assert due.run("contract", **env).exit_code == 0


@EVERYWHERE
@pytest.mark.servers("mariadb")
def test_where_sessions_do_not_show_their_names_the_gate_stays_closed(database: Database, due: Project) -> None:
    closed = due.run("contract", MIGRATOR_RELEASE_PATTERN="(?P<release>[0-9.]+)")
    assert closed.exit_code == 4
    assert "this server doesn't show this role what sessions call themselves" in closed.stdout


@pytest.fixture
def named_engine(database: Database) -> Callable[[str], sa.Engine]:
    """Engines whose sessions have a name of their own; closed at the end of the test."""

    def make(name: str) -> sa.Engine:
        argument = "application_name" if database.dialect == "postgresql" else "program_name"
        return database.engine(poolclass=sa.NullPool, connect_args={argument: name})

    return make
