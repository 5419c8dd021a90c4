"""Why a statement of a revision failed, what is done, and what probably caused it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.db.database import Database
from migrator.errors import DatabaseError, MigratorError, RevisionFailedError
from migrator.executor.journaling import shown
from migrator.executor.statements import StatementGate
from migrator.executor.watching import Watch
from migrator.model import operation as o
from migrator.model.revision import Revision
from migrator.scripts.usercode import place_of

_MOST_COUNTED = 1000


def failed(
    error: DBAPIError, database: Database, connection: Connection, revision: Revision, gate: StatementGate
) -> DatabaseError | RevisionFailedError:
    """The error to raise: a lock timeout or deadlock as it is, to be tried again; all others with what is known."""
    translated = database.pack.errors.translate(error)
    sql = gate.last[1].sql if gate.last else error.statement or ""
    if translated.retryable:
        return _with_blockers(translated, shown(sql), gate.stepper.watch)
    place = place_of(error, revision.path)
    cause = _cause(database, gate)
    return RevisionFailedError(
        f"revision {revision.id} failed{f' at {place}' if place else ''}: {translated.message};"
        f" statement: {shown(sql)}; {_kept(database, gate)}{f'; {cause}' if cause else ''}",
        remedy=translated.remedy,
        revision=revision.id,
        statement=shown(sql),
        **translated.fields,
    )


def _with_blockers(error: DatabaseError, statement: str, watch: Watch | None) -> DatabaseError:
    """The same error with what was sent and, as far as they were seen, those who held the lock."""
    fields = {**error.fields, "statement": statement}
    labels = tuple(one.label for one in watch.blockers) if watch is not None else ()
    if not labels:
        return type(error)(error.message, remedy=error.remedy, **fields)
    return type(error)(f"{error.message}; held by {'; '.join(labels)}", remedy=error.remedy, **fields, blockers=labels)


def _kept(database: Database, gate: StatementGate) -> str:
    if database.pack.session.transactional_ddl and not gate.stepper.committed:
        return "nothing of it is applied"
    return "its statements before this one are applied and recorded; a re-run goes on from here"


def _cause(database: Database, gate: StatementGate) -> str:
    """Rows that stand in the way, counted, and the query that shows them; empty where that isn't known."""
    if gate.last is None:
        return ""
    for operation in gate.last[0].operations:
        finder = _FINDERS.get(type(operation))
        query = finder(operation) if finder is not None else None
        if query is not None:
            return _counted(database, query[0], query[1])
    return ""


def _counted(database: Database, what: str, query: sa.Select[Any]) -> str:
    counted = sa.select(sa.func.count()).select_from(query.limit(_MOST_COUNTED).subquery())
    try:
        with database.autocommit("cause") as connection:
            number = connection.execute(counted).scalar_one()
            text = " ".join(
                str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})).split()
            )
    except MigratorError:
        return ""
    if not number:
        return ""
    many = f"at least {number}" if number == _MOST_COUNTED else str(number)
    return f"probable cause: {many} {what}, shown by  {text}"


def _unique(columns: tuple[str, ...], table: str, schema: str | None) -> tuple[str, sa.Select[Any]] | None:
    if not columns or not all(columns):
        return None
    made = sa.table(table, *(sa.column(one) for one in columns), schema=schema)
    listed = [made.c[one] for one in columns]
    filled = [one.is_not(None) for one in listed]
    query = sa.select(*listed, sa.func.count().label("copies")).where(*filled).group_by(*listed)
    return "values that stand there more than once", query.having(sa.func.count() > 1)


def _index(op: o.CreateIndex) -> tuple[str, sa.Select[Any]] | None:
    return _unique(op.columns, op.table, op.schema) if op.unique else None


def _constraint(op: o.AddConstraint) -> tuple[str, sa.Select[Any]] | None:
    if op.kind in (o.ConstraintKind.UNIQUE, o.ConstraintKind.PRIMARY_KEY):
        return _unique(op.columns, op.table, op.schema)
    return None


def _column(op: o.AlterColumn) -> tuple[str, sa.Select[Any]] | None:
    if op.nullable is not False:
        return None
    made = sa.table(op.table, sa.column(op.column), schema=op.schema)
    return f"rows with NULL in {op.column}", sa.select(made).where(made.c[op.column].is_(None))


_FINDERS: dict[type[o.Operation], Callable[[Any], tuple[str, sa.Select[Any]] | None]] = {
    o.CreateIndex: _index,
    o.AddConstraint: _constraint,
    o.AlterColumn: _column,
}
