"""What a statement did on PostgreSQL: its locks, the storage that it wrote anew, the tables that it read.

Source: PostgreSQL manual, "Explicit Locking" (table 13.2), pg_locks, pg_class.relfilenode, "Cumulative Statistics"
(pg_stat_get_xact_numscans); run on 14, 15 and 18.  On empty tables too: a rewrite gives a table new storage however
little is in it, and a scan is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from migrator.dialects.postgresql.text_reach import reach
from migrator.dialects.tracing import Asked, Existing, Locks, Send, TraceRules, looking_on
from migrator.model.trace import Measure

_RELATIONS = sa.text(
    "SELECT c.oid::text AS id, CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END"
    " AS name, c.relkind AS kind, COALESCE(pg_relation_filenode(c.oid), 0) AS storage,"
    " pg_stat_get_xact_numscans(c.oid) AS scans,"
    " format('%I.%I', n.nspname, c.relname) AS quoted, COALESCE(i.indrelid, 0)::text AS owner"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
    " WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I')"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg_temp%'"
    " ORDER BY c.oid"
)
_LOCKS = sa.text(
    "SELECT relation::text AS id, mode, granted FROM pg_catalog.pg_locks"
    " WHERE pid = :pid AND locktype = 'relation' ORDER BY relation, mode"
)
_WAITS = sa.text("SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE pid = :pid AND NOT granted)")
_END = sa.text(
    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
    " WHERE datname = :name AND pid <> pg_catalog.pg_backend_pid()"
)
_ROLES = sa.text("SELECT rolname FROM pg_catalog.pg_roles")
_TIME_ZONE = sa.text("SELECT pg_catalog.current_setting('TimeZone')")
_TABLES = ("r", "p", "m")
_HELD_BY_CLIENTS = ("r", "p")
_STOPS_WRITERS = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")


@dataclass(frozen=True, kw_only=True)
class _State:
    storage: Mapping[str, int] = field(default_factory=dict)
    scans: Mapping[str, int] = field(default_factory=dict)
    locks: Locks = field(default_factory=dict)


class PostgreSQLTracing(TraceRules):
    """Needs CREATEDB; sees its own sessions without further rights."""

    rights = "ALTER ROLE <role> CREATEDB"

    def has_tables(self, connection: Connection) -> bool:
        return any(row.kind in _TABLES for row in connection.execute(_RELATIONS))

    def create(self, connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f"CREATE DATABASE {_quoted(connection, name)} TEMPLATE template0")

    def end_sessions(self, connection: Connection, name: str) -> None:
        connection.execute(_END, {"name": name})

    def drop(self, connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {_quoted(connection, name)} WITH (FORCE)")

    def existing(self, connection: Connection) -> Existing:
        rows = connection.execute(_RELATIONS).all()
        held = tuple(str(row.quoted) for row in rows if row.kind in _HELD_BY_CLIENTS)
        names = {row.id: row.name for row in rows}
        owners = {row.name: names[row.owner] for row in rows if row.owner in names}
        return Existing(names=names, tables=held, owners=owners)

    def unsent(self, connection: Connection, sql: str) -> str:
        found = reach(sql)
        if found.server:
            return f"it changes {found.server}"
        there = set(connection.execute(_ROLES).scalars()) if found.roles else set()
        missing = [one for one in found.roles if one not in there]
        return f"the server has no role {missing[0]}; make one there, and it is measured" if missing else ""

    def session(self, connection: Connection) -> Mapping[str, str]:
        return {"TimeZone": str(connection.execute(_TIME_ZONE).scalar_one())}

    def measured(self, connection: Connection, engine: Engine, asked: Asked, existing: Existing, send: Send) -> Measure:
        before = _state(connection, existing)
        if asked.outside:
            locks = self._outside(connection, engine, asked, existing, send)
            after = _state(connection, existing)
            return _measure(existing, before, after, new=locks, held=locks, scans={})
        send(asked.sql)
        after = _state(connection, existing)
        new = {
            table: tuple(mode for mode in modes if mode not in before.locks.get(table, ()))
            for table, modes in after.locks.items()
        }
        scans = {one: count for one, count in after.scans.items() if count > before.scans.get(one, 0)}
        return _measure(existing, before, after, new=new, held=after.locks, scans=scans)

    def _outside(self, connection: Connection, engine: Engine, asked: Asked, existing: Existing, send: Send) -> Locks:
        pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()

        def see(other: Connection) -> tuple[Locks, bool]:
            waits = bool(other.execute(_WAITS, {"pid": pid}).scalar_one())
            return _locks(other, pid, existing), waits

        there = {str(row.quoted) for row in connection.execute(_RELATIONS) if row.kind in _HELD_BY_CLIENTS}
        tables = [one for one in existing.tables if one in there]
        lock = f"LOCK TABLE {', '.join(tables)} IN ROW EXCLUSIVE MODE NOWAIT".replace(":", r"\:")
        hold = [sa.text(lock)] if tables else []
        with looking_on(engine, hold, see) as seen:
            send(asked.sql)
        return seen()


def _state(connection: Connection, existing: Existing) -> _State:
    """Locks first: to read the catalogue takes some of its own, though none on the user's tables."""
    pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    locks = _locks(connection, pid, existing)
    rows = [row for row in connection.execute(_RELATIONS) if row.id in existing.names]
    return _State(
        storage={existing.names[row.id]: row.storage for row in rows},
        scans={existing.names[row.id]: row.scans for row in rows if row.kind in _TABLES},
        locks=locks,
    )


def _locks(connection: Connection, pid: int, existing: Existing) -> Locks:
    found: dict[str, list[str]] = {}
    for row in connection.execute(_LOCKS, {"pid": pid}):
        if row.id in existing.names:
            found.setdefault(existing.names[row.id], []).append(row.mode)
    return {name: tuple(dict.fromkeys(modes)) for name, modes in found.items()}


def _measure(
    existing: Existing, before: _State, after: _State, *, new: Locks, held: Locks, scans: Mapping[str, int]
) -> Measure:
    rewritten = [
        name for name, storage in after.storage.items() if storage and before.storage.get(name, storage) != storage
    ]
    scanned = [name for name in scans if name not in rewritten and _stops_writers(held.get(name, ()))]
    tables = dict.fromkeys(existing.owners.get(name, name) for name in rewritten)
    blocks = [_writes(existing, table, rewritten, held) for table in tables]
    blocks += [f"reads all of {name} under {_strongest(held.get(name, ()))}" for name in scanned]
    return Measure(
        locks={name: modes for name, modes in new.items() if modes},
        rewritten=tuple(rewritten),
        scanned=tuple(scanned),
        blocks=tuple(blocks),
    )


def _writes(existing: Existing, table: str, rewritten: Sequence[str], held: Locks) -> str:
    indexes = [name for name in rewritten if existing.owners.get(name) == table]
    number = f"{len(indexes)} index{'' if len(indexes) == 1 else 'es'}"
    what = f"{table} and {number} of it" if table in rewritten else f"{number} of {table}"
    return f"writes {what} anew under {_strongest(held.get(table, ()))}"


def _stops_writers(modes: tuple[str, ...]) -> bool:
    return any(mode in _STOPS_WRITERS for mode in modes)


def _strongest(modes: tuple[str, ...]) -> str:
    return next((mode for mode in reversed(_STOPS_WRITERS) if mode in modes), "its lock")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def trace_rules(name: str) -> TraceRules:
    """The rules of ``postgresql``."""
    return PostgreSQLTracing()
