"""Keep the model of the schema up to date with the DDL that goes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.ddl import base as ddl
from alembic.ddl.mysql import MySQLAlterDefault, MySQLChangeColumn
from alembic.ddl.postgresql import PostgresqlColumnType
from sqlalchemy import schema
from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects import own_options
from migrator.dialects.schema_model import ModelTable, Reflected, SchemaModel
from migrator.scripts.ddl_text import DDLText


def learn_element(model: SchemaModel, element: Any, dialect: Dialect) -> bool:
    """Change the model as the element changes the schema; False when the element is none that it knows.

    Args:
        dialect: in whose DDL defaults and conditions are kept.
    """
    for kind in type(element).__mro__:
        learner = _ELEMENTS.get(kind)
        if learner is not None:
            learner(model, element, DDLText(dialect))
            return True
    named = _NAMED_TYPES.get(getattr(element, "__visit_name__", ""))
    if named is not None:
        named(model, element)
    return named is not None


# -- what reflection would return --------------------------------------------------------------------------------------


def _column(column: sa.Column[Any], text: DDLText) -> Reflected:
    default = column.server_default
    found: Reflected = {
        "name": str(column.name),
        "type": _type(column.type),
        "nullable": bool(column.nullable),
        "default": text.default(default),
        "autoincrement": column.autoincrement,
        "comment": column.comment,
        "numbers_itself": text.is_self_numbering(column),
    }
    if isinstance(default, sa.Computed):
        found["computed"] = {"sqltext": text.expression(default.sqltext), "persisted": default.persisted}
    if isinstance(default, sa.Identity) and text.dialect.supports_identity_columns:
        found["identity"] = _identity(default)
    return found


def _identity(given: sa.Identity) -> Reflected:
    names = ("start", "increment", "minvalue", "maxvalue", "cycle")
    return {"always": bool(given.always), **{name: getattr(given, name) for name in names}}


def _type(type_: Any) -> Any:
    """A copy: a type that belongs to one table (Enum, Boolean) must not be attached to another."""
    copy = getattr(type_, "copy", None)
    if not callable(copy):
        return type_
    made = copy()
    for name in ("charset", "collation"):  # SQLAlchemy's copy of a MySQL ENUM loses them
        if getattr(type_, name, None) and not getattr(made, name, None):
            setattr(made, name, getattr(type_, name))
    return made


def _add_constraint_to(table: ModelTable, constraint: sa.Constraint, text: DDLText) -> None:
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        names = [str(one.name) for one in constraint.columns]
        table.primary_key = {"name": text.name(constraint), "constrained_columns": names}
        for one in table.columns:
            if one["name"] in names:
                one["nullable"] = False
    elif isinstance(constraint, sa.UniqueConstraint):
        names = [str(one.name) for one in constraint.columns]
        options = _options(constraint, text)
        table.uniques.append({"name": text.name(constraint), "column_names": names, "dialect_options": options})
        table.uniques[-1] |= {"deferrable": constraint.deferrable, "initially": constraint.initially}
    elif isinstance(constraint, sa.ForeignKeyConstraint):
        table.foreign_keys.append(_foreign_key(constraint, text))
    elif isinstance(constraint, sa.CheckConstraint):
        table.checks.append({"name": text.name(constraint), "sqltext": text.expression(constraint.sqltext)})
    else:
        table.excludes.append({"name": text.name(constraint), "text": text.constraint(constraint)})


def _foreign_key(constraint: sa.ForeignKeyConstraint, text: DDLText) -> Reflected:
    targets = [element.target_fullname.split(".") for element in constraint.elements]
    options = {name: getattr(constraint, name) for name in ("onupdate", "ondelete", "deferrable", "initially", "match")}
    return {
        "name": text.name(constraint),
        "constrained_columns": list(constraint.column_keys),
        "referred_schema": ".".join(targets[0][:-2]) or None,
        "referred_table": targets[0][-2],
        "referred_columns": [target[-1] for target in targets],
        "options": {key: value for key, value in options.items() if value},
    }


def _index(index: sa.Index, text: DDLText) -> Reflected:
    names = [one.name if isinstance(one, sa.Column) else None for one in index.expressions]
    found: Reflected = {"name": text.name(index), "column_names": names, "unique": bool(index.unique)}
    if None in names:
        found["expressions"] = [
            str(one.name) if isinstance(one, sa.Column) else text.expression(one) for one in index.expressions
        ]
    found["dialect_options"] = _options(index, text)
    found["classes"] = _classes(index, found)
    return found


def _classes(index: sa.Index, found: Reflected) -> list[str]:
    """``element class`` for each operator class that was given."""
    given = index.dialect_kwargs.get("postgresql_ops") or {}
    elements = found.get("expressions") or found["column_names"]
    keys = [getattr(one, "key", None) for one in index.expressions]
    return [f"{element} {given[key]}" for element, key in zip(elements, keys, strict=True) if key in given]


def _options(item: Any, text: DDLText) -> Reflected:
    """What was given for this dialect alone, expressions as text."""
    given = own_options(item.dialect_kwargs, text.dialect)
    return {key: text.expression(one) if isinstance(one, sa.ClauseElement) else one for key, one in given.items()}


# -- elements ----------------------------------------------------------------------------------------------------------


def _create_table(model: SchemaModel, element: Any, text: DDLText) -> None:
    table: sa.Table = element.element
    made = ModelTable(columns=[_column(column, text) for column in table.columns], comment=table.comment)
    made.given = {**own_options(table.dialect_kwargs, text.dialect), "prefixes": table._prefixes}
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        # Not asked where it comes by itself: SQLAlchemy's ADD CONSTRAINT takes it out of its table by the same rule.
        if text.is_made(constraint):
            _add_constraint_to(made, constraint, text)
    model.tables.setdefault((table.schema, table.name), made)
    model.give_names((table.schema, table.name))


def _drop_table(model: SchemaModel, element: Any, text: DDLText) -> None:
    if model.tables.pop((element.element.schema, element.element.name), None) is not None:
        model.gone.add((element.element.schema, element.element.name))


def _create_index(model: SchemaModel, element: Any, text: DDLText) -> None:
    index = element.element
    table = model.table(index.table.name, index.table.schema)
    if table is not None:
        table.indexes.append(_index(index, text))


def _drop_index(model: SchemaModel, element: Any, text: DDLText) -> None:
    _forget_index(model, str(element.element.name))


def _forget_index(model: SchemaModel, name: str) -> None:
    for table in model.tables.values():
        table.indexes = [one for one in table.indexes if one["name"] != name]


def _add_constraint(model: SchemaModel, element: Any, text: DDLText) -> None:
    found = element.element
    table = model.table(found.table.name, found.table.schema)
    if table is not None:
        _add_constraint_to(table, found, text)
        model.give_names((found.table.schema, found.table.name))


def _drop_constraint(model: SchemaModel, element: Any, text: DDLText) -> None:
    found = element.element
    table = model.table(found.table.name, found.table.schema)
    if table is not None:
        table.drop_constraint(text.name(found))


def _rename_table(model: SchemaModel, element: Any, text: DDLText) -> None:
    model.rename_table(str(element.table_name), str(element.new_table_name), element.schema)


def _add_column(model: SchemaModel, element: Any, text: DDLText) -> None:
    table = model.table(element.table_name, element.schema)
    if table is not None and table.column(element.column.name) is None:
        table.columns.append(_column(element.column, text))


def _drop_column(model: SchemaModel, element: Any, text: DDLText) -> None:
    table = model.table(element.table_name, element.schema)
    if table is not None:
        table.drop_column(str(element.column.name))


def _alter_column(model: SchemaModel, element: Any, text: DDLText) -> None:
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
        column["default"] = text.default(element.default)
        column.pop("unread", None)
    if whole:
        column["comment"] = element.comment or None
        column["numbers_itself"] = bool(element.autoincrement)
    _alter_generation(column, element)
    if isinstance(element, ddl.ColumnComment):
        column["comment"] = element.comment
    new_name = getattr(element, "newname", None)
    if new_name:
        table.rename_column(str(element.column_name), str(new_name))


def _alter_generation(column: Reflected, element: Any) -> None:
    if isinstance(element, ddl.IdentityColumnDefault):
        column.pop("identity", None)
        if element.default:
            column["identity"] = _identity(element.default)
            column["numbers_itself"] = False


def _table_comment(model: SchemaModel, element: Any, text: DDLText) -> None:
    table = model.table(element.element.name, element.element.schema)
    if table is not None:
        table.comment = element.element.comment if isinstance(element, schema.SetTableComment) else None


def _column_comment(model: SchemaModel, element: Any, text: DDLText) -> None:
    column = element.element
    table = model.table(column.table.name, column.table.schema)
    found = table.column(str(column.name)) if table is not None else None
    if found is not None:
        found["comment"] = column.comment if isinstance(element, schema.SetColumnComment) else None


def _create_enum(model: SchemaModel, element: Any) -> None:
    enum = element.element
    key = (enum.schema, str(enum.name))
    model.types.add(key)
    model.enums[key] = tuple(str(one) for one in enum.enums)


def _drop_enum(model: SchemaModel, element: Any) -> None:
    key = (element.element.schema, str(element.element.name))
    model.types.discard(key)
    model.enums.pop(key, None)


def _named(collection: str, *, add: bool) -> Callable[[SchemaModel, Any, DDLText], None]:
    def learn(model: SchemaModel, element: Any, text: DDLText) -> None:
        names: set[Any] = getattr(model, collection)
        key = (element.element.schema, str(element.element.name))
        names.add(key) if add else names.discard(key)

    return learn


def _create_schema(model: SchemaModel, element: Any, text: DDLText) -> None:
    model.schemas.add(str(element.element))


def _drop_schema(model: SchemaModel, element: Any, text: DDLText) -> None:
    model.schemas.discard(str(element.element))


_ELEMENTS: dict[type[Any], Callable[[SchemaModel, Any, DDLText], None]] = {
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
    schema.SetTableComment: _table_comment,
    schema.DropTableComment: _table_comment,
    schema.SetColumnComment: _column_comment,
    schema.DropColumnComment: _column_comment,
    ddl.RenameTable: _rename_table,
    ddl.AddColumn: _add_column,
    ddl.DropColumn: _drop_column,
    ddl.AlterColumn: _alter_column,
}
_NAMED_TYPES: dict[str, Callable[[SchemaModel, Any], None]] = {
    "create_enum_type": _create_enum,
    "drop_enum_type": _drop_enum,
}
