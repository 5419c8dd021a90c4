"""Constraints out of PostgreSQL's parse tree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migrator.dialects.postgresql.text_bounds import choices_of, limits_of
from migrator.dialects.postgresql.text_nodes import columns_named, kind_of, names
from migrator.model import operation as o

_KINDS = {
    "CONSTR_CHECK": o.ConstraintKind.CHECK,
    "CONSTR_PRIMARY": o.ConstraintKind.PRIMARY_KEY,
    "CONSTR_UNIQUE": o.ConstraintKind.UNIQUE,
    "CONSTR_EXCLUSION": o.ConstraintKind.EXCLUDE,
    "CONSTR_FOREIGN": o.ConstraintKind.FOREIGN_KEY,
    "CONSTR_NOTNULL": o.ConstraintKind.NOT_NULL,
}
_ENFORCEABLE = (o.ConstraintKind.CHECK, o.ConstraintKind.FOREIGN_KEY)


def constraint_of(node: Any, table: str, schema: str | None, column: str = "") -> o.AddConstraint | None:
    """A constraint's definition; None for what is none (a default, NULL)."""
    kind = _KINDS.get(kind_of(node, "contype"))
    if kind is None:
        return None
    columns = names(node.fk_attrs) if kind is o.ConstraintKind.FOREIGN_KEY else names(node.keys)
    if kind is o.ConstraintKind.CHECK:
        columns = columns_named(node.raw_expr)
    elif column:
        columns = [column]
    refers = kind is o.ConstraintKind.FOREIGN_KEY
    return o.AddConstraint(
        table=table,
        schema=schema,
        kind=kind,
        name=node.conname,
        columns=tuple(columns),
        references=node.pktable.relname if refers else "",
        references_schema=(node.pktable.schemaname or None) if refers else None,
        not_valid=node.skip_validation,
        enforced=node.is_enforced or kind not in _ENFORCEABLE,
        proves=_proves(node.raw_expr) if kind is o.ConstraintKind.CHECK else "",
        takes=node.indexname,
        inline=bool(column),
        limits=limits_of(node.raw_expr) if kind is o.ConstraintKind.CHECK else (),
        choices=choices_of(node.raw_expr) if kind is o.ConstraintKind.CHECK else (),
    )


def constraints_of(definition: Any, table: str, schema: str | None) -> list[o.AddConstraint]:
    """Those that stand in a column's definition; NOT ENFORCED is a node of its own behind the one that it is about."""
    found: list[o.AddConstraint] = []
    for one in definition.constraints:
        made = constraint_of(one.constraint, table, schema, definition.colname)
        if made is not None:
            found.append(made)
        elif found and kind_of(one.constraint, "contype") == "CONSTR_ATTR_NOT_ENFORCED":
            found[-1] = replace(found[-1], enforced=False, not_valid=True)
    return found


def _proves(expression: Any) -> str:
    """The column of ``x IS NOT NULL``; empty for any other expression."""
    if expression.WhichOneof("node") != "null_test":
        return ""
    test = expression.null_test
    named = columns_named(test.arg)
    plain = test.arg.WhichOneof("node") == "column_ref" and len(named) == 1
    return named[0] if plain and kind_of(test, "nulltesttype") == "IS_NOT_NULL" else ""
