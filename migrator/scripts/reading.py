"""What one statement on its way to the driver does: by its SQLAlchemy element, else by its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import schema
from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.checking import CheckRules
from migrator.model.operation import Operation
from migrator.scripts.core_elements import operations_of


@dataclass(frozen=True, kw_only=True)
class ReadStatement:
    """One statement; ``raw``: its text is the revision's own, and its operations were read from that."""

    sql: str
    operations: tuple[Operation, ...] = ()
    raw: bool = False


def read_statement(element: Any, sql: str, dialect: Dialect, rules: CheckRules) -> ReadStatement:
    """Read what is about to be sent.

    Args:
        element: what SQLAlchemy compiled; None where a text came straight from the revision.
        sql: the text as it is sent.
    """
    if element is not None and not isinstance(element, sa.TextClause | schema.DDL):
        read = operations_of(element, dialect, set())
        if read is not None:
            return ReadStatement(sql=sql, operations=read)
    operations = tuple(one for statement in rules.read(sql) for one in statement.operations)
    return ReadStatement(sql=sql, operations=operations, raw=True)
