"""What is known of a table that is to become a partition."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from migrator.check.situation import Situation
from migrator.dialects.schema_model import ModelTable
from migrator.model import operation as o

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d+)?)?")
_MIDNIGHT = " 00:00:00"
_ABOVE, _BELOW = (">", ">=", "="), ("<", "<=", "=")


def proves_its_bound(op: o.Act, at: Situation) -> bool | None:
    """Whether ATTACH PARTITION neither scans nor builds: True, False, or None where nobody knows.

    Of a range over one column, valid checks must hold both ends, and the column no NULL.  For another kind of
    partition, a valid check that names a column which can't hold NULL is taken for the bound's; a wrong one makes the
    server scan.
    """
    part = at.before.tables.get((op.other_schema, op.other)) if at.before is not None else None
    parent = at.table(op)
    if part is None or parent is None:
        return None
    if not op.default and scans_default_partition(op.bounds, parent, at):
        return False
    if not _has_indexes(part, parent):
        return False
    return _checked(part) if op.bounds is None else _within(part, op.bounds)


def scans_default_partition(bounds: tuple[o.Limit, ...] | None, parent: ModelTable, at: Situation) -> bool:
    """Whether the partition for all the rest is searched for rows of the new bounds: but where a valid check of its own
    keeps them out, it is."""
    if parent.default_partition is None:
        return False
    part = at.before.tables.get(parent.default_partition) if at.before is not None else None
    if part is None or not bounds or len(parent.partitioned_by) != 1:
        return True
    key = parent.partitioned_by[0]
    if key not in _never_null(part):
        return True
    checks = [one.get("choices", ()) for one in part.checks if not one.get("not_valid")]
    return not any(
        choices and all(any(_excludes(one, bounds) for one in choice if one.column == key) for choice in choices)
        for choices in checks
    )


def _excludes(limit: o.Limit, bounds: tuple[o.Limit, ...]) -> bool:
    """Whether no value within the bounds, of a range or of a list, passes the comparison."""
    listed = [one.value for one in bounds if one.sign == "="]
    if listed:
        return all(_fails(limit, value) for value in listed)
    low = next((one.value for one in bounds if one.sign == ">="), "")
    high = next((one.value for one in bounds if one.sign == "<"), "")
    below, above = _difference(limit.value, low), _difference(limit.value, high)
    if limit.sign == "<":
        return below is not None and below <= 0
    if limit.sign in ("<=", "="):
        return (below is not None and below < 0) or (limit.sign == "=" and above is not None and above >= 0)
    return limit.sign in (">", ">=") and above is not None and above >= 0


def _fails(limit: o.Limit, value: str) -> bool:
    order = _difference(value, limit.value)
    if order is None:
        # Texts that differ do differ, whatever their order.
        return (
            limit.sign == "=" and value != limit.value and not _DATE.fullmatch(value) and not _NUMBER.fullmatch(value)
        )
    passes = {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "=": order == 0, "<>": order != 0}
    return not passes[limit.sign]


def _checked(part: ModelTable) -> bool:
    never_null = _never_null(part)
    for one in part.checks:
        named = set(one.get("columns", ()))
        if not one.get("not_valid") and not one.get("proves") and named and named <= never_null:
            return True
    return False


def _never_null(part: ModelTable) -> set[str]:
    proven = {str(one.get("proves")) for one in part.checks if not one.get("not_valid")}
    return {str(one["name"]) for one in part.columns if not one["nullable"]} | proven


def _within(part: ModelTable, bounds: Iterable[o.Limit]) -> bool | None:
    """Whether the checks of one column hold all ends; None where that needs the server's arithmetic."""
    held = [limit for one in part.checks if not one.get("not_valid") for limit in one.get("limits", ())]
    verdicts: list[bool | None] = []
    for column in dict.fromkeys(limit.column for limit in held if limit.column in _never_null(part)):
        ends = [_holds(end, [limit for limit in held if limit.column == column]) for end in bounds]
        verdicts.append(False if False in ends else None if None in ends else True)
    return True if True in verdicts else None if None in verdicts else False


def _holds(end: o.Limit, limits: Iterable[o.Limit]) -> bool | None:
    """Whether one of the limits keeps a value within the end."""
    side = _ABOVE if end.sign == ">=" else _BELOW
    found = [_implies(limit, end) for limit in limits if limit.sign in side]
    return True if True in found else None if None in found else False


def _implies(limit: o.Limit, end: o.Limit) -> bool | None:
    difference = _difference(limit.value, end.value)
    if difference is None:
        return None
    if end.sign == ">=":
        return difference >= 0
    return difference < 0 or (difference == 0 and limit.sign == "<")


def _difference(one: str, other: str) -> int | None:
    """Whether a constant is smaller (-1) or larger (1) than another; None for those whose order their type decides."""
    if one == other:
        return 0 if one else None
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return -1 if Decimal(one) < Decimal(other) else 1 if Decimal(one) > Decimal(other) else 0
    if _DATE.fullmatch(one) and _DATE.fullmatch(other):
        first, second = (text if " " in text else text + _MIDNIGHT for text in (one, other))
        return (first > second) - (first < second)
    return None


def _has_indexes(part: ModelTable, parent: ModelTable) -> bool:
    held = {tuple(one["column_names"]) for one in (*part.indexes, *part.uniques)}
    held.add(tuple(part.primary_key["constrained_columns"]))
    wanted = {tuple(one["column_names"]) for one in (*parent.indexes, *parent.uniques)}
    wanted.add(tuple(parent.primary_key["constrained_columns"]))
    return wanted <= held | {()}
