"""Which names an operation makes, takes away or uses: how one revision's work meets another's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrator.model import operation as o


@dataclass(frozen=True, kw_only=True)
class Name:
    """A table, or one thing of a table or schema.

    ``kind`` is "table", "column", or that of a constraint, index or object; ``table`` is empty for what stands in no
    table.  ``schema`` is None where the statement names none.
    """

    kind: str
    name: str
    table: str = ""
    schema: str | None = None

    def __str__(self) -> str:
        inside = f"{self.table}.{self.name}" if self.table else self.name
        return f"{self.kind} {self.schema}.{inside}" if self.schema else f"{self.kind} {inside}"


def table(name: str, schema: str | None) -> Name:
    return Name(kind="table", name=name, schema=schema)


def column(table: str, name: str, schema: str | None) -> Name:
    return Name(kind="column", name=name, table=table, schema=schema)


def made(op: o.Operation) -> Iterator[Name]:
    """Tables, columns, indexes, constraints and objects that are there afterwards and weren't before."""
    match op:
        case o.CreateTable():
            yield table(op.table, op.schema)
            yield from (column(op.table, one.name, op.schema) for one in op.columns)
        case o.RenameTable():
            yield table(op.new_name, op.new_schema or op.schema)
        case o.AddColumn():
            yield column(op.table, op.column.name, op.schema)
        case o.AlterColumn(new_name=str(new)):
            yield column(op.table, new, op.schema)
        case o.CreateIndex() if op.name:
            yield Name(kind="index", name=op.name, schema=op.schema)
        case o.AddConstraint() if op.name:
            yield Name(kind="constraint", name=op.name, table=op.table, schema=op.schema)
        case o.CreateObject():
            yield Name(kind=op.kind.value, name=op.name, table=op.table, schema=op.schema)
        case o.RenameObject():
            yield Name(kind=op.kind.value, name=op.new_name, table=op.table, schema=op.schema)


def removed(op: o.Operation) -> Iterator[Name]:
    """Names that were there before and aren't afterwards; a table's own columns go without saying."""
    match op:
        case o.DropTable():
            yield table(op.table, op.schema)
        case o.RenameTable():
            yield table(op.table, op.schema)
        case o.DropColumn():
            yield column(op.table, op.column, op.schema)
        case o.AlterColumn(new_name=str()):
            yield column(op.table, op.column, op.schema)
        case o.DropIndex():
            yield Name(kind="index", name=op.name, schema=op.schema)
        case o.DropConstraint() if op.name:
            yield Name(kind="constraint", name=op.name, table=op.table, schema=op.schema)
        case o.DropObject() | o.RenameObject():
            yield Name(kind=op.kind.value, name=op.name, table=op.table, schema=op.schema)


def used(op: o.Operation) -> Iterator[Name]:
    """Tables and columns that must be there before."""
    if isinstance(op, o.CreateTable):
        for one in op.constraints:
            if one.references and (one.references_schema, one.references) != (op.schema, op.table):
                yield table(one.references, one.references_schema)
        return
    if isinstance(op, o.TableOperation) and not _tolerant(op):
        yield table(op.table, op.schema)
        yield from (column(op.table, one, op.schema) for one in _columns(op))
    if isinstance(op, o.AddConstraint) and op.references:
        yield table(op.references, op.references_schema)


def _tolerant(op: o.Operation) -> bool:
    """Whether it says itself that there may be nothing; or whose table may be no table."""
    return bool(getattr(op, "if_exists", False)) or isinstance(op, o.Act)


def _columns(op: o.TableOperation) -> tuple[str, ...]:
    match op:
        case o.DropColumn() | o.AlterColumn():
            return (op.column,)
        case o.CreateIndex() | o.AddConstraint():
            return tuple(one for one in op.columns if one)
        case _:
            return ()
