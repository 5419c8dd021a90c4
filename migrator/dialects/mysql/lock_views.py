"""What MySQL and MariaDB show of locks and statements, each question with what is asked where the answer is withheld.

Source: MySQL manual 8.4, performance_schema.metadata_locks and data_lock_waits (run on 9.7); MariaDB manual,
METADATA_LOCK_INFO plugin, information_schema.INNODB_LOCK_WAITS, INNODB_TRX and PROCESSLIST (run on 10.11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.model.database import LockHolder

# No such table, no such view, no such privilege (on the table, on a column, in general).
_WITHHELD = (1044, 1109, 1142, 1143, 1146, 1227)
_WAITS_FOR_METADATA = "Waiting for table metadata lock"

_MYSQL_SESSION = (
    "SELECT DISTINCT th.processlist_id AS session, th.processlist_user AS user,"
    " (SELECT a.attr_value FROM performance_schema.session_connect_attrs a"
    "  WHERE a.processlist_id = th.processlist_id AND a.attr_name = 'program_name') AS application,"
    " th.processlist_command AS command,"
    " COALESCE((SELECT e.timer_wait / 1e12 FROM performance_schema.events_transactions_current e"
    "  WHERE e.thread_id = th.thread_id AND e.state = 'ACTIVE'), th.processlist_time) AS age"
)
_MYSQL_HOLDERS = sa.text(
    f"{_MYSQL_SESSION} FROM performance_schema.metadata_locks g"
    " JOIN performance_schema.threads th ON th.thread_id = g.owner_thread_id"
    " WHERE g.object_type = 'TABLE' AND g.object_schema = COALESCE(:schema, DATABASE()) AND g.object_name = :table"
    " AND g.lock_status = 'GRANTED' AND th.processlist_id <> CONNECTION_ID()"
    " AND COALESCE(th.processlist_info, '') NOT LIKE '/* migrator %'"
    " ORDER BY age DESC, session"
)
_MYSQL_SHOWN = sa.text("SELECT @@performance_schema")
_MYSQL_BLOCKERS = sa.text(
    f"{_MYSQL_SESSION} FROM performance_schema.metadata_locks w"
    " JOIN performance_schema.threads me ON me.thread_id = w.owner_thread_id AND me.processlist_id = :session"
    " JOIN performance_schema.metadata_locks g ON g.object_type = w.object_type AND g.object_schema = w.object_schema"
    " AND g.object_name = w.object_name AND g.lock_status = 'GRANTED' AND g.owner_thread_id <> w.owner_thread_id"
    " JOIN performance_schema.threads th ON th.thread_id = g.owner_thread_id"
    " WHERE w.lock_status = 'PENDING' ORDER BY age DESC"
)
_MYSQL_ROW_BLOCKERS = sa.text(
    f"{_MYSQL_SESSION} FROM performance_schema.data_lock_waits w"
    " JOIN performance_schema.threads me ON me.thread_id = w.requesting_thread_id AND me.processlist_id = :session"
    " JOIN performance_schema.threads th ON th.thread_id = w.blocking_thread_id"
    " ORDER BY age DESC, session"
)
_MARIADB_SESSION = "SELECT DISTINCT m.thread_id AS session, p.user AS user, '' AS application, p.command AS command,"
_MARIADB_GRANTED = (
    " FROM information_schema.metadata_lock_info m LEFT JOIN information_schema.processlist p ON p.id = m.thread_id"
    " WHERE m.table_schema = COALESCE(:schema, DATABASE()) AND m.table_name = :table"
    " AND m.thread_id <> CONNECTION_ID() AND COALESCE(p.info, '') NOT LIKE '/* migrator %'"
    " ORDER BY age DESC, session"
)
_MARIADB_AGE = (
    "SELECT MAX(TIMESTAMPDIFF(MICROSECOND, x.trx_started, NOW(6))) / 1e6"
    " FROM information_schema.innodb_trx x WHERE x.trx_mysql_thread_id = m.thread_id"
)
_MARIADB_HOLDERS = sa.text(f"{_MARIADB_SESSION} COALESCE(({_MARIADB_AGE}), p.time) AS age{_MARIADB_GRANTED}")
# Without PROCESS the age of the session's last change of state must do.
_MARIADB_HOLDERS_UNPRIVILEGED = sa.text(f"{_MARIADB_SESSION} p.time AS age{_MARIADB_GRANTED}")
_MARIADB_PLUGIN = sa.text(
    "SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'METADATA_LOCK_INFO' AND plugin_status = 'ACTIVE'"
)
_TRANSACTIONS = sa.text(
    "SELECT x.trx_mysql_thread_id AS session, p.user AS user, '' AS application, p.command AS command,"
    " TIMESTAMPDIFF(MICROSECOND, x.trx_started, NOW(6)) / 1e6 AS age"
    " FROM information_schema.innodb_trx x JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id"
    " WHERE x.trx_mysql_thread_id <> CONNECTION_ID() AND x.trx_mysql_thread_id <> :session AND p.db = DATABASE()"
    " AND COALESCE(p.info, '') NOT LIKE '/* migrator %'"
    " ORDER BY age DESC, session"
)
# InnoDB's views answer from one cache, which is renewed only after 0.1 s in which nobody read it: within this question
# all three are of one moment, and whoever asks again sooner gets the same answer.
_INNODB_ROW_BLOCKERS = sa.text(
    "SELECT DISTINCT b.trx_mysql_thread_id AS session, p.user AS user, '' AS application, p.command AS command,"
    " TIMESTAMPDIFF(MICROSECOND, b.trx_started, NOW(6)) / 1e6 AS age"
    " FROM information_schema.innodb_lock_waits w"
    " JOIN information_schema.innodb_trx me ON me.trx_id = w.requesting_trx_id AND me.trx_mysql_thread_id = :session"
    " JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id"
    " LEFT JOIN information_schema.processlist p ON p.id = b.trx_mysql_thread_id"
    " ORDER BY age DESC, session"
)
_WAITS_FOR_A_ROW = sa.text(
    "SELECT 1 FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = :session AND trx_state = 'LOCK WAIT'"
)
_STATE = sa.text("SELECT state FROM information_schema.processlist WHERE id = :session")
_MYSQL_PROGRESS = sa.text(
    "SELECT s.event_name AS stage, s.work_completed AS done, s.work_estimated AS total"
    " FROM performance_schema.events_stages_current s"
    " JOIN performance_schema.threads th ON th.thread_id = s.thread_id AND th.processlist_id = :session"
)
_MARIADB_PROGRESS = sa.text(
    "SELECT state, stage, max_stage, progress FROM information_schema.processlist WHERE id = :session"
)
_MARKED = sa.text(
    "SELECT p.id AS session, p.user AS user, '' AS application, p.command AS command, p.time AS age"
    " FROM information_schema.processlist p WHERE p.id <> CONNECTION_ID() AND p.db = DATABASE()"
    " AND LEFT(p.info, :length) = :mark ORDER BY age DESC"
)


def holders_of_table(connection: Connection, table: str, schema: str | None) -> tuple[LockHolder, ...] | None:
    """Who holds the table's metadata lock, the oldest transaction first; None where the server doesn't show it."""
    mariadb = _is_mariadb(connection)
    if not connection.execute(_MARIADB_PLUGIN if mariadb else _MYSQL_SHOWN).scalar():
        return None
    names = {"schema": schema, "table": table}
    for question in (_MARIADB_HOLDERS, _MARIADB_HOLDERS_UNPRIVILEGED) if mariadb else (_MYSQL_HOLDERS,):
        rows = _asked(connection, question, names)
        if rows is not None:
            return _holders(rows)
    return None


def open_transactions(connection: Connection, *, but: int = 0) -> tuple[LockHolder, ...]:
    """The open transactions of sessions in this database, without that of ``but``: candidates, since the server shows
    no tables of theirs.  InnoDB shows them as they were up to 0.1 s ago, and their begin in whole seconds.

    Empty without the PROCESS privilege."""
    return _holders(_asked(connection, _TRANSACTIONS, {"session": but}) or (), certain=False)


def blockers_of(connection: Connection, session: int) -> tuple[LockHolder, ...]:
    """Who holds the metadata lock or the row lock that the session waits for; candidates where that isn't shown."""
    certain = _certain_blockers(connection, {"session": session})
    if certain is not None:
        return certain
    metadata = connection.execute(_STATE, {"session": session}).scalar() == _WAITS_FOR_METADATA
    waits = metadata or _asked(connection, _WAITS_FOR_A_ROW, {"session": session})
    return open_transactions(connection, but=session) if waits else ()


def progress_of(connection: Connection, session: int) -> str:
    """Stage, share and what the server calls it, as far as it says; ``stage 2 of 3, 45 %``."""
    if _is_mariadb(connection):
        row = connection.execute(_MARIADB_PROGRESS, {"session": session}).first()
        if row is None or row.state == _WAITS_FOR_METADATA:
            return ""
        share = f"stage {row.stage} of {row.max_stage}, {float(row.progress):.0f} %" if row.max_stage else ""
        return ": ".join(part for part in (row.state, share) if part)
    rows = _asked(connection, _MYSQL_PROGRESS, {"session": session})
    if rows:
        name = str(rows[0].stage).rpartition("/")[2]
        done, total = rows[0].done, rows[0].total
        return f"{name}: {min(100, 100 * int(done) // int(total))} %" if total else name
    state = connection.execute(_STATE, {"session": session}).scalar()
    return "" if state in (None, _WAITS_FOR_METADATA) else str(state)


def marked_statements(connection: Connection, mark: str) -> tuple[LockHolder, ...]:
    """The sessions of this database whose statement begins with the mark; ``age`` is the statement's."""
    return _holders(connection.execute(_MARKED, {"mark": mark, "length": len(mark)}).all())


def number_of(error: DBAPIError) -> int:
    """The server's error number; 0 where there is none."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0


def _certain_blockers(connection: Connection, values: Mapping[str, object]) -> tuple[LockHolder, ...] | None:
    """None where the server may not say, or doesn't know; a session waits for one sort of lock at a time."""
    mariadb = _is_mariadb(connection)
    known = not mariadb
    for question in (_INNODB_ROW_BLOCKERS,) if mariadb else (_MYSQL_BLOCKERS, _MYSQL_ROW_BLOCKERS):
        rows = _asked(connection, question, values)
        if rows:
            return _holders(rows)
        known = known and rows is not None
    return () if known else None


def _asked(
    connection: Connection, question: sa.TextClause, values: Mapping[str, object]
) -> Sequence[sa.Row[Any]] | None:
    """The rows; None where this user may not ask, or the server has no such view."""
    try:
        return connection.execute(question, values).all()
    except DBAPIError as error:
        if number_of(error) in _WITHHELD:
            return None
        raise


def _holders(rows: Sequence[sa.Row[Any]], *, certain: bool = True) -> tuple[LockHolder, ...]:
    return tuple(
        LockHolder(
            session=str(row.session),
            user=row.user or "",
            application=row.application or "",
            age=None if row.age is None else timedelta(seconds=max(0.0, float(row.age))),
            state=_STATES.get(row.command or "", (row.command or "").lower()),
            certain=certain,
        )
        for row in rows
    )


def _is_mariadb(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))


_STATES = {"Sleep": "idle in transaction", "Query": "active", "Execute": "active"}
