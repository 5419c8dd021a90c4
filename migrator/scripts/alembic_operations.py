"""Alembic's operations → the form that the rules know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

from migrator.dialects.checking import Traits
from migrator.dialects.schema_model import SchemaModel
from migrator.model import operation as o
from migrator.scripts import schema_items as items

Read = tuple[o.Operation, ...]
_DROPPED = {
    "foreignkey": o.ConstraintKind.FOREIGN_KEY,
    "unique": o.ConstraintKind.UNIQUE,
    "check": o.ConstraintKind.CHECK,
    "primary": o.ConstraintKind.PRIMARY_KEY,
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What an operation is read against: the dialect, and the schema as the history made it so far."""

    context: MigrationContext
    model: SchemaModel
    traits: Traits

    def of(self, operation: ops.MigrateOperation) -> Read | None:
        """What the operation does; None for one whose statements must be read instead (op.execute, a plugin's)."""
        reader = _READERS.get(type(operation))
        if reader is None and isinstance(operation, ops.AddConstraintOp):
            reader = _add_constraint
        return reader(self, operation) if reader is not None else None

    def type_text(self, type_: Any) -> str:
        return items.type_text(type_, self.context.dialect)


def _create_table(reading: Reading, op: Any) -> Read:
    # Not by op.to_table(): that attaches the columns, and the table that Alembic makes of them next lacks their keys.
    columns = [one for one in op.columns if isinstance(one, sa.Column)]
    return (
        o.CreateTable(
            table=op.table_name,
            schema=op.schema,
            columns=tuple(items.column_spec(one, reading.context.dialect) for one in columns),
            unless_exists=bool(op.if_not_exists),
        ),
    )


def _drop_table(reading: Reading, op: Any) -> Read:
    return (o.DropTable(table=op.table_name, schema=op.schema),)


def _rename_table(reading: Reading, op: Any) -> Read:
    return (o.RenameTable(table=op.table_name, schema=op.schema, new_name=op.new_table_name),)


def _add_column(reading: Reading, op: Any) -> Read:
    column: sa.Column[Any] = op.column
    table, schema = op.table_name, op.schema
    spec = items.column_spec(column, reading.context.dialect)
    unless = bool(getattr(op, "if_not_exists", None))
    found: list[o.Operation] = [o.AddColumn(table=table, schema=schema, column=spec, unless_exists=unless)]

    def constrain(kind: o.ConstraintKind, references: str = "") -> None:
        found.append(
            o.AddConstraint(table=table, schema=schema, kind=kind, columns=(spec.name,), references=references)
        )

    if column.primary_key:
        constrain(o.ConstraintKind.PRIMARY_KEY)
    for key in column.foreign_keys:
        constrain(o.ConstraintKind.FOREIGN_KEY, key.target_fullname.rpartition(".")[0])
    for check in items.user_checks(column):
        found.append(items.constraint(check, table, schema))
    if column.index:
        found.append(o.CreateIndex(table=table, schema=schema, columns=(spec.name,), unique=bool(column.unique)))
    elif column.unique:
        constrain(o.ConstraintKind.UNIQUE)
    return tuple(found)


def _drop_column(reading: Reading, op: Any) -> Read:
    return (o.DropColumn(table=op.table_name, schema=op.schema, column=op.column_name),)


def _alter_column(reading: Reading, op: Any) -> Read:
    table = reading.model.table(op.table_name, op.schema)
    known = table.column(op.column_name) if table is not None else None
    old = known["type"] if known is not None else op.existing_type
    old_type = reading.type_text(old) if old is not None else None
    type_ = reading.type_text(op.modify_type) if op.modify_type is not None else None
    if any(key.endswith("_using") and value for key, value in op.kw.items()):
        type_ = f"{type_} USING ..."
    nullable = op.modify_nullable
    if known is not None and nullable is not None and bool(known["nullable"]) == nullable:
        nullable = None
    return (
        o.AlterColumn(
            table=op.table_name,
            schema=op.schema,
            column=op.column_name,
            new_name=op.modify_name if op.modify_name != op.column_name else None,
            type=type_ if type_ != old_type else None,
            old_type=old_type,
            nullable=nullable,
            default=_default(reading, op, known),
        ),
    )


def _default(reading: Reading, op: Any, known: Any) -> o.DefaultChange:
    if op.modify_server_default is None:
        return o.DefaultChange.DROPPED
    if op.modify_server_default is not False:
        return o.DefaultChange.SET
    changes = (op.modify_type, op.modify_nullable, op.modify_name, op.kw.get("autoincrement"))
    restated = any(one is not None for one in changes) or op.modify_comment is not False
    has_default = known is not None and known.get("default") is not None
    if reading.traits.restates_columns and restated and has_default and op.existing_server_default is False:
        return o.DefaultChange.LOST
    return o.DefaultChange.KEPT


def _create_index(reading: Reading, op: Any) -> Read:
    made = op.to_index(reading.context)
    return (items.index(made, op.table_name, op.schema, unless_exists=bool(op.if_not_exists)),)


def _drop_index(reading: Reading, op: Any) -> Read:
    concurrently = any(key.endswith("_concurrently") and value for key, value in op.kw.items())
    return (
        o.DropIndex(name=str(op.index_name), table=op.table_name or "", schema=op.schema, concurrently=concurrently),
    )


def _add_constraint(reading: Reading, op: Any) -> Read:
    made = op.to_constraint(reading.context)
    table = getattr(op, "source_table", None) or op.table_name
    schema = getattr(op, "source_schema", None) or getattr(op, "schema", None) or op.kw.get("source_schema")
    return (items.constraint(made, table, schema),)


def _drop_constraint(reading: Reading, op: Any) -> Read:
    kind = _DROPPED.get(op.constraint_type or "", o.ConstraintKind.UNKNOWN)
    return (o.DropConstraint(table=op.table_name, schema=op.schema, name=str(op.constraint_name or ""), kind=kind),)


def _comment(reading: Reading, op: Any) -> Read:
    return (o.Harmless(what="a comment"),)


def _bulk_insert(reading: Reading, op: Any) -> Read:
    return (o.ChangeRows(table=op.table.name, schema=op.table.schema, change=o.RowChange.INSERT, listed=True),)


_READERS: dict[type[ops.MigrateOperation], Callable[[Reading, Any], Read]] = {
    ops.AddColumnOp: _add_column,
    ops.AlterColumnOp: _alter_column,
    ops.BulkInsertOp: _bulk_insert,
    ops.CreateIndexOp: _create_index,
    ops.CreateTableCommentOp: _comment,
    ops.CreateTableOp: _create_table,
    ops.DropColumnOp: _drop_column,
    ops.DropConstraintOp: _drop_constraint,
    ops.DropIndexOp: _drop_index,
    ops.DropTableCommentOp: _comment,
    ops.DropTableOp: _drop_table,
    ops.RenameTableOp: _rename_table,
}
