"""What a revision does, in one form for all ways to write it.

Alembic operations, SQLAlchemy elements and SQL text of any dialect become these; the rules of the check know nothing
else.  A statement that fits none of them becomes :class:`Unread`, never nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from migrator.model.operation_kinds import ActKind as ActKind
from migrator.model.operation_kinds import ConstraintKind as ConstraintKind
from migrator.model.operation_kinds import DefaultChange as DefaultChange
from migrator.model.operation_kinds import ObjectKind as ObjectKind
from migrator.model.operation_kinds import RowChange as RowChange
from migrator.model.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Base of all."""


@dataclass(frozen=True, kw_only=True)
class TableOperation(Operation):
    """Something done to one table; ``schema`` is None where the statement names none; ``only_if_there``: it does
    nothing where there is no such table (ALTER TABLE IF EXISTS)."""

    table: str
    schema: str | None = None
    only_if_there: bool = False

    @property
    def target(self) -> str:
        """The table's name for a person, with its schema where it has one."""
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True, kw_only=True)
class ColumnSpec:
    """A new column. ``fills_itself``: the server gives a value (default, identity, serial, generated); ``default`` is
    the default's text as far as it was read, ``calls`` the functions in it, None where nobody read them; ``charset``
    its own character set, ``collation`` its own collation; ``generated`` ``stored`` or ``virtual``, ``computed`` its
    expression."""

    name: str
    type: str = ""
    nullable: bool = True
    fills_itself: bool = False
    default: str = ""
    calls: tuple[str, ...] | None = None
    charset: str = ""
    collation: str = ""
    generated: str = ""
    computed: str = ""


@dataclass(frozen=True, kw_only=True)
class CreateTable(TableOperation):
    """``replaces``: an existing table of that name is thrown away; ``unless_exists``: it may have existed before.

    ``constraints`` and ``indexes`` are those that its own definition names; ``keys`` are the columns that it is
    partitioned by, empty for an expression; ``parent`` is the partitioned table that it
    becomes a partition of (``default``: for all the rest; ``bounds``: the ends of its range, None where it has none
    that is known), and ``like`` the table whose columns it takes, with ``like_indexes`` its keys and indexes too;
    ``options`` are the words behind the columns that a reader keeps, in lower case.
    """

    columns: tuple[ColumnSpec, ...] = ()
    unless_exists: bool = False
    replaces: bool = False
    constraints: tuple[AddConstraint, ...] = ()
    indexes: tuple[CreateIndex, ...] = ()
    partitioned: bool = False
    parent: tuple[str | None, str] | None = None
    default: bool = False
    bounds: tuple[Limit, ...] | None = None
    keys: tuple[str, ...] = ()
    like: tuple[str | None, str] | None = None
    like_indexes: bool = False
    options: str = ""


@dataclass(frozen=True, kw_only=True)
class DropTable(TableOperation):
    """``cascade``: with whatever depends on it, here and in the other drops."""

    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, kw_only=True)
class RenameTable(TableOperation):
    """``new_schema`` is given where the table moves to another schema."""

    new_name: str
    new_schema: str | None = None


@dataclass(frozen=True, kw_only=True)
class AddColumn(TableOperation):
    column: ColumnSpec
    unless_exists: bool = False


@dataclass(frozen=True, kw_only=True)
class DropColumn(TableOperation):
    column: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, kw_only=True)
class AlterColumn(TableOperation):
    """What changes about a column; None and ``KEPT`` stand for "as it was". ``old_type`` is the type before as far as
    it is known; ``restated``: the statement states the whole definition anew (MODIFY), so that type and nullability are
    changed or not, nobody can tell from it; ``collates``: the new type has another collation, as far as anybody knows,
    and ``collation`` is the one that it names."""

    column: str
    new_name: str | None = None
    type: str | None = None
    old_type: str | None = None
    nullable: bool | None = None
    default: DefaultChange = DefaultChange.KEPT
    restated: bool = False
    collates: bool = False
    collation: str = ""


@dataclass(frozen=True, kw_only=True)
class CreateIndex(TableOperation):
    """``columns`` holds names; an expression stands as an empty name. ``guards`` are the columns that its condition or
    an expression names; ``only``: the partitions get none; ``kind`` is FULLTEXT, SPATIAL, VECTOR or empty; ``method``
    is that of USING in lower case, empty where it wasn't read; ``included`` are columns that it carries and doesn't
    sort by."""

    name: str = ""
    columns: tuple[str, ...] = ()
    unique: bool = False
    concurrently: bool = False
    unless_exists: bool = False
    guards: tuple[str, ...] = ()
    only: bool = False
    kind: str = ""
    method: str = ""
    included: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DropIndex(Operation):
    """``table`` is empty where the statement doesn't name it."""

    name: str
    table: str = ""
    schema: str | None = None
    concurrently: bool = False
    if_exists: bool = False


class Limit(NamedTuple):
    """A comparison of a column with a constant; ``value`` is empty where only the server can tell it."""

    column: str
    sign: str
    value: str


@dataclass(frozen=True, kw_only=True)
class AddConstraint(TableOperation):
    """``columns`` is empty where they aren't known; ``references`` is a foreign key's table. ``proves`` is the column
    that a check says isn't NULL, and nothing else; ``takes`` the index that the constraint takes over (USING INDEX);
    ``inline``: it stands in the definition of its column; ``limits`` are the comparisons that a check demands,
    ``choices`` those of which one list at least must hold."""

    kind: ConstraintKind
    name: str = ""
    columns: tuple[str, ...] = ()
    references: str = ""
    references_schema: str | None = None
    not_valid: bool = False
    enforced: bool = True
    proves: str = ""
    takes: str = ""
    limits: tuple[Limit, ...] = ()
    choices: tuple[tuple[Limit, ...], ...] = ()
    inline: bool = False


@dataclass(frozen=True, kw_only=True)
class DropConstraint(TableOperation):
    name: str = ""
    kind: ConstraintKind = ConstraintKind.UNKNOWN
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, kw_only=True)
class CreateObject(Operation):
    """``table`` is the table of a trigger; ``replaces``: an object of that name may have existed before. ``volatility``
    is a routine's: volatile, stable or immutable; ``base`` a domain's type, ``default`` the functions, each with (),
    of its default, and ``constrained`` says whether NOT NULL or a check stands on it; ``values`` are those of an
    enum type; ``shows`` a view's columns, * for all of a table, empty for one whose name wasn't read. ``uses`` are the
    types that a type or a routine is made with; ``calls`` is a trigger's function. ``quiet``: a routine that changes
    nothing when it is called; ``refuses``: it, or the trigger's, raises an error; ``there``: it is known to be."""

    kind: ObjectKind
    name: str
    schema: str | None = None
    table: str = ""
    replaces: bool = False
    volatility: str = ""
    base: str = ""
    constrained: bool = False
    values: tuple[str, ...] = ()
    default: str = ""
    shows: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    calls: str = ""
    quiet: bool = False
    refuses: bool = False
    there: bool = False


@dataclass(frozen=True, kw_only=True)
class DropObject(Operation):
    """``unused``: a type that no column is known to have, here and in the rename."""

    kind: ObjectKind
    name: str
    schema: str | None = None
    table: str = ""
    if_exists: bool = False
    cascade: bool = False
    unused: bool = False


@dataclass(frozen=True, kw_only=True)
class RenameObject(Operation):
    kind: ObjectKind
    name: str
    new_name: str
    schema: str | None = None
    table: str = ""
    unused: bool = False
    if_exists: bool = False


@dataclass(frozen=True, kw_only=True)
class Truncate(TableOperation):
    """``cascade``: and every table whose foreign keys refer to it."""

    cascade: bool = False


@dataclass(frozen=True, kw_only=True)
class ChangeRows(TableOperation):
    """``bounded``: by WHERE or LIMIT; ``listed``: the rows stand in the statement themselves (VALUES); ``keyed_by`` are
    columns that must be equal to values that stand in it."""

    change: RowChange
    bounded: bool = False
    listed: bool = False
    keyed_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Revoke(Operation):
    """Privileges, an owner or a policy taken from somebody; ``what`` is the object for a person. ``ownership``: of
    something other than a table; who may use it stays as it is. ``table`` is the name of a table, a view or a
    sequence; of anything else with a ``kind`` its name."""

    what: str
    ownership: bool = False
    kind: ObjectKind | None = None
    table: str = ""
    schema: str | None = None


@dataclass(frozen=True, kw_only=True)
class TransactionControl(Operation):
    verb: str


@dataclass(frozen=True, kw_only=True)
class LockTable(TableOperation):
    rows: bool = False  # each row as it is read


@dataclass(frozen=True, kw_only=True)
class Act(TableOperation):
    """Something done to a table (or, where it says so, a domain or a materialized view) that needs no more fields.

    ``other`` is the second name in it: a partition, a trigger, a constraint, an access method; ``default``: the
    partition is the one for all the rest; ``bounds``: the ends of its range, None where it has none that is known;
    ``always``: the identity refuses values of the code's own, the table is published; ``unused``: a domain that no
    column is known to have; ``policy`` is what is said of the policy ``other``, None where it goes.
    """

    kind: ActKind
    other: str = ""
    other_schema: str | None = None
    concurrently: bool = False
    not_valid: bool = False
    default: bool = False
    bounds: tuple[Limit, ...] | None = None
    always: bool = False
    unused: bool = False
    policy: Policy | None = None


@dataclass(frozen=True, kw_only=True)
class Publish(Operation):
    """Updates and deletes of tables, all of them where ``tables`` and ``schemas`` are empty, are published from now on;
    ``keyless`` are those whose rows nothing identifies to a subscriber, None where that isn't known. ``columns`` are,
    for each table, the columns that are published (empty: all), and ``filters`` those that a row is chosen by."""

    tables: tuple[tuple[str | None, str], ...] = ()
    keyless: tuple[tuple[str | None, str], ...] | None = None
    schemas: tuple[str, ...] = ()
    columns: tuple[tuple[str, ...], ...] = ()
    filters: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Harmless(Operation):
    """Read and known to change nothing that running code could notice (a comment, a grant, a lock timeout); ``calls``
    are the functions that it calls, taken for the server's own; ``alone``: the server refuses it in a transaction."""

    what: str
    calls: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, kw_only=True)
class ReadRows(Harmless):
    """A query, or the part of a statement that is one; ``tables`` are those of which it may read every row, but for the
    one whose columns ``keyed_by`` must be equal to values that stand in it."""

    tables: tuple[tuple[str | None, str], ...] = ()
    keyed_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pause(Harmless):
    """A second or more in which the session only waits."""


@dataclass(frozen=True, kw_only=True)
class AddEnumValue(Harmless):
    """A new value of an enum type: at the end, or before or ``after`` its ``neighbour``."""

    name: str
    value: str
    schema: str | None = None
    neighbour: str = ""
    after: bool = False


@dataclass(frozen=True, kw_only=True)
class CreateTemporary(Harmless):
    """A table of this session's alone, which hides another of its name until it is dropped."""

    table: str
    schema: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unread(Operation):
    """A statement whose effect can't be told from its text; ``why`` completes "can't be judged: ...". ``calls`` are all
    the functions that make it so, where a query does nothing else; ``no_parser``: nobody tried, for want of one.
    ``kind`` and ``name`` are the object that it changes, where it changes but one."""

    why: str
    calls: tuple[str, ...] = ()
    no_parser: bool = False
    kind: ObjectKind | None = None
    name: str = ""
    schema: str | None = None


@dataclass(frozen=True, kw_only=True)
class SearchPath(Harmless):
    """From now on a name without a schema means that of the first of ``schemas`` that has it; an :class:`Unread` stands
    behind it for those who don't follow it."""

    schemas: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LockTimeout(Harmless):
    """How long the session's statements wait for a lock from now on; 0 seconds for ever, None as it was set before."""

    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class KeysUnchecked(Harmless):
    """From now on the session's statements don't look at foreign keys."""
