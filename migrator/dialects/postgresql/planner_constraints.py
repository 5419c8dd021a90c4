"""Constraints on PostgreSQL: NOT VALID then VALIDATE, or a unique index built concurrently and taken over.

Source: manual of 14 to 18, ALTER TABLE (ADD table_constraint NOT VALID, VALIDATE CONSTRAINT, USING INDEX).
"""

from __future__ import annotations

from collections.abc import Callable

from migrator.dialects.planning import Ask
from migrator.dialects.postgresql.planner_indexes import concurrent_build
from migrator.dialects.postgresql.planner_steps import (
    in_own_words,
    moment,
    online,
    refused,
    strong,
    table_name,
)
from migrator.dialects.postgresql.sql_forms import (
    ConstraintForm,
    IndexForm,
    constraint_form,
    key_form,
    object_name,
    quoted,
)
from migrator.model import operation as o
from migrator.model.operation import ConstraintKind as Kind
from migrator.model.plan import Plan, PlannedStep, TableName, shown_table

_NAME_IT = "give the constraint a name: its validation must be able to say it"


def add_constraint(ask: Ask, op: o.AddConstraint) -> Plan:
    """The steps of an ADD CONSTRAINT."""
    table = (op.schema, op.table)
    if not ask.existed(table):
        return moment(ask, "SHARE ROW EXCLUSIVE", *((_referred(op),) if op.references else ()))
    return _KINDS.get(op.kind, _other)(ask, op, constraint_form(ask.sql), table)


def _referred(op: o.AddConstraint) -> TableName:
    return table_name(op.references)


def _foreign_key(ask: Ask, op: o.AddConstraint, form: ConstraintForm | None, table: TableName) -> Plan:
    both = tuple(one for one in dict.fromkeys((table, _referred(op))) if ask.existed(one))
    message = (
        f"adds a foreign key to table {shown_table(table)} and checks all its rows under SHARE ROW EXCLUSIVE on it and"
        f" on {op.references}: nobody writes either of them meanwhile"
    )
    facts = ask.facts(table)
    if facts is not None and facts.partitioned and not ask.capabilities.has("foreign-key-not-valid-on-partitioned"):
        remedy = "this server has no NOT VALID foreign key on a partitioned table: add it to each partition first"
        if op.not_valid:
            message = (
                f"adds a foreign key to partitioned table {shown_table(table)} NOT VALID, which the server refuses"
            )
        return refused(ask, "fk-not-valid-on-partitioned", "SHARE ROW EXCLUSIVE", table, message, remedy)
    if op.not_valid:
        return Plan(steps=(strong(ask.request.sql, "SHARE ROW EXCLUSIVE", both),))
    named = _named(form, object_name(op.table, "_".join(op.columns), "fkey") if op.columns else "")
    if named is None:
        return refused(ask, "add-foreign-key-validating", "SHARE ROW EXCLUSIVE", table, message, _NAME_IT)
    steps = (strong(f"{named.add}{named.body} NOT VALID", "SHARE ROW EXCLUSIVE", both), validation(named))
    return in_own_words(ask, steps, "add-foreign-key-validating", "SHARE ROW EXCLUSIVE", table, message)


def _check(ask: Ask, op: o.AddConstraint, form: ConstraintForm | None, table: TableName) -> Plan:
    if op.not_valid:
        return moment(ask, "ACCESS EXCLUSIVE", table)
    message = (
        f"adds a check to table {shown_table(table)} and scans it under ACCESS EXCLUSIVE: nobody reads or writes it"
    )
    named = _named(form, "")
    if named is None:
        return refused(ask, "add-check-validating", "ACCESS EXCLUSIVE", table, message, _NAME_IT)
    steps = (strong(f"{named.add}{named.body} NOT VALID", "ACCESS EXCLUSIVE", (table,)), validation(named))
    return in_own_words(ask, steps, "add-check-validating", "ACCESS EXCLUSIVE", table, message)


def validation(form: ConstraintForm) -> PlannedStep:
    """VALIDATE in a transaction of its own: in that of NOT VALID its scan would hold the strong lock."""
    return online(f"ALTER TABLE {form.table} VALIDATE CONSTRAINT {form.name}")


def _unique(ask: Ask, op: o.AddConstraint, form: ConstraintForm | None, table: TableName) -> Plan:
    message = f"builds the index of a unique constraint of table {shown_table(table)} under ACCESS EXCLUSIVE"
    return _key(ask, op, form, table, rule="add-unique-builds-index", label="key", message=message)


def _primary_key(ask: Ask, op: o.AddConstraint, form: ConstraintForm | None, table: TableName) -> Plan:
    message = (
        f"builds the index of the primary key of table {shown_table(table)} under ACCESS EXCLUSIVE and scans for NULL"
    )
    return _key(ask, op, form, table, rule="add-primary-key-builds-index", label="pkey", message=message)


def _key(
    ask: Ask,
    op: o.AddConstraint,
    form: ConstraintForm | None,
    table: TableName,
    *,
    rule: str,
    label: str,
    message: str,
) -> Plan:
    if op.takes or (form is not None and key_form(form.body) is None and "USING INDEX" in form.body.upper()):
        return moment(ask, "ACCESS EXCLUSIVE", table)
    facts = ask.facts(table)
    if facts is not None and facts.partitioned:
        remedy = "an index can't be taken over by a partitioned table: create a unique index (op.create_index) instead"
        return refused(ask, rule, "ACCESS EXCLUSIVE", table, message, remedy)
    columns = "" if label == "pkey" else "_".join(op.columns)
    named = _named(form, object_name(op.table, columns, label) if op.columns else "")
    key = key_form(named.body) if named is not None else None
    if named is None or key is None:
        return refused(ask, rule, "ACCESS EXCLUSIVE", table, message, "give the constraint a name and its columns")
    index = IndexForm(name=named.name, table=named.table, body=key.index_body, unique=True)
    proofs = not_null_proofs(ask, table, named.table, op.columns) if label == "pkey" else ()
    take = strong(f"{named.add}{key.kind} USING INDEX {named.name}{key.rest}", "ACCESS EXCLUSIVE", (table,))
    return in_own_words(ask, (concurrent_build(index), *proofs, take), rule, "ACCESS EXCLUSIVE", table, message)


def not_null_proofs(
    ask: Ask, table: TableName, written_table: str, columns: tuple[str, ...]
) -> tuple[PlannedStep, ...]:
    """SET NOT NULL for each column that may hold NULL now, online."""
    facts = ask.facts(table)
    steps: list[PlannedStep] = []
    for column in columns:
        known = facts.columns.get(column) if facts is not None else None
        if known is None or known.nullable:
            steps.extend(set_not_null(ask, table, written_table, column))
    return tuple(steps)


def set_not_null(ask: Ask, table: TableName, written_table: str, column: str) -> tuple[PlannedStep, ...]:
    """NOT NULL of one column; its scan lets readers and writers through.

    Before 18: a check NOT VALID, its validation, SET NOT NULL (which finds the proof and doesn't scan), and the check
    dropped, each in a statement of its own: in one ALTER the drop would run first.
    """
    alter = f"ALTER TABLE {written_table}"
    if ask.capabilities.has("not-null-not-valid"):
        name = object_name(table[1], column, "not_null")
        facts = ask.facts(table)
        known = facts.columns.get(column) if facts is not None else None
        if known is not None and known.unproven and quoted(known.unproven) != name:
            return (validation(ConstraintForm(table=written_table, name=quoted(known.unproven), body="")),)
        form = ConstraintForm(table=written_table, name=name, body="")
        return (
            strong(f"{form.add}NOT NULL {quoted(column)} NOT VALID", "ACCESS EXCLUSIVE", (table,)),
            validation(form),
        )
    form = ConstraintForm(table=written_table, name=object_name(table[1], column, "migrator_nn"), body="")
    return (
        strong(f"{form.add}CHECK ({quoted(column)} IS NOT NULL) NOT VALID", "ACCESS EXCLUSIVE", (table,)),
        validation(form),
        strong(f"{alter} ALTER COLUMN {quoted(column)} SET NOT NULL", "ACCESS EXCLUSIVE", (table,)),
        strong(f"{alter} DROP CONSTRAINT {form.name}", "ACCESS EXCLUSIVE", (table,)),
    )


def _exclude(ask: Ask, op: o.AddConstraint, form: ConstraintForm | None, table: TableName) -> Plan:
    message = (
        f"builds an exclusion constraint of table {shown_table(table)} under ACCESS EXCLUSIVE; it has no online form"
    )
    remedy = "make a new table with the constraint and move the rows with a data migration"
    return refused(ask, "add-exclusion-constraint", "ACCESS EXCLUSIVE", table, message, remedy)


def _other(ask: Ask, op: o.AddConstraint, form: ConstraintForm | None, table: TableName) -> Plan:
    return moment(ask, "ACCESS EXCLUSIVE", table)


def _named(form: ConstraintForm | None, chosen: str) -> ConstraintForm | None:
    """The form with a name: its own, or the one that the server would choose."""
    if form is None or form.name:
        return form
    return ConstraintForm(table=form.table, name=chosen, body=form.body) if chosen else None


_KINDS: dict[Kind, Callable[[Ask, o.AddConstraint, ConstraintForm | None, TableName], Plan]] = {
    Kind.FOREIGN_KEY: _foreign_key,
    Kind.CHECK: _check,
    Kind.UNIQUE: _unique,
    Kind.PRIMARY_KEY: _primary_key,
    Kind.EXCLUDE: _exclude,
}
