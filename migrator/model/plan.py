"""What a statement of a revision becomes: steps in their online form, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

TableName = tuple[str | None, str]
"""(schema or None for the connection's default, table)."""


def shown_table(table: TableName) -> str:
    """For a message."""
    return f"{table[0]}.{table[1]}" if table[0] else table[1]


class Blocks(StrEnum):
    """Whose work on the table waits while the step's lock is held."""

    NOTHING = "nothing"
    WRITERS = "writers"
    ALL = "readers and writers"


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One statement with its guards.

    Attributes:
        sql: what is sent.
        outside: it can't stand in a transaction (CREATE INDEX CONCURRENTLY); what came before is committed first.
        alone: it gets a transaction of its own, so that its scan holds no lock of the steps before.
        lock: the server's name of the strongest lock on a table that existed before; empty for none.
        blocks: whose work waits while that lock is *held*.  Steps that block only for a moment say so too.
        tables: the tables under that lock that existed before the revision; empty where nothing is blocked.
        bounded: it waits for its locks no longer than the lock timeout.
        scans, rewrites: it reads, or writes anew, the whole table.
        builds: the index that a stopped or failed try leaves behind INVALID, as it is written in SQL; else empty.
        choices: further forms, tried in order where the server refuses the one before as impossible.
        waits_for: tables whose open transactions are waited for before the step starts, without queueing for a lock.
        may_rewrite: it does so where the server can't do without, and which it is isn't known.
        degrades: without the assertion that it is sent with, the server would write the table anew.
        note: what a person should know before it runs; empty for nothing.
        condition: as that of a :class:`Blocking`, for ``rewrites`` and ``may_rewrite``.
    """

    sql: str
    outside: bool = False
    alone: bool = False
    lock: str = ""
    blocks: Blocks = Blocks.NOTHING
    tables: tuple[TableName, ...] = ()
    bounded: bool = True
    scans: bool = False
    rewrites: bool = False
    may_rewrite: bool = False
    degrades: bool = False
    builds: str = ""
    choices: tuple[str, ...] = ()
    waits_for: tuple[TableName, ...] = ()
    note: str = ""
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Blocking:
    """Why a statement is not sent as it is; ``rule`` is the id that ``migrator.allow`` takes.

    ``message`` names the lock, what it means and the table; ``remedy`` is code to paste, ``sql`` the online form as SQL
    where there is one.  ``certain`` is false for a doubt.  ``condition`` names what no file shows and what it was taken
    for, the worse: a session's setting, a type that isn't known; empty where the statement says it all.
    """

    rule: str
    message: str
    remedy: str
    sql: str = ""
    certain: bool = True
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps of one statement, never empty.  With ``blocking`` they run only where the rule is allowed by name."""

    steps: tuple[PlannedStep, ...]
    blocking: Blocking | None = None

    @property
    def tables(self) -> frozenset[TableName]:
        """Those that existed before and are locked by any of its steps; may be empty."""
        return frozenset(table for step in self.steps for table in step.tables)


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What the connected server can do; ``features`` are the dialect's own words."""

    version: str
    features: frozenset[str] = field(default_factory=frozenset)

    def has(self, feature: str) -> bool:
        """Whether the server can."""
        return feature in self.features


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A type with a name of its own; ``constrained``: NOT NULL or a check stands on it, or on the one below it.

    ``default`` are the names of the functions that it calls, each with (); empty for no default, and for a value.
    """

    base: str
    constrained: bool = False
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """A column as it is now; ``type`` as the server writes it, in lower case.

    ``guarded``: a check constraint, or an index's condition or expression, names it.  ``proven``: a check that is valid
    says that it isn't NULL.  ``unproven`` is the name of a NOT NULL constraint that is NOT VALID: rows may hold NULL.
    ``indexed``: it is a key of an index.  ``charset`` is its own character set,
    in lower case; ``generated`` is stored, virtual or empty, ``expression`` what it is computed from, where
    that is known.  ``bare``: it is known to have no default, not to number
    the rows and not to be generated.
    """

    type: str
    nullable: bool = True
    guarded: bool = False
    proven: bool = False
    unproven: str = ""
    indexed: bool = False
    charset: str = ""
    generated: str = ""
    expression: str = ""
    bare: bool = False


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """A table as it is now.

    ``rows`` and ``bytes`` are the server's estimates, None where it has none.  ``partitions`` are the direct ones;
    ``nested`` says that one of them is partitioned itself.  ``foreign_keys`` are its own: name → the table referred to.
    ``options`` are those behind its columns, by name, in lower case; empty where they aren't known.  ``row_key`` is the
    first unique key over columns that refuse NULL, where there is no primary key: InnoDB keeps the rows in its order.
    ``columns`` are in the table's order, as far as it is known.
    """

    columns: dict[str, ColumnFacts] = field(default_factory=dict)
    partitioned: bool = False
    partitions: tuple[TableName, ...] = ()
    nested: bool = False
    foreign_keys: dict[str, TableName] = field(default_factory=dict)
    rows: int | None = None
    bytes: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    row_key: str = ""
