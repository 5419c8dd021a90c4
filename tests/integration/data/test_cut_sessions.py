"""All sessions end at the statements of a run in turn, as by a server that crashes: nothing is lost, nothing twice.

What a crash does to the files is the server's; what it does to a run is this, and the run can't tell the difference.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.errors import MigratorError
from tests.integration.data.running import Runner, fill, items, open_store
from tests.integration.data.test_transform import transform
from tests.support.clock import HandClock
from tests.support.database import Database

SERVERS = pytest.mark.servers("postgresql", "mariadb", "mysql")
ROWS = 8
MOST_STATEMENTS = 200
_SESSIONS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}
_END = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


@dataclass
class Crash:
    """Ends all sessions of the database before the n-th statement of the run."""

    database: Database
    at: int
    seen: int = 0
    statements: list[str] = field(default_factory=list)

    @contextmanager
    def coming(self) -> Iterator[None]:
        own = self.database.engine()

        def execute(connection: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
            if connection.engine.pool is own.pool:
                return
            self.seen += 1
            self.statements.append(statement)
            if self.seen == self.at:
                self._end(own)

        sa.event.listen(sa.Engine, "before_cursor_execute", execute)
        try:
            yield
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", execute)
            own.dispose()

    def _end(self, own: sa.Engine) -> None:
        with own.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for (session,) in connection.execute(sa.text(_SESSIONS[self.database.dialect])).all():
                with contextlib.suppress(sa.exc.DBAPIError):  # it ended by itself
                    connection.execute(sa.text(_END[self.database.dialect].format(int(session))))


@SERVERS
@pytest.mark.slow
@pytest.mark.quick_on("postgresql", "mysql")
@pytest.mark.parametrize(("kind", "workers"), [("update", 1), ("transform", 1), ("update", 2)])
def test_a_run_whose_sessions_end_at_any_statement_goes_on_or_its_re_run_does(
    database: Database,
    kind: str,
    workers: int,
    places: Callable[[int], Iterator[int]],
    generated: Callable[[int], int],
) -> None:
    migration = {"update": fill(batch_size=4), "transform": transform(name="fill", batch_size=4)}[kind]
    items(database, ROWS)
    runner = Runner(database=database, migrations=[migration])
    assert runner(clock=HandClock(), workers=workers).exit_code == 0  # our tables are there from now on
    crashed = 0
    for at in places(MOST_STATEMENTS):
        database.execute(
            "UPDATE item SET new = NULL, touched = 0",
            "DELETE FROM migrator_data_migration",
            "DELETE FROM migrator_data_range",
        )
        crash = Crash(database, at)
        store = open_store(database.url, clock=HandClock())
        with crash.coming(), contextlib.suppress(MigratorError):
            runner.on(store, workers=workers)
        if crash.seen < at:
            break
        crashed += 1
        report = runner(clock=HandClock(), workers=workers)
        assert report.exit_code == 0, (at, crash.statements[-1], report)
        assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched") == [(1, ROWS)], at
        assert database.rows("SELECT state, found, done FROM migrator_data_migration") == [("done", ROWS, ROWS)], at
    assert crashed >= generated(12), "each statement of two batches, and of the questions before and after"
    assert crash.seen < at, "it came to an end"
