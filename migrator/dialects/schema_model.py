"""The schema as the recorded DDL made it so far: what a recorded revision sees when it asks the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from migrator.dialects.way import Way
from migrator.model.plan import Domain
from migrator.model.policy import Policy

Key = tuple[str | None, str]
Reflected = dict[str, Any]
NameOf = Callable[[str, str, list[str], int], str | None]
"""(fkey, key or pkey; table; columns; which of its kind in the table, from 1) → name; None where it has none."""


class TextType(sa.types.UserDefinedType[Any]):
    """A column type that was only seen as text."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        """The text again."""
        return self.text


@dataclass(kw_only=True)
class ModelTable:
    """One table, in the forms that SQLAlchemy's reflection returns."""

    columns: list[Reflected] = field(default_factory=list)
    primary_key: Reflected = field(default_factory=lambda: {"name": None, "constrained_columns": []})
    foreign_keys: list[Reflected] = field(default_factory=list)
    uniques: list[Reflected] = field(default_factory=list)
    checks: list[Reflected] = field(default_factory=list)
    excludes: list[Reflected] = field(default_factory=list)
    """Exclusion constraints: their names, and ``text`` where it was read."""
    indexes: list[Reflected] = field(default_factory=list)
    partitioned: bool = False
    partitions: list[Key] = field(default_factory=list)
    default_partition: Key | None = None
    partitioned_by: tuple[str, ...] = ()
    not_nulls: list[Reflected] = field(default_factory=list)
    """Constraints that say NOT NULL of a column and have a name of their own."""
    policies: dict[str, Policy] = field(default_factory=dict)
    """Those of row security, by their names."""
    options: str = ""
    """What follows the columns in its definition, in lower case, as far as a reader kept it."""
    comment: str | None = None
    given: Reflected | None = field(default_factory=dict)
    """What SQLAlchemy's arguments said of the whole table (``mysql_engine``, ``prefixes``); None where text did."""

    def copy(self) -> ModelTable:
        """Another one that later changes don't reach."""
        lists = (self.foreign_keys, self.uniques, self.checks, self.excludes, self.indexes)
        foreign_keys, uniques, checks, excludes, indexes = ([_twin(item) for item in one] for one in lists)
        return ModelTable(
            columns=[one.copy() for one in self.columns],  # no list in them, and there are many
            primary_key=_twin(self.primary_key),
            foreign_keys=foreign_keys,
            uniques=uniques,
            checks=checks,
            excludes=excludes,
            indexes=indexes,
            partitioned=self.partitioned,
            partitions=list(self.partitions),
            default_partition=self.default_partition,
            partitioned_by=self.partitioned_by,
            not_nulls=[_twin(item) for item in self.not_nulls],
            policies=dict(self.policies),
            options=self.options,
            comment=self.comment,
            given=self.given,
        )

    def constraint_names(self) -> set[str]:
        """Of every kind that has a name."""
        named = (self.primary_key, *self.foreign_keys, *self.uniques, *self.checks, *self.excludes, *self.not_nulls)
        return {str(one["name"]) for one in named if one["name"]}

    def column(self, name: str) -> Reflected | None:
        """The column, or None."""
        return next((one for one in self.columns if one["name"] == name), None)

    def drop_column(self, name: str) -> None:
        """With what the server drops together with it."""
        self.columns = [one for one in self.columns if one["name"] != name]
        self.foreign_keys = [one for one in self.foreign_keys if name not in one["constrained_columns"]]
        self.uniques = [one for one in self.uniques if name not in one["column_names"]]
        self.indexes = [one for one in self.indexes if name not in one["column_names"]]

    def rename_column(self, name: str, new: str) -> None:
        """In the columns and in every key and index."""
        for one in self.columns:
            if one["name"] == name:
                one["name"] = new
        lists = [self.primary_key["constrained_columns"]]
        lists += [one["constrained_columns"] for one in self.foreign_keys]
        lists += [one["column_names"] for one in (*self.uniques, *self.indexes)]
        for names in lists:
            names[:] = [new if one == name else one for one in names]

    def drop_constraint(self, name: str | None) -> None:
        """Whichever kind has that name."""
        if self.primary_key["name"] == name and name is not None:
            self.primary_key = {"name": None, "constrained_columns": []}
        for one in self.not_nulls:
            if name and one["name"] == name and (column := self.column(str(one["column"]))) is not None:
                column["nullable"] = True
        for constraints in (self.foreign_keys, self.uniques, self.checks, self.excludes, self.not_nulls):
            constraints[:] = [one for one in constraints if one["name"] != name]


def _twin(item: Reflected) -> Reflected:
    return {key: value[:] if type(value) is list else value for key, value in item.items()}


@dataclass(kw_only=True)
class SchemaModel:
    """Tables and other names; ``asked`` is set when a revision looked, ``doubtful`` holds tables made "if missing".

    ``gone`` are tables that the history dropped.  ``uncertain`` are those that ways through an earlier revision left
    differently.  ``way`` is the one that the present revision takes; None while none is followed.
    """

    tables: dict[Key, ModelTable] = field(default_factory=dict)
    views: set[Key] = field(default_factory=set)
    types: set[Key] = field(default_factory=set)
    sequences: set[Key] = field(default_factory=set)
    schemas: set[str] = field(default_factory=set)
    extensions: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    gone: set[Key] = field(default_factory=set)
    uncertain: set[Key] = field(default_factory=set)
    quiet: set[str] = field(default_factory=set)
    """Functions, in lower case, that change nothing when they are called."""
    refusing: set[str] = field(default_factory=set)
    """Functions, in lower case, that raise an error."""
    typed: set[str] = field(default_factory=set)
    """Types, in lower case, that other types and routines are made with."""
    published: set[Key] = field(default_factory=set)
    """Tables whose updates or deletes are published; an empty name stands for all."""
    domains: dict[str, Domain] = field(default_factory=dict)
    """By their names in lower case."""
    functions: dict[str, str] = field(default_factory=dict)
    """Function, in lower case → volatile, stable or immutable."""
    enums: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    """Types of a fixed list of values; empty where the values weren't read."""
    shown: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    """View → its columns, as :attr:`CreateObject.shows`."""
    comments_unread: bool = False
    """Whether text set a comment, which isn't kept."""
    default_schema: str | None = None
    """The one whose tables have None for their schema here."""
    complete: bool = False
    """Whether it began with all that there was (a baseline): what isn't in it isn't there."""
    asked: bool = False
    internal: bool = False
    """True while Alembic itself reflects, which is not a question of the revision's."""
    way: Way | None = None
    name_of: NameOf | None = None
    """How the server names a constraint that has no name."""

    def give_names(self, key: Key) -> None:
        """Name the table's nameless keys as the server does."""
        table = self.tables.get(key)
        if table is None or self.name_of is None:
            return
        kinds = (("fkey", table.foreign_keys, "constrained_columns"), ("key", table.uniques, "column_names"))
        for kind, held, columns in kinds:
            for number, one in enumerate(held, 1):
                one["name"] = one["name"] or self.name_of(kind, key[1], [str(name) for name in one[columns]], number)
        if table.primary_key["constrained_columns"] and not table.primary_key["name"]:
            table.primary_key["name"] = self.name_of("pkey", key[1], [], 1)

    def copy(self) -> SchemaModel:
        """Another one that later changes don't reach."""
        twin = SchemaModel(
            tables={key: table.copy() for key, table in self.tables.items()},
            domains=dict(self.domains),
            functions=dict(self.functions),
            enums=dict(self.enums),
            shown=dict(self.shown),
            comments_unread=self.comments_unread,
            complete=self.complete,
        )
        for name in _SETS:
            setattr(twin, name, set(getattr(self, name)))
        return twin

    def become(self, other: SchemaModel) -> None:
        """Take over what the other one holds; it must not be used afterwards."""
        for name in (*_SETS, "tables", "domains", "functions", "enums", "shown", "comments_unread"):
            setattr(self, name, getattr(other, name))

    def differing(self, other: SchemaModel) -> set[Key]:
        """The tables that the two don't hold alike; types are compared as text."""
        keys = self.tables.keys() | other.tables.keys()
        return {key for key in keys if not _alike(self.tables.get(key), other.tables.get(key))}

    def note_question(self, why: str = "asks the database what the history doesn't say") -> None:
        """A revision's own code looked at the schema, and got an answer that another database might not give."""
        if self.internal:
            return
        if self.way is None:
            self.asked = True
        else:
            self.way.give_up(why)

    def table(self, name: str, schema: str | None = None) -> ModelTable | None:
        """The table, or None."""
        return self.tables.get((schema, name))

    def before(self, tables: Collection[Key]) -> SchemaModel:
        """These tables as they are now, which later changes don't reach, and the partitions for all the rest; with the
        domains and functions."""
        held = [self.tables[key].default_partition for key in tables if key in self.tables]
        wanted = {*tables, *(key for key in held if key is not None)}
        return SchemaModel(
            tables={key: self.tables[key].copy() for key in wanted if key in self.tables},
            domains=self.domains,
            functions=self.functions,
            shown=dict(self.shown),
            complete=self.complete,
        )

    def table_of_index(self, name: str) -> Key | None:
        """The table that has an index (or a key) of that name."""
        for key, table in self.tables.items():
            keys = (table.primary_key, *table.uniques, *table.indexes)
            if any(one["name"] == name for one in keys):
                return key
        return None

    def names(self, schema: str | None) -> Iterator[str]:
        """The tables of one schema."""
        return (name for held, name in self.tables if held == schema)

    def rename_table(self, name: str, new: str, schema: str | None, new_schema: str | None = None) -> None:
        """The table under its new name; foreign keys of others follow."""
        moved = self.tables.pop((schema, name), None)
        if moved is None:
            return
        self.gone.add((schema, name))
        self.tables[(new_schema or schema, new)] = moved
        for table in self.tables.values():
            for key in table.foreign_keys:
                if key["referred_table"] == name and key["referred_schema"] == schema:
                    key["referred_table"], key["referred_schema"] = new, new_schema or schema


_SETS = (
    *("views", "types", "sequences", "schemas", "doubtful", "gone", "uncertain"),
    *("quiet", "refusing", "typed", "published", "extensions"),
)


def _alike(one: ModelTable | None, other: ModelTable | None) -> bool:
    if one is None or other is None:
        return one is other
    ours, theirs = _held(one), _held(other)
    return len(ours) == len(theirs) and all(map(_same, ours, theirs))


def _held(table: ModelTable) -> list[Reflected]:
    lists = (table.foreign_keys, table.uniques, table.checks, table.excludes, table.indexes)
    return [*table.columns, table.primary_key, *(item for held in lists for item in held)]


def _same(one: Reflected, other: Reflected) -> bool:
    # Copies share their values, so that most of them need not be written out, which takes long for a type.
    return one.keys() == other.keys() and all(
        value is other[key] or repr(value) == repr(other[key]) for key, value in one.items()
    )
