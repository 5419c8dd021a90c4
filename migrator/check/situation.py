"""Where an operation stands: the phase, the dialect, and what the revision itself has made before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migrator.dialects.checking import Traits
from migrator.dialects.schema_model import ModelTable, SchemaModel
from migrator.model import operation as o
from migrator.model.phase import Phase
from migrator.model.plan import Blocking, Domain

Key = tuple[str | None, str]


@dataclass(kw_only=True)
class Made:
    """What the revision created so far: nobody else can be using it.

    Whatever was created "if it doesn't exist" may have existed, so it doesn't count.
    """

    tables: set[Key] = field(default_factory=set)
    dropped: set[Key] = field(default_factory=set)
    columns: dict[tuple[str | None, str, str], o.ColumnSpec] = field(default_factory=dict)
    indexes: set[str] = field(default_factory=set)
    constraints: set[tuple[str | None, str, str]] = field(default_factory=set)
    objects: set[tuple[o.ObjectKind, str | None, str]] = field(default_factory=set)
    in_transaction: set[tuple[str | None, str, str]] = field(default_factory=set)
    """Constraints that the open transaction added."""
    held: set[Key] = field(default_factory=set)
    """Tables of others that the open transaction has changed: it holds their strong lock."""
    values: set[str] = field(default_factory=set)
    """Enum values that the open transaction added."""
    keys_unchecked: bool = False
    """Whether the session doesn't look at foreign keys."""

    def learn(self, operation: o.Operation) -> None:
        """Take note of an operation that was judged."""
        if isinstance(operation, STRONG) and (operation.schema, operation.table) not in self.tables:
            self.held.add((operation.schema, operation.table))
        learner = _LEARNERS.get(type(operation))
        if learner is not None:
            learner(self, operation)

    def committed(self) -> None:
        """Whatever transaction was open has ended."""
        self.in_transaction.clear()
        self.held.clear()
        self.values.clear()


def _create_table(made: Made, op: Any) -> None:
    if not op.unless_exists:
        made.tables.add((op.schema, op.table))


def _create_temporary(made: Made, op: Any) -> None:
    made.tables.add((op.schema, op.table))


def _drop_table(made: Made, op: Any) -> None:
    key = (op.schema, op.table)
    if key in made.tables:
        made.tables.discard(key)
    else:
        made.dropped.add(key)


def _rename_table(made: Made, op: Any) -> None:
    if (op.schema, op.table) in made.tables:
        made.tables.discard((op.schema, op.table))
        made.tables.add((op.new_schema or op.schema, op.new_name))
    else:
        made.dropped.add((op.schema, op.table))


def _add_column(made: Made, op: Any) -> None:
    if not op.unless_exists:
        made.columns[(op.schema, op.table, op.column.name)] = op.column


def _alter_column(made: Made, op: Any) -> None:
    spec = made.columns.pop((op.schema, op.table, op.column), None)
    if spec is None:
        return
    if op.nullable is not None:
        spec = replace(spec, nullable=op.nullable)
    if op.default is not o.DefaultChange.KEPT:
        spec = replace(spec, fills_itself=op.default is o.DefaultChange.SET)
    made.columns[(op.schema, op.table, op.new_name or op.column)] = spec


def _create_index(made: Made, op: Any) -> None:
    if op.name and not op.unless_exists:
        made.indexes.add(op.name)


def _add_constraint(made: Made, op: Any) -> None:
    if op.name:
        made.constraints.add((op.schema, op.table, op.name))
        made.in_transaction.add((op.schema, op.table, op.name))


def _control(made: Made, op: Any) -> None:
    made.committed()


def _add_value(made: Made, op: Any) -> None:
    made.values.add(op.value)


def _unchecked(made: Made, op: Any) -> None:
    made.keys_unchecked = True


def _create_object(made: Made, op: Any) -> None:
    if op.kind is o.ObjectKind.MATERIALIZED_VIEW and not op.replaces:
        made.tables.add((op.schema, op.name))
    if not op.replaces:
        made.objects.add((op.kind, op.schema, op.name))


def _rename_object(made: Made, op: Any) -> None:
    if (op.kind, op.schema, op.name) in made.objects:
        made.objects.discard((op.kind, op.schema, op.name))
        made.objects.add((op.kind, op.schema, op.new_name))


# What takes the strongest lock of a table that goes on being used, if only for a moment.
STRONG = (o.AddColumn, o.DropColumn, o.AlterColumn, o.AddConstraint, o.DropConstraint, o.RenameTable)
_LEARNERS: dict[type[o.Operation], Callable[[Made, Any], None]] = {
    o.CreateTable: _create_table,
    o.CreateTemporary: _create_temporary,
    o.DropTable: _drop_table,
    o.RenameTable: _rename_table,
    o.AddColumn: _add_column,
    o.AlterColumn: _alter_column,
    o.CreateIndex: _create_index,
    o.AddConstraint: _add_constraint,
    o.CreateObject: _create_object,
    o.RenameObject: _rename_object,
    o.TransactionControl: _control,
    o.AddEnumValue: _add_value,
    o.KeysUnchecked: _unchecked,
}


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What a rule may ask.

    Attributes:
        autocommit: the operation stands in an ``autocommit_block``.
        raw: it is text of the revision's own, which gets no online form by itself.
        in_file: the text is a file of SQL, which its own runner sends.
        before: the schema before the statement, as far as it is known; None where nobody kept it.
        blocking: why the planner wouldn't send the statement; told with the first of its operations.
        statement: all that the statement does.
        number: the statement's place.
        last_created: what the statements create → the place of the last that does, and how.
        in_transaction: a file of SQL has begun a transaction by itself.
        under: the tables of others that the transaction has locked before the statement.
        rest: what comes after the statement in its transaction, as a file goes on in it; empty for a revision.
        text: the statement; empty for what a batch does as a whole.
    """

    traits: Traits
    phase: Phase
    made: Made
    autocommit: bool = False
    raw: bool = False
    in_file: bool = False
    before: SchemaModel | None = None
    blocking: Blocking | None = None
    statement: tuple[o.Operation, ...] = ()
    number: int = 0
    last_created: Mapping[tuple[o.ObjectKind, str | None, str], tuple[int, o.CreateObject]] = field(
        default_factory=dict
    )
    in_transaction: bool = False
    under: frozenset[Key] = frozenset()
    rest: Callable[[], Iterator[o.Operation]] = lambda: iter(())
    text: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the statement stands in a transaction with those before it: in a file, which nobody takes apart."""
        return self.in_file and not self.autocommit and self.traits.one_transaction

    def table(self, operation: o.TableOperation) -> ModelTable | None:
        """What is known of the table before the statement; None for nothing."""
        return None if self.before is None else self.before.table(operation.table, operation.schema)

    @property
    def domains(self) -> Mapping[str, Domain]:
        """Those of the schema, by their names in lower case."""
        return {} if self.before is None else self.before.domains

    def is_not_null(self, operation: o.TableOperation, name: str) -> bool:
        """Whether the column is known to refuse NULL already."""
        table = self.table(operation)
        column = table.column(name) if table is not None else None
        return column is not None and not column["nullable"]

    def is_nullable(self, operation: o.TableOperation, name: str) -> bool:
        """Whether the column is known to take NULL already."""
        table = self.table(operation)
        column = table.column(name) if table is not None else None
        return column is not None and bool(column["nullable"])

    def has_whole_key(self, operation: o.TableOperation, columns: tuple[str, ...]) -> bool:
        """Whether the columns are known to hold all of the table's primary key."""
        table = self.table(operation)
        key = [] if table is None else table.primary_key["constrained_columns"]
        return bool(key) and set(key) <= set(columns)

    def is_left_out(self, operation: o.TableOperation, name: str) -> bool:
        """Whether the column is known to be NULL where code that doesn't name it writes."""
        table = self.table(operation)
        column = table.column(name) if table is not None else None
        return column is not None and bool(column["nullable"]) and column.get("fills_itself") is False

    def is_proven(self, operation: o.TableOperation, name: str) -> bool:
        """Whether a valid check is known to refuse NULL already."""
        table = self.table(operation)
        checks = [] if table is None else table.checks
        return any(one.get("proves") == name and not one.get("not_valid") for one in checks)

    def takes_ready_index(self, operation: o.AddConstraint) -> bool:
        """Whether the key takes over an index that is known to be unique, over columns that refuse NULL."""
        table = self.table(operation)
        if table is None or not operation.takes:
            return False
        index = next((one for one in table.indexes if one["name"] == operation.takes), None)
        names = [] if index is None else index["column_names"]
        return (
            bool(names) and bool(index and index["unique"]) and all(self.is_not_null(operation, str(n)) for n in names)
        )

    def built_online(self, rule: str) -> bool:
        """Whether the executor builds the operation's index beside traffic, which the planner would refuse by ``rule``.

        SQL text is sent as it is.
        """
        refused = self.blocking is not None and self.blocking.rule == rule
        return self.traits.index_build_stops_writes and not self.raw and not refused

    def fills_itself(self, operation: o.AlterColumn) -> bool:
        """Whether the column is known to have a default that could be lost."""
        table = self.table(operation)
        column = table.column(operation.column) if table is not None else None
        return column is not None and bool(column.get("fills_itself"))

    def has_no_default(self, operation: o.AlterColumn) -> bool:
        """Whether the column is known to have no default that could be lost."""
        table = self.table(operation)
        column = table.column(operation.column) if table is not None else None
        return column is not None and column.get("fills_itself") is False

    def view_afterwards(self, name: str, schema: str | None) -> o.CreateObject | None:
        """The view of that name that a later statement creates."""
        number, made = self.last_created.get((o.ObjectKind.VIEW, schema, name), (-1, None))
        return made if number > self.number else None

    def existed(self, operation: o.TableOperation) -> bool:
        """Whether the table may have been there before this revision."""
        return (operation.schema, operation.table) not in self.made.tables

    def is_new(self, name: str, schema: str | None) -> bool:
        """Whether this revision made the table or the view of that name."""
        return (schema, name) in self.made.tables or (o.ObjectKind.VIEW, schema, name) in self.made.objects

    def column_existed(self, operation: o.TableOperation, column: str) -> bool:
        """Whether the column may have been there before this revision."""
        return self.existed(operation) and (operation.schema, operation.table, column) not in self.made.columns

    def only_new_empty_columns(self, operation: o.TableOperation, columns: tuple[str, ...]) -> bool:
        """Whether old code, which doesn't know the columns, leaves NULL in one of them at least.

        NULL breaks no unique constraint and no foreign key.
        """
        added = [self.made.columns.get((operation.schema, operation.table, name)) for name in columns]
        return any(spec is not None and spec.nullable and not spec.fills_itself for spec in added)

    def index_existed(self, operation: o.DropIndex) -> bool:
        """Whether the index may have been there before this revision."""
        on_new = bool(operation.table) and (operation.schema, operation.table) in self.made.tables
        return not on_new and operation.name not in self.made.indexes

    def object_existed(self, operation: o.DropObject | o.RenameObject) -> bool:
        """Whether the object may have been there before this revision."""
        on_new = bool(operation.table) and (operation.schema, operation.table) in self.made.tables
        return not on_new and (operation.kind, operation.schema, operation.name) not in self.made.objects
