"""A service registers in one line, is heard of again and again, and takes its leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

import migrator
from migrator.errors import ConfigurationError
from migrator.model.service import ServiceState
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project
from tests.support.services import SOON, TABLE, beating, make_tables, read, register, the_service, wait_for_a_beat


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    make_tables(database)
    yield database.engine()
    assert not beating(), "a test left a heartbeat behind"


def test_a_registered_service_says_what_it_is(database: Database, engine: sa.Engine) -> None:
    with register(engine, "api", instance="web-1", release="2026.46", heads=["b71e", "a90c"]) as registration:
        assert registration.wait_until_seen(SOON)
        service = the_service(database)
    assert (service.label, service.release, service.heads) == ("api/web-1", "2026.46", ("b71e", "a90c"))
    assert (service.state, service.expiry) == (ServiceState.LIVE, timedelta(minutes=1))


def test_it_goes_on_beating(database: Database, engine: sa.Engine) -> None:
    with register(engine):
        wait_for_a_beat(database)
        wait_for_a_beat(database)
        assert the_service(database).silence < timedelta(seconds=10)


def test_a_beat_takes_a_question_away(database: Database, engine: sa.Engine) -> None:
    with register(engine) as registration:
        assert registration.wait_until_seen(SOON)
        database.execute(sa.update(TABLE).values(asked_at=TABLE.c.last_seen))
        eventually(lambda: the_service(database).asked is None, what="the question is taken away")


def test_a_service_that_takes_its_leave_is_stopped_at_once(database: Database, engine: sa.Engine) -> None:
    registration = register(engine)
    assert registration.wait_until_seen(SOON)
    registration.deregister()
    assert the_service(database).state is ServiceState.STOPPED
    registration.deregister()


def test_a_heartbeat_keeps_no_connection_between_beats(database: Database, engine: sa.Engine) -> None:
    small = database.engine(pool_size=1, max_overflow=0)
    with register(small, interval=timedelta(seconds=20)) as registration:
        assert registration.wait_until_seen(SOON)
        with small.connect() as connection:
            assert connection.execute(sa.select(1)).scalar_one() == 1


def test_two_instances_have_a_row_each(database: Database, engine: sa.Engine) -> None:
    with register(engine, instance="a") as one, register(engine, instance="b", release="3.0") as other:
        assert one.wait_until_seen(SOON)
        assert other.wait_until_seen(SOON)
        one.deregister()
        states = {service.instance: service.state for service in read(database)}
    assert states == {"a": ServiceState.STOPPED, "b": ServiceState.LIVE}


def test_a_forgotten_service_that_lives_comes_back(database: Database, engine: sa.Engine) -> None:
    with register(engine, instance="web-1", release="2.1") as registration:
        assert registration.wait_until_seen(SOON)
        database.execute(sa.delete(TABLE))
        eventually(lambda: read(database), what="it registers again")
        assert (the_service(database).label, the_service(database).release) == ("api/web-1", "2.1")


def test_the_same_instance_again_takes_the_earlier_ones_place(database: Database, engine: sa.Engine) -> None:
    earlier = register(engine, instance="web-1", release="1.0")
    assert earlier.wait_until_seen(SOON)
    with register(engine, instance="web-1", release="2.0") as registration:
        assert registration.wait_until_seen(SOON)
        eventually(lambda: len(beating()) == 1, what="the earlier one ends")
        assert (the_service(database).release, the_service(database).state) == ("2.0", ServiceState.LIVE)
        earlier.deregister()
        wait_for_a_beat(database)
        assert the_service(database).state is ServiceState.LIVE


def test_rows_that_stopped_more_than_a_week_ago_are_deleted_at_a_start(database: Database, engine: sa.Engine) -> None:
    long_ago: sa.ColumnElement[str] = sa.literal_column("'2001-01-01 00:00:00.000000'")
    row = {"heads": "[]", "revisions": "[]", "release": "", "expiry_ms": 1}
    moments = {"registered_at": long_ago, "last_seen": long_ago}
    for name, instance, stopped in (
        ("api", "stopped", long_ago),
        ("api", "silent", None),
        ("job", "stopped", long_ago),
    ):
        values = {**row, **moments, "name": name, "instance": instance, "stopped_at": stopped}
        database.execute(sa.insert(TABLE).values(**values))
    with register(engine, instance="new") as registration:
        assert registration.wait_until_seen(SOON)
        assert [service.label for service in read(database)] == ["api/new", "api/silent", "job/stopped"]


def test_an_instance_that_starts_again_renews_its_row(database: Database, engine: sa.Engine) -> None:
    register(engine, instance="web-1", release="1.0").deregister()
    with register(engine, instance="web-1", release="2.0") as registration:
        assert registration.wait_until_seen(SOON)
        assert (the_service(database).release, the_service(database).state) == ("2.0", ServiceState.LIVE)


def test_the_revisions_are_read_from_the_projects_own_migrations(
    database: Database, engine: sa.Engine, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.revision("trunk", "t1")
    project.revision("expand", "e1")
    project.revision("contract", "c1", depends_on="e1")
    project.write("pyproject.toml", '[tool.migrator]\nrelease = "2026.46"\n')
    monkeypatch.chdir(project.path)
    with register(engine, heads=None, release=None) as registration:
        assert registration.wait_until_seen(SOON)
        service = the_service(database)
    assert service.revisions == {"expand_base", "e1", "contract_base", "c1"}
    assert (service.heads, service.release) == (("c1",), "2026.46")


def test_an_autocommit_engine_will_do(database: Database, engine: sa.Engine) -> None:
    with register(database.engine(isolation_level="AUTOCOMMIT")) as registration:
        assert registration.wait_until_seen(SOON)
        wait_for_a_beat(database)
    assert the_service(database).state is ServiceState.STOPPED


def test_the_minimum_version_is_that_of_the_oldest_that_has_not_stopped(database: Database, engine: sa.Engine) -> None:
    now = timedelta()
    with register(engine, instance="new", release="2026.46") as new:
        with register(engine, instance="old", release="2026.5") as old:
            assert new.wait_until_seen(SOON)
            assert old.wait_until_seen(SOON)
            assert migrator.minimum_version("api", max_age=now) == "2026.5"
        assert migrator.minimum_version("api", engine, max_age=now) == "2026.46"
    assert migrator.minimum_version("api", engine, max_age=now) is None
    assert migrator.minimum_version("worker", engine) is None


def test_a_silent_instance_counts_for_the_minimum_version(database: Database, engine: sa.Engine) -> None:
    long_ago: sa.ColumnElement[str] = sa.literal_column("'2001-01-01 00:00:00.000000'")
    row = {"name": "api", "revisions": "[]", "heads": "[]", "expiry_ms": 1}
    moments = {"registered_at": long_ago, "last_seen": long_ago}
    database.execute(sa.insert(TABLE).values(**row, **moments, instance="gone", release="1.0"))
    with register(engine, instance="new", release="2.0") as registration:
        assert registration.wait_until_seen(SOON)
        assert migrator.minimum_version("api", engine, max_age=timedelta()) == "1.0"


def test_an_instance_without_a_release_leaves_the_minimum_unknown(database: Database, engine: sa.Engine) -> None:
    with register(engine, instance="a", release="2.0") as one, register(engine, instance="b", release="") as other:
        assert one.wait_until_seen(SOON)
        assert other.wait_until_seen(SOON)
        assert migrator.minimum_version("api", engine, max_age=timedelta()) is None


def test_the_minimum_version_is_remembered_for_its_max_age(database: Database, engine: sa.Engine) -> None:
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    assert [migrator.minimum_version("api", engine) for _ in range(100)] == [None] * 100
    assert len([text for text in asked if "migrator_service" in text]) == 1


def test_without_our_table_the_minimum_version_is_unknown(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    assert migrator.minimum_version("api", database.engine()) is None
    assert "migrator expand" in caplog.text


def test_an_async_question_over_a_plain_engine_is_refused(engine: sa.Engine) -> None:
    from migrator.services.minimum import aminimum_version

    question = aminimum_version("api", engine)  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(ConfigurationError, match="AsyncEngine"):
        question.send(None)
