"""A schema as parts that can be compared: models, revisions and databases in one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | None
"""In the one form that a dialect gives to all spellings of a thing; None where it couldn't be read."""


class PartKind(StrEnum):
    TABLE = "table"
    COLUMN = "column"
    PRIMARY_KEY = "primary key"
    UNIQUE = "unique key"
    FOREIGN_KEY = "foreign key"
    CHECK = "check constraint"
    EXCLUDE = "exclusion constraint"
    INDEX = "index"
    ENUM = "enum type"
    SEQUENCE = "sequence"
    VIEW = "view"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing of a schema.

    Args:
        table: the table's name, with its schema where it has one of its own; empty for types, sequences and views.
        name: empty where nobody gave one.
        identity: what makes it this thing and no other, beside its name (the columns of a key).
        attributes: what may differ while it is the same thing (a column's type).
        implied: the server made it for another part, so that nobody need ask for it.
        written: its expression as it stands there, for code to paste; what is compared has no parentheses.
    """

    kind: PartKind
    table: str
    name: str = ""
    identity: tuple[Value, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    implied: bool = False
    written: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """For a person: ``users.email``, ``uq_email of users``, ``users (email)``."""
        if self.kind is PartKind.TABLE:
            return self.table
        if self.kind is PartKind.COLUMN:
            return f"{self.table}.{self.name}"
        if self.kind in (PartKind.ENUM, PartKind.SEQUENCE, PartKind.VIEW):
            return self.name
        what = next((one for one in self.identity if one), "") or self.attributes.get("columns") or ""
        return f"{self.name} of {self.table}" if self.name else f"{self.table} ({what})"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """All parts; ``uncertain`` are tables of which it isn't known how they are.

    ``server_text``: a server wrote expressions and defaults in its own words.
    ``comments``: whether comments are known.
    ``left_to_server``: attributes that may be anything where the models say nothing.
    """

    parts: tuple[Part, ...] = ()
    uncertain: frozenset[str] = frozenset()
    server_text: bool = False
    comments: bool = True
    left_to_server: frozenset[str] = frozenset()

    def count(self, kind: PartKind) -> int:
        return sum(one.kind is kind for one in self.parts)


class Way(StrEnum):
    """How two schemas differ."""

    MISSING = "the models have it, the other doesn't"
    EXTRA = "the other has it, the models don't"
    DIFFERS = "both have it, differently"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference; ``attribute``, ``wanted`` (the models') and ``found`` are set for one that differs only."""

    way: Way
    part: Part
    attribute: str = ""
    wanted: str = ""
    found: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What was found, and labels of what couldn't be compared (``users.mood: default``)."""

    differences: tuple[Difference, ...] = ()
    uncompared: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DriftLook:
    """How much was compared with the models; ``against`` names the other side (``the revisions``)."""

    against: str
    tables: int
    columns: int
    uncompared: tuple[str, ...] = ()
