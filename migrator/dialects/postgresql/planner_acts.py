"""Steps on PostgreSQL of statements that are known by their kind: they are sent as they are, under their own locks.

Source: manual of 14 to 18, "Explicit Locking" and the page of each statement.
"""

from __future__ import annotations

from migrator.dialects.planning import Ask, plain
from migrator.dialects.postgresql.planner_steps import moment, online, refused
from migrator.model import operation as o
from migrator.model.operation import ActKind as Kind
from migrator.model.plan import Plan, PlannedStep, TableName, shown_table

_LOCKS = {
    Kind.ADD_IDENTITY: "ACCESS EXCLUSIVE",
    Kind.ALTER_CATALOGUE: "ACCESS EXCLUSIVE",
    Kind.CLUSTER: "ACCESS EXCLUSIVE",
    Kind.CREATE_POLICY: "ACCESS EXCLUSIVE",
    Kind.CREATE_RULE: "ACCESS EXCLUSIVE",
    Kind.DETACH_PARTITION: "ACCESS EXCLUSIVE",
    Kind.REFRESH: "ACCESS EXCLUSIVE",
    Kind.REINDEX: "SHARE",
    Kind.REPLICA_IDENTITY: "ACCESS EXCLUSIVE",
    Kind.ROW_SECURITY: "ACCESS EXCLUSIVE",
    Kind.SET_ACCESS_METHOD: "ACCESS EXCLUSIVE",
    Kind.SET_LOGGED: "ACCESS EXCLUSIVE",
    Kind.SET_TABLESPACE: "ACCESS EXCLUSIVE",
    Kind.TOGGLE_TRIGGER: "SHARE ROW EXCLUSIVE",
    Kind.VACUUM_FULL: "ACCESS EXCLUSIVE",
}
_NEVER_IN_TRANSACTION = (Kind.REINDEX, Kind.DETACH_PARTITION)


def act(ask: Ask, op: o.Act) -> Plan:
    """The step of an act; whether it should be sent at all is the rules' to say."""
    table = (op.schema, op.table)
    if op.kind is Kind.VALIDATE and ask.existed(table):
        return Plan(steps=(online(ask.request.sql),))
    if op.kind is Kind.ENFORCE and ask.existed(table):
        return _enforced(ask, op, table)
    if op.kind is Kind.ATTACH_PARTITION:
        return moment(ask, "ACCESS EXCLUSIVE", (op.other_schema, op.other))
    if op.concurrently and op.kind in _NEVER_IN_TRANSACTION:
        # A detachment takes ACCESS EXCLUSIVE on the partition at its end; one that gives up there is finalized later.
        bounded = op.kind is Kind.DETACH_PARTITION
        step = PlannedStep(sql=ask.request.sql, outside=True, lock="SHARE UPDATE EXCLUSIVE", bounded=bounded)
        return Plan(steps=(step,))
    lock = _LOCKS.get(op.kind)
    return moment(ask, lock, table) if lock is not None and op.table else plain(ask)


def _enforced(ask: Ask, op: o.Act, table: TableName) -> Plan:
    name = shown_table(table)
    message = (
        f"enforces foreign key {op.other} of table {name} and checks all its rows under SHARE ROW EXCLUSIVE on it and"
        " on the one that it refers to: nobody writes either of them meanwhile"
    )
    remedy = (
        f"ALTER TABLE {name} DROP CONSTRAINT {op.other};  add it again NOT VALID, then, in a transaction of its own:"
        f"  ALTER TABLE {name} VALIDATE CONSTRAINT {op.other}"
    )
    return refused(ask, "add-foreign-key-validating", "SHARE ROW EXCLUSIVE", table, message, remedy)
