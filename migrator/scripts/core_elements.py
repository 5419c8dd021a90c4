"""SQLAlchemy's and Alembic's own SQL elements → the form that the rules know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.ddl import base as ddl
from sqlalchemy import schema
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement

from migrator.dialects.harmless import PURE_FUNCTIONS
from migrator.model import operation as o
from migrator.scripts import schema_items as items

Read = tuple[o.Operation, ...]
QUERY = o.Harmless(what="a query")
_ROWS: tuple[tuple[type[Any], o.RowChange], ...] = (
    (sa.Insert, o.RowChange.INSERT),
    (sa.Update, o.RowChange.UPDATE),
    (sa.Delete, o.RowChange.DELETE),
)
_BY_VISIT_NAME = {
    "create_enum_type": (o.CreateObject, o.ObjectKind.TYPE),
    "drop_enum_type": (o.DropObject, o.ObjectKind.TYPE),
    "create_domain_type": (o.CreateObject, o.ObjectKind.TYPE),
    "drop_domain_type": (o.DropObject, o.ObjectKind.TYPE),
    "create_sequence": (o.CreateObject, o.ObjectKind.SEQUENCE),
    "drop_sequence": (o.DropObject, o.ObjectKind.SEQUENCE),
}


def operations_of(element: Any, dialect: Dialect, doubtful: set[str]) -> Read | None:
    """What the element does; None for one whose SQL must be read instead (text, a plugin's element).

    Args:
        doubtful: names that are created only "if missing".
    """
    rows = _row_changes(element)
    if rows:
        return rows
    if isinstance(element, sa.Select | sa.CompoundSelect):
        return (QUERY,) if _is_plain(element) else None
    visit_name = getattr(element, "__visit_name__", "")
    if visit_name in ("savepoint", "release_savepoint", "rollback_to_savepoint"):
        return (o.Harmless(what="a savepoint"),)
    if visit_name in _BY_VISIT_NAME:
        make, kind = _BY_VISIT_NAME[visit_name]
        return (make(kind=kind, name=str(element.element.name), schema=element.element.schema),)
    reader = _READERS.get(type(element))
    return reader(element, dialect, doubtful) if reader is not None else None


def _row_changes(element: Any) -> Read:
    """Every INSERT, UPDATE and DELETE in it, in WITH clauses too."""
    if not isinstance(element, sa.sql.ClauseElement):
        return ()
    found: list[o.Operation] = []
    for node in visitors.iterate(element):
        for kind, change in _ROWS:
            if isinstance(node, kind):
                found.extend(_changed(node, change))
                found.extend(_read_for(node))
    return tuple(dict.fromkeys(found))


def _read_for(node: Any) -> Read:
    """What INSERT ... SELECT may read every row of."""
    query = getattr(node, "select", None)
    if not isinstance(query, sa.Select | sa.CompoundSelect):
        return ()
    tables = [one for one in visitors.iterate(query) if isinstance(one, sa.TableClause)]
    read = tuple(dict.fromkeys((getattr(one, "schema", None), one.name) for one in tables))
    return (o.ReadRows(what="a query", tables=read),) if read else ()


def _changed(node: Any, change: o.RowChange) -> Read:
    where = bool(getattr(node, "_where_criteria", ()))
    tables = [node.table]
    if isinstance(node.table, sa.Join):
        tables = [one for one in visitors.iterate(node.table) if isinstance(one, sa.TableClause)]
    listed = isinstance(node, sa.Insert) and node.select is None
    return tuple(
        o.ChangeRows(table=one.name, schema=getattr(one, "schema", None), change=change, bounded=where, listed=listed)
        for one in tables
    )


def _is_plain(element: Any) -> bool:
    """No text and no function that might write."""
    for node in visitors.iterate(element):
        if isinstance(node, sa.TextClause | sa.TextualSelect) or getattr(node, "is_literal", False):
            return False
        if isinstance(node, FunctionElement) and str(getattr(node, "name", "")).lower() not in PURE_FUNCTIONS:
            return False
    return True


def _create_table(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    table: sa.Table = element.element
    unless = bool(element.if_not_exists) or table.name in doubtful
    return (items.created_table(table, dialect, unless_exists=unless),)


def _drop_table(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    return (o.DropTable(table=element.element.name, schema=element.element.schema),)


def _create_index(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    table = element.element.table
    unless = bool(element.if_not_exists)
    return (items.index(element.element, table.name, table.schema, unless_exists=unless),)


def _drop_index(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    table = element.element.table
    name = items.name_text(element.element.name)
    if table is None:
        return (o.DropIndex(name=name),)
    return (o.DropIndex(name=name, table=table.name, schema=table.schema),)


def _add_constraint(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    table = element.element.table
    return (items.constraint(element.element, table.name, table.schema),)


def _drop_constraint(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    table = element.element.table
    kind = items.kind_of(element.element) if type(element.element) is not sa.Constraint else o.ConstraintKind.UNKNOWN
    name = items.name_text(element.element.name)
    return (o.DropConstraint(table=table.name, schema=table.schema, name=name, kind=kind),)


def _schema(make: Any) -> Callable[[Any, Dialect, set[str]], Read]:
    return lambda element, dialect, doubtful: (make(kind=o.ObjectKind.SCHEMA, name=str(element.element)),)


def _comment(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    return (o.Harmless(what="a comment"),)


def _rename_table(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    new = str(element.new_table_name)
    return (o.RenameTable(table=element.table_name, schema=element.schema, new_name=new),)


def _add_column(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    spec = items.column_spec(element.column, dialect)
    return (o.AddColumn(table=element.table_name, schema=element.schema, column=spec),)


def _drop_column(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
    return (o.DropColumn(table=element.table_name, schema=element.schema, column=element.column.name),)


def _altered(**changes: Callable[[Any, Dialect], Any]) -> Callable[[Any, Dialect, set[str]], Read]:
    def read(element: Any, dialect: Dialect, doubtful: set[str]) -> Read:
        values = {name: value(element, dialect) for name, value in changes.items()}
        base = {"table": element.table_name, "schema": element.schema, "column": str(element.column_name)}
        return (o.AlterColumn(**base, **values),)

    return read


def _default(element: Any, dialect: Dialect) -> o.DefaultChange:
    return o.DefaultChange.SET if element.default is not None else o.DefaultChange.DROPPED


_READERS: dict[type[Any], Callable[[Any, Dialect, set[str]], Read]] = {
    schema.CreateTable: _create_table,
    schema.DropTable: _drop_table,
    schema.CreateIndex: _create_index,
    schema.DropIndex: _drop_index,
    schema.AddConstraint: _add_constraint,
    schema.DropConstraint: _drop_constraint,
    schema.CreateSchema: _schema(o.CreateObject),
    schema.DropSchema: _schema(o.DropObject),
    schema.SetTableComment: _comment,
    schema.DropTableComment: _comment,
    schema.SetColumnComment: _comment,
    schema.DropColumnComment: _comment,
    ddl.RenameTable: _rename_table,
    ddl.AddColumn: _add_column,
    ddl.DropColumn: _drop_column,
    ddl.ColumnComment: _comment,
    ddl.ColumnName: _altered(new_name=lambda element, dialect: str(element.newname)),
    ddl.ColumnNullable: _altered(nullable=lambda element, dialect: bool(element.nullable)),
    ddl.ColumnType: _altered(type=lambda element, dialect: items.type_text(element.type_, dialect)),
    ddl.ColumnDefault: _altered(default=_default),
}
