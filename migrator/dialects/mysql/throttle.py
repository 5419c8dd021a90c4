"""Load, blocked sessions and replicas of MySQL and MariaDB.

Source: MySQL manual 8.4, data_lock_waits and SHOW REPLICA STATUS; MariaDB manual, INNODB_LOCK_WAITS and SHOW ALL SLAVES
STATUS.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.dialects.mysql.lock_views import number_of
from migrator.dialects.throttle import Running, ThrottleRules

# No such table, no such view, no such privilege.
_WITHHELD = (1044, 1109, 1142, 1143, 1146, 1227)
_SHOWN = sa.text("SELECT @@performance_schema")
# Other data runners wait for our row of the data migration: that is their turn, and nobody's harm.
_MYSQL_BLOCKED = sa.text(
    "SELECT COUNT(DISTINCT w.requesting_thread_id) FROM performance_schema.data_lock_waits w"
    " JOIN performance_schema.threads b ON b.thread_id = w.blocking_thread_id AND b.processlist_id IN :sessions"
    " JOIN performance_schema.data_locks l ON l.engine = w.engine AND l.engine_lock_id = w.requesting_engine_lock_id"
    " WHERE l.object_name NOT LIKE 'migrator\\_%'"
).bindparams(sa.bindparam("sessions", expanding=True))
_MARIADB_BLOCKED = sa.text(
    "SELECT COUNT(DISTINCT w.requesting_trx_id) FROM information_schema.innodb_lock_waits w"
    " JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id AND b.trx_mysql_thread_id IN :sessions"
    " JOIN information_schema.innodb_locks l ON l.lock_id = w.requested_lock_id"
    " WHERE l.lock_table NOT LIKE '%`migrator\\_%'"
).bindparams(sa.bindparam("sessions", expanding=True))
# Threads_running counts the event scheduler (on MySQL it is on by default), each replica that is connected, and
# MariaDB's appliers: on an idle MySQL 9.7 it is 2, with a replica 3.  So clients are counted by themselves, by the
# first of these questions that the role may ask.  ``shown``: who asks is in the list; else that schema is off
_NO_STATEMENT = (
    *("Sleep", "Daemon", "Connect", "Binlog Dump", "Binlog Dump GTID"),
    *("Slave_IO", "Slave_SQL", "Slave_worker"),
)
_OF_THREADS = (
    "SELECT SUM(processlist_id = CONNECTION_ID()) AS shown, SUM(connection_type IS NOT NULL"
    " AND processlist_command NOT IN :no_statement"
    " AND processlist_id <> CONNECTION_ID() AND processlist_id NOT IN :ours) AS running"
    " FROM performance_schema.threads WHERE processlist_id IS NOT NULL"
)
# Without PROCESS a process list is silently that of one's own user.  This table of InnoDB, mostly empty, refuses.
_OF_LIST = (
    "SELECT (SELECT COUNT(*) FROM information_schema.innodb_ft_being_deleted) AS refused,"
    " SUM(id = CONNECTION_ID()) AS shown, SUM(command NOT IN :no_statement"
    " AND user NOT IN ('system user', 'event_scheduler') AND id <> CONNECTION_ID() AND id NOT IN :ours) AS running"
)


def _asked(*questions: str) -> tuple[sa.TextClause, ...]:
    ours = sa.bindparam("ours", type_=sa.BigInteger(), expanding=True)
    idle = sa.bindparam("no_statement", _NO_STATEMENT, type_=sa.String(), expanding=True)
    return tuple(sa.text(question).bindparams(ours, idle) for question in questions)


_BY_CLIENTS = {
    False: _asked(_OF_THREADS, f"{_OF_LIST} FROM performance_schema.processlist"),
    True: _asked(f"{_OF_LIST} FROM information_schema.processlist"),
}
_RUNNING = sa.text("SHOW GLOBAL STATUS LIKE 'Threads_running'")
_WAY = "migrator_clients"
_LAG_COLUMNS = ("seconds_behind_source", "seconds_behind_master")


class MySQLThrottle(ThrottleRules):
    """A primary doesn't know how far its replicas are; they are asked themselves."""

    remedy_blocked = "grant SELECT ON performance_schema.* (MySQL) or PROCESS (MariaDB) to the user that migrates"
    remedy_active = "grant PROCESS to the user that migrates"

    def blocked(self, connection: Connection, sessions: Sequence[str]) -> int | None:
        mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        if not mariadb and not connection.execute(_SHOWN).scalar():
            return None
        question = _MARIADB_BLOCKED if mariadb else _MYSQL_BLOCKED
        try:
            return int(connection.execute(question, {"sessions": [int(one) for one in sessions] or [0]}).scalar_one())
        except DBAPIError as error:
            if number_of(error) in _WITHHELD:
                return None
            raise

    def active(self, connection: Connection, ours: Sequence[str] = ()) -> Running | None:
        values = {"ours": [int(one) for one in ours] or [0]}
        questions = _BY_CLIENTS[bool(getattr(connection.dialect, "is_mariadb", False))]
        # What was refused once is not asked again on this connection: that would be an error each time.
        for way in range(connection.info.get(_WAY, 0), len(questions)):
            connection.info[_WAY] = way
            count = _clients(connection, questions[way], values)
            if count is not None:
                return Running(count=count)
        connection.info[_WAY] = len(questions)
        row = connection.execute(_RUNNING).first()
        if row is None:
            return None
        count = max(0, int(row[1]) - 1)
        return Running(count=count, sure=count == 0)

    def lag_here(self, connection: Connection) -> timedelta | None:
        mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        rows = connection.execute(sa.text("SHOW ALL SLAVES STATUS" if mariadb else "SHOW REPLICA STATUS")).mappings()
        found = [_seconds(row) for row in rows]
        # A stopped or broken channel says NULL: that is unknown, and no lag of zero.
        known = [one for one in found if one is not None]
        return timedelta(seconds=max(known)) if known and len(known) == len(found) else None


def _clients(connection: Connection, question: sa.TextClause, values: dict[str, list[int]]) -> int | None:
    """How many run a statement; None where this role isn't shown it."""
    try:
        row = connection.execute(question, values).one()
    except DBAPIError as error:
        if number_of(error) in _WITHHELD:
            return None
        raise
    return int(row.running) if row.shown else None


def _seconds(row: sa.RowMapping) -> int | None:
    values: dict[str, Any] = {str(name).lower(): value for name, value in row.items()}
    found = [values[name] for name in _LAG_COLUMNS if values.get(name) is not None]
    return int(found[0]) if found else None
