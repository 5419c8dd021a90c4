"""Columns on PostgreSQL: what is a change of the catalogue alone, what rewrites, and NOT NULL online.

Source: manual of 14 to 18, ALTER TABLE (notes on rewrites), and measurement on 14, 15 and 18.
"""

from __future__ import annotations

import re

from migrator.dialects.harmless import PURE_FUNCTIONS
from migrator.dialects.planning import Ask
from migrator.dialects.postgresql.functions import EVALUATED_ONCE
from migrator.dialects.postgresql.planner_constraints import set_not_null
from migrator.dialects.postgresql.planner_steps import (
    costs_nothing,
    in_own_words,
    moment,
    references,
    refused,
    strong,
)
from migrator.dialects.postgresql.sql_forms import NAME, full_table
from migrator.dialects.postgresql.types import FREE_WITH_PLANS, is_free, recollates
from migrator.model import operation as o
from migrator.model.plan import Plan, TableName, shown_table

_DEFAULT = re.compile(r"\bDEFAULT\s+(?P<value>.*)$", re.IGNORECASE | re.DOTALL)
_CALL = re.compile(rf"({NAME})\s*\(", re.IGNORECASE)
NOT_UTC = "TimeZone of the session: taken for another than UTC, under which nothing would be written"
TYPE_UNKNOWN = "the column's type before: taken for one that needs the rewrite"
_SERIAL = re.compile(r"^(?:SMALL|BIG)?SERIAL\d?$", re.IGNORECASE)
# Stable or immutable: evaluated once, for the catalogue; what isn't known counts as volatile.
_ONCE = PURE_FUNCTIONS | EVALUATED_ONCE | {"array", "nullif", "row", "similar", "values"}
_VOLATILE = {
    "random",
    "clock_timestamp",
    "gen_random_uuid",
    "uuid_generate_v4",
    "nextval",
    "timeofday",
    "uuidv7",
    "uuidv4",
}


def add_column(ask: Ask, op: o.AddColumn) -> Plan:
    """The step of an ADD COLUMN, or why it would rewrite the table."""
    table = (op.schema, op.table)
    if not ask.existed(table):
        return moment(ask, "SHARE ROW EXCLUSIVE", *references(ask.sql))
    rewrite = _rewrite(ask, op)
    if rewrite is None:
        return moment(ask, "ACCESS EXCLUSIVE", table, *references(ask.sql))
    rule, why, remedy = rewrite
    message = f"adds column {shown_table(table)}.{op.column.name} {why}: the table is rewritten under ACCESS EXCLUSIVE"
    return refused(ask, rule, "ACCESS EXCLUSIVE", table, message, remedy, rewrites=True)


def _rewrite(ask: Ask, op: o.AddColumn) -> tuple[str, str, str] | None:
    sql, name = ask.sql, op.column.name
    bare = f'op.add_column("{op.table}", sa.Column("{name}", ...))'
    if re.search(r"\bGENERATED\b.*\bSTORED\b", sql, re.IGNORECASE | re.DOTALL):
        return (
            "add-stored-generated-column",
            "that is generated and stored",
            f"add a plain column, keep it with a trigger and fill it in a data migration:  {bare}",
        )
    if _SERIAL.match(op.column.type) or re.search(r"\bGENERATED\b.*\bIDENTITY\b", sql, re.IGNORECASE | re.DOTALL):
        return (
            "add-auto-increment-column",
            "that numbers the rows",
            f"add it nullable, set the sequence as its default, fill the rows in a data migration:  {bare}",
        )
    read = [one for one in ask.request.operations if isinstance(one, o.AddConstraint)]
    if re.search(r"\bCHECK\s*\(", sql, re.IGNORECASE) and not (read and all(costs_nothing(one) for one in read)):
        return (
            "inline-constraint-on-add-column",
            "with a check of its own, which scans all rows",
            f"add the column, then the check, which is validated online:  {bare};"
            f'  op.create_check_constraint("{op.table}_{name}_check", "{op.table}", "...")',
        )
    if re.search(r"\bGENERATED\b.*\bVIRTUAL\b", sql, re.IGNORECASE | re.DOTALL) and not op.column.nullable:
        return (
            "inline-constraint-on-add-column",
            "that is generated and NOT NULL, which is computed for all rows",
            f"add it without NOT NULL:  {bare}",
        )
    domain = ask.request.domains.get(op.column.type.lower().rstrip("[]"))
    if domain is not None and domain.constrained and not op.column.type.endswith("]"):
        return (
            "add-column-constrained-domain",
            f"of the domain {op.column.type.lower()}, whose constraint is checked for each row",
            f"use the domain's base type, then a check, which is validated online:  {bare};"
            f'  op.create_check_constraint("{op.table}_{name}_check", "{op.table}", "...")',
        )
    match = _DEFAULT.search(sql)
    calls = " ".join(f"{one}()" for one in op.column.calls or ())
    given = calls if op.column.calls is not None else match["value"] if match else ""
    volatile = _volatile(given, ask.request.evaluated_once)
    if match is None and domain is not None and domain.default.endswith("()"):
        volatile = _volatile(domain.default, ask.request.evaluated_once)
    if volatile:
        return (
            "add-column-volatile-default",
            f"whose default {volatile}() differs from row to row",
            f"add it without a default, then set the default, then fill the rows in a data migration:  {bare};"
            f'  op.alter_column("{op.table}", "{name}", server_default=sa.text("{volatile}()"))',
        )
    return None


def _volatile(default: str, once: frozenset[str]) -> str:
    """The first function that may differ from row to row; empty when there is none."""
    text = re.sub(r"'(?:[^']|'')*'", "''", default)
    for called in _CALL.findall(text):
        name = str(called).rpartition(".")[2].lower()
        if name in _VOLATILE or name not in _ONCE | once:
            return str(called)
    return ""


def alter_column(ask: Ask, op: o.AlterColumn) -> Plan:
    """The steps of an ALTER COLUMN."""
    table = (op.schema, op.table)
    if not ask.existed(table):
        return moment(ask, "ACCESS EXCLUSIVE", table)
    if op.type is not None:
        return _type(ask, op, table)
    if op.nullable is False:
        return _not_null(ask, op, table)
    return moment(ask, "ACCESS EXCLUSIVE", table)


def _not_null(ask: Ask, op: o.AlterColumn, table: TableName) -> Plan:
    facts = ask.facts(table)
    known = facts.columns.get(op.column) if facts is not None else None
    # In one ALTER the proof would be dropped first.
    drops = any(isinstance(one, o.DropConstraint) for one in ask.request.operations)
    proven = known is not None and known.proven and ask.request.raw and not drops
    if known is not None and (not known.nullable or proven):
        return moment(ask, "ACCESS EXCLUSIVE", table)
    steps = set_not_null(ask, table, full_table(*table), op.column)
    message = (
        f"scans table {shown_table(table)} for NULL in {op.column} under ACCESS EXCLUSIVE: nobody reads or writes it"
    )
    return in_own_words(ask, steps, "set-not-null-scan", "ACCESS EXCLUSIVE", table, message)


def _type(ask: Ask, op: o.AlterColumn, table: TableName) -> Plan:
    facts = ask.facts(table)
    known = facts.columns.get(op.column) if facts is not None else None
    before = (known.type if known is not None else "") or (op.old_type or "").lower()
    new = re.sub(r"\s+using\b.*$", "", (op.type or "").lower(), flags=re.DOTALL)
    using = "using" in (op.type or "").lower()
    guarded = known is not None and known.guarded
    free = is_free(before, new, domains=ask.request.domains)
    # The index of a partition is never taken over as it is: it is built anew.
    partitioned = facts is not None and facts.partitioned
    if known is not None and known.indexed and (op.collates or partitioned or recollates(before, new)):
        guarded = True
    if before and not using and not guarded and free:
        note = FREE_WITH_PLANS.format(table=shown_table(table)) if before != new else ""
        return Plan(steps=(strong(ask.request.sql, "ACCESS EXCLUSIVE", (table,), note=note),))
    column = f"{op.column}_2"
    remedy = (
        "add a column of the new type, keep both in step, fill it in a data migration, drop the old one in contract:"
        f'  op.add_column("{op.table}", sa.Column("{column}", ...))'
    )
    named = guarded and free
    why = "an index or a check names it, so that it is scanned or rebuilt" if named else "the table is rewritten"
    message = (
        f"changes the type of column {shown_table(table)}.{op.column} from {before or 'an unknown type'} to {new}:"
        f" {why} under ACCESS EXCLUSIVE, nobody reads or writes it"
    )
    rule = "change-type-reindexes" if named else "change-column-type-rewrite"
    indexed = guarded or (known is not None and known.indexed)
    condition = "" if before else TYPE_UNKNOWN
    if before and not (using or free or indexed) and is_free(before, new, domains=ask.request.domains, utc=True):
        condition = NOT_UTC
    return refused(ask, rule, "ACCESS EXCLUSIVE", table, message, remedy, rewrites=True, condition=condition)
