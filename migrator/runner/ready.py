"""Is the database what this code needs?  Asked by the application itself, on its own engine; changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from migrator.db.translate import of_the_network, unanswered
from migrator.dialects import pack_for
from migrator.errors import AheadError, ConnectionLostError, UnreachableError
from migrator.model.ledger import LedgerEntry
from migrator.model.phase import Phase
from migrator.model.readiness import Readiness, Verdict
from migrator.runner.position import Position, locate
from migrator.scripts.config_file import find_config
from migrator.scripts.connecting import label_of
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.static_graph import static_graph
from migrator.state.ledger import entries_of
from migrator.state.tables import state_tables

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_MOST_NAMED = 5
_NO_HEADS: tuple[str, ...] = ()
Result = TypeVar("Result")


def ready(
    engine: Engine,
    *,
    config: Path | str | None = None,
    version_table: str = "alembic_version",
    version_table_schema: str | None = None,
) -> Readiness:
    """Ask whether this code may take traffic: one SELECT, two where the database is ahead, at most three.

    Read-only, without the runner lock, on a connection of ``engine`` that goes back as it came.  The scripts are read
    as text, once per process and configuration file; neither they nor env.py are imported.

    Args:
        engine: the application's own.
        config: alembic.ini or pyproject.toml of the scripts that this code ships with; None takes MIGRATOR_CONFIG,
            else the one in the working directory.
        version_table: as env.py names it.
        version_table_schema: the same; None is the connection's default.

    Returns:
        The verdict; ``.ok`` says whether to answer the probe with 200.

    Raises:
        UnreachableError: the database can't be reached; a probe answers 503.
        ConfigurationError: the scripts can't be read.
        DatabaseError: the question failed, for want of a privilege, say.
    """
    asking = _asking(config, version_table, version_table_schema)
    for last in (False, True):
        try:
            with _worded(engine), engine.connect() as connection:
                return asking.look(connection)
        except ConnectionLostError as error:
            if last:
                raise _lost(engine, error) from None
    raise AssertionError  # the loop ends in itself


async def aready(
    engine: AsyncEngine,
    *,
    config: Path | str | None = None,
    version_table: str = "alembic_version",
    version_table_schema: str | None = None,
) -> Readiness:
    """:func:`ready` for an async engine: the same arguments, the same answer, the same errors."""
    asking = await asyncio.to_thread(_asking, config, version_table, version_table_schema)
    for last in (False, True):
        try:
            with _worded(engine.sync_engine):
                async with engine.connect() as connection:
                    return await connection.run_sync(asking.look)
        except ConnectionLostError as error:
            if last:
                raise _lost(engine.sync_engine, error) from None
    raise AssertionError  # the loop ends in itself


def judge(graph: RevisionGraph, heads: Sequence[str], read: Callable[[], tuple[LedgerEntry, ...]]) -> Readiness:
    """The verdict from values alone.

    Args:
        heads: the version table's rows; empty when there is none.
        read: the ledger; asked only where a row is unknown to the scripts.
    """
    ledger = () if all(head in graph.revisions for head in heads) else read()
    try:
        position = locate(graph, heads, ledger)
    except AheadError as error:
        verdict = Verdict.AHEAD_INCOMPATIBLE if error.fields["known"] else Verdict.UNKNOWN
        return Readiness(verdict, why=error.message, release=str(error.fields.get("release", "")))
    return _of_position(position)


def _of_position(position: Position) -> Readiness:
    missing = [one.id for phase in (Phase.TRUNK, Phase.EXPAND) for one in position.pending(phase)]
    ahead = [entry.revision for entry in position.ahead]
    if missing:
        also = f", and it is ahead by the expands {_named(ahead)}" if ahead else ""
        return Readiness(Verdict.BEHIND, why=f"not applied yet: {_named(missing)}{also}")
    if ahead:
        releases = [entry.release for entry in position.ahead if entry.release]
        why = f"the database is ahead of this code by expands only ({_named(ahead)})"
        return Readiness(Verdict.AHEAD_COMPATIBLE, why=why, release=releases[-1] if releases else "")
    return Readiness(Verdict.READY, why="all expands of this code are applied, and nothing that it doesn't know")


def _named(revisions: Sequence[str]) -> str:
    more = len(revisions) - _MOST_NAMED
    return ", ".join(revisions[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, kw_only=True)
class _Asking:
    """What is asked, and against which scripts."""

    graph: RevisionGraph
    versions: sa.TableClause
    ledger: sa.Table
    # Engine → version rows, last event of the ledger (0 where it isn't asked), and the verdict on them: a rolled-back
    # image asks every few seconds, for days, and the ledger only ever grows.
    seen: WeakKeyDictionary[Engine, tuple[tuple[str, ...], int, Readiness]] = field(default_factory=WeakKeyDictionary)

    def look(self, connection: Connection) -> Readiness:
        heads = _unless_missing(connection, self.versions, lambda: self._heads(connection), default=_NO_HEADS)
        known = all(head in self.graph.revisions for head in heads)
        last = 0 if known else _unless_missing(connection, self.ledger, lambda: self._last(connection), default=0)
        before = self.seen.get(connection.engine)
        if before is not None and before[:2] == (heads, last):
            return before[2]
        readiness = judge(self.graph, heads, lambda: entries_of(connection, self.ledger) if last else ())
        self.seen[connection.engine] = (heads, last, readiness)
        return readiness

    def _heads(self, connection: Connection) -> tuple[str, ...]:
        return tuple(sorted(connection.execute(sa.select(self.versions.c.version_num)).scalars()))

    def _last(self, connection: Connection) -> int:
        return int(connection.execute(sa.select(sa.func.max(self.ledger.c.id))).scalar() or 0)


def _unless_missing(
    connection: Connection, table: sa.TableClause, read: Callable[[], Result], *, default: Result
) -> Result:
    """What ``read`` reads, or the default when the table isn't there: the catalogue is asked only after a failure."""
    try:
        return read()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        connection.rollback()
        if not sa.inspect(connection).has_table(table.name, schema=table.schema):
            return default
    return read()  # it came to be in between; what failed for another reason fails again


def _asking(config: Path | str | None, version_table: str, schema: str | None) -> _Asking:
    return _of_file(find_config(Path(config) if config is not None else None), version_table, schema)


@cache
def _of_file(config_file: Path, version_table: str, schema: str | None) -> _Asking:
    # The scripts of a running process don't change: they are those of its image.
    return _Asking(
        graph=static_graph(config_file),
        versions=sa.table(version_table, sa.column("version_num", sa.String), schema=schema),
        ledger=state_tables(schema).ledger,
    )


@contextmanager
def _worded(engine: Engine) -> Iterator[None]:
    """Raise our errors in place of SQLAlchemy's and the driver's."""
    try:
        yield
    except DBAPIError as error:
        rules = pack_for(engine.dialect).errors
        if error.statement is None:
            raise rules.translate_connect(error, place=label_of(engine)) from None
        raise rules.translate(error) from None
    except PoolTimeoutError:
        raise UnreachableError(
            f"{label_of(engine)}: no connection of the engine's pool became free in time",
            remedy="look for connections that are not given back, or raise pool_size",
        ) from None
    except OSError as error:
        if not of_the_network(error):
            raise
        raise unanswered(label_of(engine), error) from None


def _lost(engine: Engine, error: ConnectionLostError) -> UnreachableError:
    # A pooled connection may be one that a restart of the server ended; a second, fresh one may not.
    return UnreachableError(
        f"{label_of(engine)}: the connection was lost twice", remedy="check that the server runs", **error.fields
    )
