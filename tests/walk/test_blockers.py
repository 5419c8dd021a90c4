"""Whoever keeps a statement of a revision waiting is named: for a table's lock, and for that of a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.support import items
from tests.support.database import Database
from tests.support.project import Project

NAME = "the-other-one"
OPTION = {"postgresql": "application_name", "mysql": "program_name"}
COLUMN = 'op.add_column("item", sa.Column("extra", sa.Integer))'
ROWS = 'op.execute("UPDATE item SET gone = 2 WHERE id = 1")'
ALLOW = {"unbatched-backfill": "one row"}


@contextmanager
def holding_a_row(database: Database) -> Iterator[str]:
    """Somebody's open transaction that changed a row, and so has the table too; gives its session."""
    engine = database.engine(poolclass=sa.NullPool, connect_args={OPTION[database.dialect]: NAME})
    number = "pg_backend_pid()" if database.dialect == "postgresql" else "CONNECTION_ID()"
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE item SET gone = 1 WHERE id = 1")
        yield str(connection.exec_driver_sql(f"SELECT {number}").scalar_one())


@pytest.mark.servers("postgresql", "mariadb", "mysql")
@pytest.mark.parametrize("upgrade", [COLUMN, ROWS], ids=["table", "row"])
@pytest.mark.parametrize("budget", ["1", "4"], ids=["at-once", "after-a-retry"])
def test_whoever_keeps_a_statement_waiting_is_named(
    database: Database, project: Project, server: str, upgrade: str, budget: str
) -> None:
    items.with_items(database, project)
    project.revision("expand", "change", upgrade, allow=ALLOW)
    with holding_a_row(database) as session:
        refused = project.run("expand", "--lock-timeout", "1", "--lock-budget", budget)
    assert refused.exit_code == 5, refused.output
    assert "Traceback" not in refused.stderr
    user = sa.make_url(database.url).username
    said = [line for line in refused.stderr.splitlines() if "held by" in line]
    assert len(said) >= (2 if budget == "4" else 1), refused.stderr
    for line in said:
        named = next(one for one in line.partition("held by ")[2].split("; ") if one.startswith(f"session {session},"))
        assert f"user {user}" in named
        assert "idle in transaction" in named
        assert "in a transaction for" in named
        # MariaDB doesn't keep what a client calls itself, unless its performance_schema is on.
        assert (f"application {NAME}" in named) == (server != "mariadb")
    assert project.run("expand").exit_code == 0
