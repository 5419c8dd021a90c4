"""Remedies as code with the user's own names."""

from __future__ import annotations

import json
from typing import Any


class Code(str):
    """Python that stands in a call as it is."""


def call(function: str, *arguments: Any, schema: str | None = None, **options: Any) -> str:
    """``op.function("a", "b", option=...)``; ``schema`` only where there is one."""
    if schema is not None:
        options["schema"] = schema
    parts = [_text(one) for one in arguments]
    parts += [f"{name}={_text(value)}" for name, value in options.items()]
    return f"op.{function}({', '.join(parts)})"


# MySQL and MariaDB can't drop a constraint whose kind isn't said.
_TYPES = {
    "primary key": "primary",
    "unique": "unique",
    "unique key": "unique",
    "foreign key": "foreignkey",
    "check": "check",
    "check constraint": "check",
}


def drop_constraint(kind: str, name: str | Code, table: str, *, schema: str | None = None) -> str:
    """``op.drop_constraint(...)`` for a constraint of this kind, with ``type_`` where Alembic has one for it."""
    options = {"type_": _TYPES[kind]} if kind in _TYPES else {}
    return call("drop_constraint", name, table, schema=schema, **options)


def _text(value: Any) -> str:
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(one) for one in value)}]"
    return repr(value)


class InContract(str):
    """A remedy that says: the same statement, later."""

    def as_sql(self, statement: str) -> str:
        """The remedy where the statement stands in a file of SQL."""
        return f"move it to a file of the contract phase, for when no old code is left:  {statement};"


def in_contract(code: str) -> InContract:
    """The same statement, later."""
    return InContract(f"move it to a contract revision, for when no old code is left:  {code}")
