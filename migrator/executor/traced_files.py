"""Files of SQL, sent to a scratch database statement by statement, each measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from migrator.check.judge import shown_statement
from migrator.check.places import shown_path
from migrator.db.translate import translated
from migrator.dialects.checking import check_rules
from migrator.dialects.splitting import Piece
from migrator.dialects.tracing import Asked, Existing
from migrator.executor.scratch import Scratch
from migrator.executor.trace_limit import TRACE_LIMIT, OutOfTimeError, time_limit
from migrator.executor.trace_rows import TRACE_ROWS, Rows
from migrator.model.operation import TransactionControl
from migrator.model.trace import Measure, TracedStatement
from migrator.scripts.recording import RecordedItem, Recording


@dataclass(frozen=True, kw_only=True)
class Traced:
    """What was measured; ``notes`` are sentences for a person; ``stopped``: what came behind wasn't measured."""

    statements: tuple[TracedStatement, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class TraceOptions:
    """How to measure.

    Attributes:
        limit: how long a revision, or a statement of a file, may take.
        rows: how many rows each table gets that has none yet.
        say: told what begins.
    """

    limit: timedelta = TRACE_LIMIT
    rows: int = TRACE_ROWS
    say: Callable[[str], None] = lambda text: None


def trace_files(
    scratch: Scratch,
    files: Sequence[Recording],
    baseline: str,
    options: TraceOptions,
) -> Traced:
    """Build the baseline, then send the files in order; ends at the first statement that the server refuses.

    Args:
        files: the files as they were read for the check; those of one file in one transaction, as the check takes it.
        baseline: SQL of what exists before; a statement of it that the server refuses is noted.

    Raises:
        DatabaseError: the server went away.
    """
    engine = sa.create_engine(scratch.url, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with translated(scratch.pack.errors):
            notes = _build(scratch, engine, baseline)
            with engine.connect() as connection:
                Rows(count=options.rows).fill(connection)
            return _trace(scratch, engine, files, notes, options)
    finally:
        engine.dispose()


def _build(scratch: Scratch, engine: Engine, baseline: str) -> tuple[str, ...]:
    refused: list[tuple[Piece, str]] = []
    left_out: list[tuple[Piece, str]] = []
    # A session of its own: a dump sets the search path and more for those that follow.
    with _session(engine) as connection:
        for piece in check_rules(scratch.pack.name).split(baseline).pieces:
            if piece.command:
                continue
            try:
                if why := scratch.rules.unsent(connection, piece.text):
                    left_out.append((piece, why))
                    continue
                _send(connection, piece.text)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise
                refused.append((piece, refusal(scratch, error)))
    told = (("the server refused", refused), ("left out were", left_out))
    return tuple(
        f"{what} {len(pieces)} statement(s) of the schema, the first at line {pieces[0][0].line}:"
        f" {shown_statement(pieces[0][0].text)} ({pieces[0][1]})"
        for what, pieces in told
        if pieces
    )


def _trace(
    scratch: Scratch,
    engine: Engine,
    files: Sequence[Recording],
    notes: tuple[str, ...],
    options: TraceOptions,
) -> Traced:
    traced: list[TracedStatement] = []
    with _session(engine) as connection:
        existing = scratch.rules.existing(connection)
        for number, recording in enumerate(files, 1):
            options.say(f"tracing file {number} of {len(files)}: {shown_path(recording.revision.path)}")
            own = any(isinstance(one, TransactionControl) for item in recording.items for one in item.operations)
            together = not own and not any(item.autocommit for item in recording.items)
            if together:
                _send(connection, "BEGIN")
            for item in recording.items:
                traced.append(_statement(scratch, connection, engine, item, existing, options.limit))
                if why := traced[-1].measure.refused:
                    note = f"nothing was traced behind {shown_path(item.file)}:{item.line}, which wasn't done ({why})"
                    return Traced(statements=tuple(traced), notes=(*notes, note), stopped=True)
            if together:
                _send(connection, "COMMIT")
    return Traced(statements=tuple(traced), notes=notes)


def _statement(
    scratch: Scratch, connection: Connection, engine: Engine, item: RecordedItem, existing: Existing, limit: timedelta
) -> TracedStatement:
    sql = item.statements[0]
    asked = Asked(sql=sql, outside=item.autocommit)
    try:
        with time_limit(scratch.url, scratch.rules, limit):
            measure = scratch.rules.measure(connection, engine, asked, existing, lambda text: _send(connection, text))
    except OutOfTimeError as error:
        measure = Measure(refused=str(error))
    except DBAPIError as error:
        measure = Measure(refused=refusal(scratch, error))
    return TracedStatement(statement=shown_statement(sql), measure=measure, file=shown_path(item.file), line=item.line)


def refusal(scratch: Scratch, error: DBAPIError) -> str:
    """Class and code of a server's no; never its text, which may hold values.

    Raises:
        DBAPIError: it said nothing: the connection was lost.
    """
    if error.connection_invalidated:
        raise error
    fields = scratch.pack.errors.translate(error).fields
    return " ".join(str(fields[name]) for name in ("error_class", "code") if fields.get(name))


def _session(engine: Engine) -> Connection:
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _send(connection: Connection, text: str) -> None:
    # Without parameters the driver leaves a percent sign alone.
    connection.exec_driver_sql(text, execution_options={"no_parameters": True})
