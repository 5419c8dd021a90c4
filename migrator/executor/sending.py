"""The door through which every statement of a revision leaves SQLAlchemy, for those who plan, run or measure it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.checking import CheckRules
from migrator.executor.journaling import ROWS, head_of
from migrator.scripts.reading import ReadStatement, read_statement

Send: TypeAlias = Callable[[str], None]
"""Gives a text, the same or another, to the driver with the statement's own parameters."""

Handle: TypeAlias = Callable[[str, Any, Send], bool]
"""Told of each statement, its context and how to send it; True says that nothing is left to do."""


@contextmanager
def each_statement(engine: Engine, handle: Handle) -> Iterator[None]:
    """Listen on the engine while the block runs, on statements of all its connections.

    A text in which SQLAlchemy wrote each ``%`` twice for the driver comes as the server reads it, and ``send`` doubles
    them again.
    """

    def parameters(cursor: Any, text: str, values: Any, context: Any) -> bool:
        return passed(text, context, lambda one: context.dialect.do_execute(cursor, one, values, context))

    def many(cursor: Any, text: str, values: Any, context: Any) -> bool:
        return passed(text, context, lambda one: context.dialect.do_executemany(cursor, one, values, context))

    def bare(cursor: Any, text: str, context: Any) -> bool:
        return passed(text, context, lambda one: context.dialect.do_execute_no_params(cursor, one, context))

    def passed(text: str, context: Any, send: Send) -> bool:
        if _doubles_percents(context):
            return handle(text.replace("%%", "%"), context, lambda one: send(one.replace("%", "%%")))
        return handle(text, context, send)

    hooks: dict[str, Callable[..., bool]] = {
        "do_execute": parameters,
        "do_executemany": many,
        "do_execute_no_params": bare,
    }
    with ExitStack() as stack:
        for name, hook in hooks.items():
            event.listen(engine, name, hook)
            stack.callback(event.remove, engine, name, hook)
        yield


def read_sent(statement: str, context: Any, dialect: Dialect, rules: CheckRules) -> ReadStatement:
    """What a statement that came through :func:`each_statement` does."""
    compiled = getattr(context, "compiled", None)
    element = compiled.statement if compiled is not None else None
    if element is None and head_of(statement) in ROWS:
        return ReadStatement(sql=statement, raw=True)  # it changes rows, whichever, and needs no plan
    return read_statement(element, statement, dialect, rules)


def _doubles_percents(context: Any) -> bool:
    """Whether SQLAlchemy wrote each ``%`` of this text twice, for a driver that reads them as places of parameters; a
    text with parameters keeps its places, and is left alone."""
    compiled = getattr(context, "compiled", None)
    return compiled is not None and not compiled.params and context.dialect.paramstyle in ("format", "pyformat")
