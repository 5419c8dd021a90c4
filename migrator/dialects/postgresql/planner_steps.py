"""The pieces that PostgreSQL's plans are put together from."""

from __future__ import annotations

import re

from migrator.dialects.planning import Ask
from migrator.dialects.postgresql.sql_forms import NAME, PART
from migrator.model import operation as o
from migrator.model.plan import Blocking, Blocks, Plan, PlannedStep, TableName

_BLOCKS = {
    "ACCESS EXCLUSIVE": Blocks.ALL,
    "SHARE ROW EXCLUSIVE": Blocks.WRITERS,
    "SHARE": Blocks.WRITERS,
    "SHARE UPDATE EXCLUSIVE": Blocks.NOTHING,
}
_REFERENCES = re.compile(rf"\bREFERENCES ({NAME})", re.IGNORECASE)


def costs_nothing(op: o.AddConstraint) -> bool:
    """Whether adding the constraint looks at no row."""
    return op.not_valid or not op.enforced


def moment(ask: Ask, lock: str, *tables: TableName) -> Plan:
    """As it is, under a strong lock for as long as the catalogue changes."""
    return Plan(steps=(strong(ask.request.sql, lock, ask.those_that_existed(*tables)),))


def strong(sql: str, lock: str, tables: tuple[TableName, ...], *, note: str = "") -> PlannedStep:
    """A change of the catalogue under the lock timeout."""
    if not tables:
        return PlannedStep(sql=sql, note=note)
    return PlannedStep(sql=sql, lock=lock, blocks=_BLOCKS[lock], tables=tables, note=note)


def online(sql: str, *, outside: bool = False, builds: str = "") -> PlannedStep:
    """A build or a validation that lets readers and writers through, however long it waits and works."""
    return PlannedStep(
        sql=sql,
        outside=outside,
        alone=not outside,
        lock="SHARE UPDATE EXCLUSIVE",
        bounded=False,
        scans=True,
        builds=builds,
    )


def refused(
    ask: Ask,
    rule: str,
    lock: str,
    table: TableName,
    message: str,
    remedy: str,
    *,
    rewrites: bool = False,
    sql: str = "",
    condition: str = "",
) -> Plan:
    """No online form: the statement as it is, for those who allow it by name."""
    step = PlannedStep(
        sql=ask.request.sql, lock=lock, blocks=_BLOCKS[lock], tables=(table,), scans=True, rewrites=rewrites
    )
    blocking = Blocking(rule=rule, message=message, remedy=remedy, sql=sql, condition=condition)
    return Plan(steps=(step,), blocking=blocking)


def written(steps: tuple[PlannedStep, ...]) -> str:
    """Steps as SQL to paste, each transaction of its own."""
    return "  ".join(f"{step.sql};" for step in steps)


def in_own_words(
    ask: Ask, steps: tuple[PlannedStep, ...], rule: str, lock: str, table: TableName, message: str
) -> Plan:
    """The steps; for text of the revision's own, the refusal with the steps written out."""
    if not ask.request.raw:
        return Plan(steps=steps)
    remedy = f"use Alembic's operation, which gets its online form by itself, or write:  {written(steps)}"
    return refused(ask, rule, lock, table, message, remedy, sql=written(steps))


def references(sql: str) -> tuple[TableName, ...]:
    """The tables that foreign keys in a text refer to."""
    return tuple(dict.fromkeys(table_name(one) for one in _REFERENCES.findall(sql)))


def table_name(text: str) -> TableName:
    """(schema or None, table) of a name as it stands in SQL."""
    parts = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in re.findall(PART, text)]
    return (parts[0], parts[1]) if len(parts) == 2 else (None, parts[0])
