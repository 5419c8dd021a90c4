"""The heartbeat survives a restart of the database; the server here is the test's own."""

from __future__ import annotations

import pytest

from migrator.model.service import ServiceState
from tests.servers.server import Server
from tests.support.database import database_on_server
from tests.support.services import SOON, make_tables, register, the_service, wait_for_a_beat


@pytest.mark.slow
@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_service_is_heard_of_again_after_the_database_was_killed_and_started(
    server: str, own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with database_on_server(server, own_server.url) as database:
        make_tables(database)
        with register(database.engine()) as registration:
            assert registration.wait_until_seen(SOON)
            own_server.kill()
            own_server.start()
            wait_for_a_beat(database)
            assert the_service(database).state is ServiceState.LIVE
        assert the_service(database).state is ServiceState.STOPPED
    assert "is not heard of" in caplog.text
