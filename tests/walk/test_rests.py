"""The rests of a polite run, on a server of the test's own: on one that is shared somebody always runs something."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.data.context import Context
from migrator.data.kinds import FunctionMigration
from migrator.data.pace import Pace
from tests.integration.data.running import Runner, items
from tests.integration.data.test_function import TODO, copy
from tests.servers.server import Server
from tests.support.database import database_on_server

NAP: Mapping[str, str] = {
    "postgresql": "SELECT pg_sleep({})",
    "mariadb": "SELECT SLEEP({})",
    "mysql": "SELECT SLEEP({})",
}
# MySQL counts a thread of its own among those that run, so that a run there is never alone.
pytestmark = [pytest.mark.slow, pytest.mark.servers("postgresql", "mariadb")]


def test_a_long_rest_becomes_a_short_one_once_the_others_are_gone_and_it_is_said_why(
    server: str, own_server: Server
) -> None:
    def slowly(context: Context, max_count: int) -> tuple[int, int]:
        context.connection.execute(sa.text(NAP[server].format(0.5)))
        return copy(context, min(5, max_count))

    said: list[str] = []
    with database_on_server(server, own_server.url) as database:
        items(database, 10)
        client = threading.Thread(target=database.execute, args=(NAP[server].format(2),))
        client.start()
        migration = FunctionMigration(name="fill", function=slowly, remaining=TODO)
        report = Runner(database=database, migrations=[migration])(pace=Pace(), say=said.append)
        client.join()
    (row,) = report.rows
    assert (report.exit_code, row.done) == (0, 10)
    # The rest behind a batch of half a second would be one of half a minute.
    assert timedelta(seconds=1) < row.throttled < timedelta(seconds=15)
    assert [one for one in said if "others use the server" in one and "--full-speed" in one]
