"""Keep the model of the schema up to date with the DDL that goes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.ddl import base as ddl
from alembic.ddl.mysql import MySQLAlterDefault, MySQLChangeColumn
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import schema

from migrator.dialects.schema_model import ModelTable, Reflected, SchemaModel


def learn_element(model: SchemaModel, element: Any) -> bool:
    """Change the model as the element changes the schema; False when the element is none that it knows."""
    for kind in type(element).__mro__:
        learner = _ELEMENTS.get(kind)
        if learner is not None:
            learner(model, element)
            return True
    return False


# -- what reflection would return --------------------------------------------------------------------------------------


def _column(column: sa.Column[Any]) -> Reflected:
    default = column.server_default
    found: Reflected = {
        "name": str(column.name),
        "type": _type(column.type),
        "nullable": bool(column.nullable),
        "default": _default_text(default),
        "autoincrement": column.autoincrement,
        "comment": column.comment,
    }
    if isinstance(default, sa.Computed):
        found["computed"] = {"sqltext": str(default.sqltext), "persisted": default.persisted}
    return found


def _type(type_: Any) -> Any:
    """A copy: a type that belongs to one table (Enum, Boolean) must not be attached to another."""
    copy = getattr(type_, "copy", None)
    return copy() if callable(copy) else type_


def _default_text(default: Any) -> str | None:
    if not isinstance(default, sa.DefaultClause):
        return None
    if isinstance(default.arg, str):
        return "'" + default.arg.replace("'", "''") + "'"
    return str(default.arg)


def _name(constraint: Any) -> str | None:
    return str(constraint.name) if isinstance(constraint.name, str) else None


def _add_constraint_to(table: ModelTable, constraint: sa.Constraint) -> None:
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        names = [str(one.name) for one in constraint.columns]
        table.primary_key = {"name": _name(constraint), "constrained_columns": names}
        for one in table.columns:
            if one["name"] in names:
                one["nullable"] = False
    elif isinstance(constraint, sa.UniqueConstraint):
        names = [str(one.name) for one in constraint.columns]
        table.uniques.append({"name": _name(constraint), "column_names": names})
    elif isinstance(constraint, sa.ForeignKeyConstraint):
        table.foreign_keys.append(_foreign_key(constraint))
    elif isinstance(constraint, sa.CheckConstraint):
        table.checks.append({"name": _name(constraint), "sqltext": str(constraint.sqltext)})


def _foreign_key(constraint: sa.ForeignKeyConstraint) -> Reflected:
    targets = [element.target_fullname.split(".") for element in constraint.elements]
    options = {"onupdate": constraint.onupdate, "ondelete": constraint.ondelete}
    return {
        "name": _name(constraint),
        "constrained_columns": list(constraint.column_keys),
        "referred_schema": ".".join(targets[0][:-2]) or None,
        "referred_table": targets[0][-2],
        "referred_columns": [target[-1] for target in targets],
        "options": {key: value for key, value in options.items() if value},
    }


def _index(index: sa.Index) -> Reflected:
    names = [one.name if isinstance(one, sa.Column) else None for one in index.expressions]
    found: Reflected = {"name": _name(index), "column_names": names, "unique": bool(index.unique)}
    if None in names:
        found["expressions"] = [str(one) for one in index.expressions]
    return found


# -- elements ----------------------------------------------------------------------------------------------------------


def _create_table(model: SchemaModel, element: Any) -> None:
    table: sa.Table = element.element
    made = ModelTable(columns=[_column(column) for column in table.columns])
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        _add_constraint_to(made, constraint)
    model.tables.setdefault((table.schema, table.name), made)
    model.give_names((table.schema, table.name))


def _drop_table(model: SchemaModel, element: Any) -> None:
    if model.tables.pop((element.element.schema, element.element.name), None) is not None:
        model.gone.add((element.element.schema, element.element.name))


def _create_index(model: SchemaModel, element: Any) -> None:
    index = element.element
    table = model.table(index.table.name, index.table.schema)
    if table is not None:
        table.indexes.append(_index(index))


def _drop_index(model: SchemaModel, element: Any) -> None:
    _forget_index(model, str(element.element.name))


def _forget_index(model: SchemaModel, name: str) -> None:
    for table in model.tables.values():
        table.indexes = [one for one in table.indexes if one["name"] != name]


def _add_constraint(model: SchemaModel, element: Any) -> None:
    found = element.element
    table = model.table(found.table.name, found.table.schema)
    if table is not None:
        _add_constraint_to(table, found)
        model.give_names((found.table.schema, found.table.name))


def _drop_constraint(model: SchemaModel, element: Any) -> None:
    found = element.element
    table = model.table(found.table.name, found.table.schema)
    if table is not None:
        table.drop_constraint(_name(found))


def _rename_table(model: SchemaModel, element: Any) -> None:
    model.rename_table(str(element.table_name), str(element.new_table_name), element.schema)


def _add_column(model: SchemaModel, element: Any) -> None:
    table = model.table(element.table_name, element.schema)
    if table is not None and table.column(element.column.name) is None:
        table.columns.append(_column(element.column))


def _drop_column(model: SchemaModel, element: Any) -> None:
    table = model.table(element.table_name, element.schema)
    if table is not None:
        table.drop_column(str(element.column.name))


def _alter_column(model: SchemaModel, element: Any) -> None:
    """All of Alembic's pieces of ALTER COLUMN: each carries the attributes that it changes."""
    table = model.table(element.table_name, element.schema)
    column = table.column(str(element.column_name)) if table is not None else None
    if table is None or column is None:
        return
    whole = isinstance(element, MySQLChangeColumn)
    if isinstance(element, ddl.ColumnType | PostgresqlColumnType) or whole:
        column["type"] = _type(element.type_)
    if isinstance(element, ddl.ColumnNullable) or whole:
        column["nullable"] = bool(element.nullable)
    if isinstance(element, ddl.ColumnDefault | MySQLAlterDefault) or whole:
        default = None if element.default is False else element.default
        column["default"] = None if default is None else _any_default(default)
    new_name = getattr(element, "newname", None)
    if new_name:
        table.rename_column(str(element.column_name), str(new_name))


def _any_default(default: Any) -> str | None:
    if isinstance(default, str):
        return "'" + default.replace("'", "''") + "'"
    return _default_text(default) or str(getattr(default, "text", default))


def _named(collection: str, *, add: bool) -> Callable[[SchemaModel, Any], None]:
    def learn(model: SchemaModel, element: Any) -> None:
        names: set[Any] = getattr(model, collection)
        key = (element.element.schema, str(element.element.name))
        names.add(key) if add else names.discard(key)

    return learn


def _create_schema(model: SchemaModel, element: Any) -> None:
    model.schemas.add(str(element.element))


def _drop_schema(model: SchemaModel, element: Any) -> None:
    model.schemas.discard(str(element.element))


_ELEMENTS: dict[type[Any], Callable[[SchemaModel, Any], None]] = {
    schema.CreateTable: _create_table,
    schema.DropTable: _drop_table,
    schema.CreateIndex: _create_index,
    schema.DropIndex: _drop_index,
    schema.AddConstraint: _add_constraint,
    schema.DropConstraint: _drop_constraint,
    schema.CreateSequence: _named("sequences", add=True),
    schema.DropSequence: _named("sequences", add=False),
    schema.CreateSchema: _create_schema,
    schema.DropSchema: _drop_schema,
    ddl.RenameTable: _rename_table,
    ddl.AddColumn: _add_column,
    ddl.DropColumn: _drop_column,
    ddl.AlterColumn: _alter_column,
}
