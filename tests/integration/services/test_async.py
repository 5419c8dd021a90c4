"""The same over an AsyncEngine: the heartbeat is a task of the application's loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import migrator
from migrator.errors import ConfigurationError
from migrator.model.service import ServiceState
from tests.support.cable import cabled
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import ASYNC_DRIVERS
from tests.support.services import SOON, TABLE, TICK, last_seen, make_tables, read, the_service

Use = Callable[[AsyncEngine], Awaitable[None]]


def async_url(url: str) -> sa.URL:
    made = sa.make_url(url)
    return made.set(drivername=ASYNC_DRIVERS[made.get_backend_name()], query={})


@asynccontextmanager
async def engine_of(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(async_url(url))
    try:
        yield engine
    finally:
        await engine.dispose()


def run(url: str, use: Use) -> None:
    """Use an async engine in a loop of its own."""

    async def main() -> None:
        async with engine_of(url) as engine:
            await use(engine)

    asyncio.run(main())


def register(engine: AsyncEngine, **options: Any) -> migrator.AsyncRegistration:
    given = {"heads": ["b71e"], "release": "2.0", "interval": TICK, "expiry": timedelta(minutes=1), **options}
    return migrator.register(engine, "api", **given)


async def in_time(question: Callable[[], Any], what: str) -> Any:
    """``eventually``, beside the loop."""
    return await asyncio.to_thread(eventually, question, what=what)


async def a_beat(database: Database) -> None:
    before = await asyncio.to_thread(last_seen, database)
    await in_time(lambda: last_seen(database) not in (None, before), "a heartbeat")


def test_an_async_service_is_heard_of_and_takes_its_leave(database: Database) -> None:
    make_tables(database)

    async def use(engine: AsyncEngine) -> None:
        async with register(engine, instance="web-1") as registration:
            assert await registration.wait_until_seen(SOON)
            await a_beat(database)
            await a_beat(database)
            assert await migrator.aminimum_version("api") == "2.0"

    run(database.url, use)
    assert (the_service(database).label, the_service(database).state) == ("api/web-1", ServiceState.STOPPED)


def test_a_forgotten_async_service_comes_back(database: Database) -> None:
    make_tables(database)

    async def use(engine: AsyncEngine) -> None:
        registration = register(engine)
        assert await registration.wait_until_seen(SOON)
        database.execute(sa.delete(TABLE))
        await in_time(lambda: read(database), "it registers again")
        await registration.aderegister()
        await registration.aderegister()

    run(database.url, use)
    assert the_service(database).state is ServiceState.STOPPED


def test_the_end_of_the_loop_is_a_leave(database: Database) -> None:
    make_tables(database)

    async def main() -> None:
        registration = register(create_async_engine(async_url(database.url), poolclass=sa.NullPool))
        assert await registration.wait_until_seen(SOON)

    asyncio.run(main())
    assert the_service(database).state is ServiceState.STOPPED


def test_the_same_async_instance_again_takes_the_earlier_ones_place(database: Database) -> None:
    make_tables(database)

    async def use(engine: AsyncEngine) -> None:
        assert await register(engine, instance="web-1", release="1.0").wait_until_seen(SOON)
        async with register(engine, instance="web-1", release="2.0") as registration:
            assert await registration.wait_until_seen(SOON)
            await in_time(lambda: the_service(database).release == "2.0", "the new release")
            tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("migrator heartbeat")]
            assert len(tasks) == 1
            assert the_service(database).state is ServiceState.LIVE

    run(database.url, use)


def test_an_async_service_without_our_tables_is_warned_and_lives(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(engine: AsyncEngine) -> None:
        async with register(engine) as registration:
            await in_time(lambda: "migrator expand" in caplog.text, "a warning")
            await asyncio.to_thread(make_tables, database)
            assert await registration.wait_until_seen(SOON)

    run(database.url, use)
    assert caplog.text.count("is not there") == 1


@pytest.mark.servers("postgresql", "mariadb", "mysql")
@pytest.mark.parametrize(("fault", "said"), [("cut", "not heard of"), ("hold", "didn't answer within")])
def test_an_async_service_survives_a_server_that_goes(
    database: Database, caplog: pytest.LogCaptureFixture, fault: str, said: str
) -> None:
    make_tables(database)
    with cabled(database.url) as cable:

        async def use(engine: AsyncEngine) -> None:
            async with register(engine, expiry=timedelta(seconds=1)) as registration:
                assert await registration.wait_until_seen(SOON)
                getattr(cable, fault)()
                await in_time(lambda: said in caplog.text, "a warning")
                cable.mend()
                await a_beat(database)

        run(cable.url, use)
    assert the_service(database).state is ServiceState.STOPPED


def test_a_registration_ends_on_its_own_loop_only(database: Database) -> None:
    make_tables(database)

    async def use(engine: AsyncEngine) -> None:
        async with register(engine) as registration:

            def elsewhere() -> None:
                with pytest.raises(ConfigurationError, match="another event loop"):
                    asyncio.run(registration.aderegister())

            await asyncio.to_thread(elsewhere)

    run(database.url, use)


def test_an_async_engine_without_a_loop_is_refused(database: Database) -> None:
    engine = create_async_engine(async_url(database.url))
    with pytest.raises(ConfigurationError, match="no event loop runs"):
        register(engine)
    with pytest.raises(ConfigurationError, match="AsyncEngine"):
        migrator.register(engine.sync_engine, "api", heads=[])
