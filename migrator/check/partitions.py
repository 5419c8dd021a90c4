"""What is known of a table that is to become a partition."""

from __future__ import annotations

from migrator.check.situation import Situation
from migrator.dialects.schema_model import ModelTable
from migrator.model import operation as o


def proves_its_bound(op: o.Act, at: Situation) -> bool | None:
    """Whether ATTACH PARTITION neither scans nor builds: True, False, or None where nobody knows.

    A valid check that names a column which can't hold NULL is taken for the bound's; a wrong one makes the server scan.
    """
    part = at.before.tables.get((op.other_schema, op.other)) if at.before is not None else None
    parent = at.table(op)
    if part is None or parent is None:
        return None
    if "default partition" in parent.options and not op.default:
        return False
    return _checked(part) and _has_indexes(part, parent)


def _checked(part: ModelTable) -> bool:
    never_null = {one["name"] for one in part.columns if not one["nullable"]}
    proven = {one.get("proves") for one in part.checks if not one.get("not_valid")}
    for one in part.checks:
        named = set(one.get("columns", ()))
        if not one.get("not_valid") and not one.get("proves") and named and named <= never_null | proven:
            return True
    return False


def _has_indexes(part: ModelTable, parent: ModelTable) -> bool:
    held = {tuple(one["column_names"]) for one in (*part.indexes, *part.uniques)}
    held.add(tuple(part.primary_key["constrained_columns"]))
    wanted = {tuple(one["column_names"]) for one in (*parent.indexes, *parent.uniques)}
    wanted.add(tuple(parent.primary_key["constrained_columns"]))
    return wanted <= held | {()}
