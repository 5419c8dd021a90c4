"""Indexes on PostgreSQL: built and dropped CONCURRENTLY, on partitioned tables partition by partition.

Source: manual of 14 to 18, CREATE INDEX ("Building Indexes Concurrently"), ALTER INDEX ... ATTACH PARTITION.
"""

from __future__ import annotations

import re

from migrator.dialects.planning import Ask, plain
from migrator.dialects.postgresql.planner_steps import (
    in_own_words,
    moment,
    online,
    refused,
    strong,
)
from migrator.dialects.postgresql.sql_forms import IndexForm, full_table, index_form, object_name
from migrator.model import operation as o
from migrator.model.plan import Plan, PlannedStep, TableFacts, TableName, shown_table

_RULE = "create-index-not-concurrently"
_DROP_RULE = "drop-index-not-concurrently"
_DROP = re.compile(r"DROP INDEX (?!CONCURRENTLY)", re.IGNORECASE)


def create_index(ask: Ask, op: o.CreateIndex) -> Plan:
    """The steps of a CREATE INDEX."""
    table = (op.schema, op.table)
    if not ask.existed(table) and not op.concurrently:
        return plain(ask)
    form = index_form(ask.sql)
    what = f"builds index {op.name or 'on ' + ', '.join(op.columns)} of table {shown_table(table)}"
    message = f"{what} under a SHARE lock: nobody writes the table until it is built"
    if form is None:
        remedy = "give the index a name and use op.create_index, which is built online by itself"
        if op.concurrently:
            return Plan(steps=(online(ask.request.sql, outside=True),))
        return refused(ask, _RULE, "SHARE", table, message, remedy)
    facts = ask.facts(table)
    if facts is not None and facts.partitioned:
        return _partitioned(ask, op, form, table, facts)
    steps = (concurrent_build(form),)
    if op.concurrently:
        return Plan(steps=steps)
    return in_own_words(ask, steps, _RULE, "SHARE", table, message)


def concurrent_build(form: IndexForm) -> PlannedStep:
    """The build itself."""
    return online(form.sql(concurrently=True), outside=True, builds=form.full_name)


def _partitioned(ask: Ask, op: o.CreateIndex, form: IndexForm, table: TableName, facts: TableFacts) -> Plan:
    message = (
        f"builds index {op.name} of the partitioned table {shown_table(table)} under a SHARE lock on every partition:"
        " nobody writes them until all are built"
    )
    if facts.nested:
        remedy = "a partition is partitioned itself: write the steps by hand, ON ONLY for each level, then ATTACH"
        return refused(ask, "index-on-partitioned-parent", "SHARE", table, message, remedy)
    if op.only:
        return moment(ask, "SHARE", table)
    steps = [strong(form.sql(only=True), "SHARE", (table,))]
    for partition in facts.partitions:
        columns = "_".join(one or "expr" for one in op.columns)
        part = IndexForm(
            name=object_name(partition[1], columns, "idx"),
            table=full_table(*partition),
            body=form.body,
            unique=form.unique,
        )
        steps.append(concurrent_build(part))
        attach = f"ALTER INDEX {form.full_name} ATTACH PARTITION {part.full_name}"
        steps.append(strong(attach, "ACCESS EXCLUSIVE", ()))
    return in_own_words(ask, tuple(steps), "index-on-partitioned-parent", "SHARE", table, message)


def drop_index(ask: Ask, op: o.DropIndex) -> Plan:
    """The steps of a DROP INDEX; an index of a partitioned table can't be dropped concurrently."""
    table = (op.schema, op.table)
    facts = ask.facts(table) if op.table else None
    if op.concurrently and facts is not None and facts.partitioned:
        message = (
            f"drops index {op.name} of partitioned table {shown_table(table)} CONCURRENTLY: the server refuses that"
        )
        remedy = "drop it without CONCURRENTLY, under a lock timeout"
        return refused(ask, "index-on-partitioned-parent", "ACCESS EXCLUSIVE", table, message, remedy)
    if op.concurrently:
        return Plan(
            steps=(PlannedStep(sql=ask.request.sql, outside=True, lock="SHARE UPDATE EXCLUSIVE", bounded=False),)
        )
    if op.table and not ask.existed(table):
        return plain(ask)
    message = f"drops index {op.name} under ACCESS EXCLUSIVE on its table: readers and writers queue behind its wait"
    if facts is not None and facts.partitioned:
        if not ask.request.raw:
            return moment(ask, "ACCESS EXCLUSIVE", table)
        every = f"{message}, those of every partition too"
        remedy = "use op.drop_index, which waits for its lock no longer than the lock timeout and tries again"
        return refused(ask, _DROP_RULE, "ACCESS EXCLUSIVE", table, every, remedy)
    step = PlannedStep(
        sql=_DROP.sub("DROP INDEX CONCURRENTLY ", ask.sql, count=1),
        outside=True,
        lock="SHARE UPDATE EXCLUSIVE",
        bounded=False,
    )
    return in_own_words(ask, (step,), _DROP_RULE, "ACCESS EXCLUSIVE", table, message)
