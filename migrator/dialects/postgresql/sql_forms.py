"""The statements that SQLAlchemy and Alembic write for PostgreSQL, taken apart and put together in their online form.

Text is only taken apart where it has exactly the expected form; everything else is None, and the caller refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.dialects import postgresql

PART = r'(?:"(?:[^"]|"")+"|[\w$]+)'
NAME = rf"{PART}(?:\.{PART})?"
_FLAGS = re.IGNORECASE | re.DOTALL
_INDEX = re.compile(
    rf"CREATE (?P<unique>UNIQUE )?INDEX (?P<concurrently>CONCURRENTLY )?(?P<name>{PART})"
    rf" ON (?P<only>ONLY )?(?P<table>{NAME})\s*(?P<body>.*)$",
    _FLAGS,
)
_ADD = re.compile(
    rf"ALTER TABLE (?:ONLY )?(?P<table>{NAME}) ADD (?:CONSTRAINT (?P<name>{PART}) )?(?P<body>.*)$", _FLAGS
)
_KEY = re.compile(
    r"(?P<kind>UNIQUE|PRIMARY KEY)\s*(?P<nulls>NULLS NOT DISTINCT )?"
    r'(?P<columns>\((?:"(?:[^"]|"")+"|[^")])*\))(?P<include>\s*INCLUDE \((?:"(?:[^"]|"")+"|[^")])*\))?(?P<rest>.*)$',
    _FLAGS,
)
_LONGEST_NAME = 63
# A paramstyle that has no use for "%", so that one in a name stays one: texts are planned as the server reads them.
_quoted = postgresql.dialect(paramstyle="named").identifier_preparer.quote  # type: ignore[no-untyped-call]  # its own


@dataclass(frozen=True, kw_only=True)
class IndexForm:
    """``CREATE INDEX``; ``body`` is all behind the table's name."""

    name: str
    table: str
    body: str
    unique: bool = False

    def sql(self, *, concurrently: bool = False, only: bool = False) -> str:
        """The statement again."""
        unique = "UNIQUE " if self.unique else ""
        return (
            f"CREATE {unique}INDEX {'CONCURRENTLY ' if concurrently else ''}{self.name}"
            f" ON {'ONLY ' if only else ''}{self.table} {self.body}"
        )

    @property
    def full_name(self) -> str:
        """An index stands in its table's schema."""
        return in_schema_of(self.table, self.name)


@dataclass(frozen=True, kw_only=True)
class ConstraintForm:
    """``ALTER TABLE ... ADD CONSTRAINT``; ``name`` is empty where the server chooses it."""

    table: str
    name: str
    body: str

    @property
    def add(self) -> str:
        """All before the constraint's definition."""
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} "


@dataclass(frozen=True, kw_only=True)
class KeyForm:
    """The body of a UNIQUE or PRIMARY KEY constraint."""

    kind: str
    index_body: str
    rest: str


def index_form(sql: str) -> IndexForm | None:
    """Take a CREATE INDEX apart."""
    match = _INDEX.match(_folded(sql))
    if match is None:
        return None
    return IndexForm(name=match["name"], table=match["table"], body=match["body"], unique=bool(match["unique"]))


def constraint_form(sql: str) -> ConstraintForm | None:
    """Take an ADD CONSTRAINT apart."""
    match = _ADD.match(_folded(sql))
    return ConstraintForm(table=match["table"], name=match["name"] or "", body=match["body"]) if match else None


def key_form(body: str) -> KeyForm | None:
    """Take the body of a key apart; None where it already uses an index."""
    match = _KEY.match(body)
    if match is None:
        return None
    nulls = " NULLS NOT DISTINCT" if match["nulls"] else ""
    include = f" {match['include'].strip()}" if match["include"] else ""
    return KeyForm(
        kind=match["kind"].upper(), index_body=f"{match['columns']}{include}{nulls}", rest=match["rest"].rstrip()
    )


def object_name(table: str, columns: str, label: str) -> str:
    """The name that the server itself would choose, quoted where it must be: ``users_email_key``.

    Source: makeObjectName() of PostgreSQL 14 to 18: the longer of the two parts is cut until all fits 63 bytes.
    """
    first, second = table.encode(), columns.encode()
    room = _LONGEST_NAME - len(label) - 1 - (1 if second else 0)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [first.decode(errors="ignore"), second.decode(errors="ignore"), label]
    return quoted("_".join(part for part in parts if part))


def quoted(name: str) -> str:
    """As the dialect's preparer quotes it."""
    return str(_quoted(name))


def full_table(schema: str | None, table: str) -> str:
    """``schema.table``, quoted where it must be."""
    return f"{quoted(schema)}.{quoted(table)}" if schema else quoted(table)


def in_schema_of(table: str, name: str) -> str:
    """An object's (quoted) name, with the schema of the (quoted) table's name where that has one."""
    parts = re.findall(PART, table)
    return f"{parts[0]}.{name}" if len(parts) == 2 else name


def _folded(sql: str) -> str:
    # White space inside quoted names and literals stays as it is: only the ends and the first words matter here.
    return re.sub(r"\s+", " ", sql.strip().rstrip(";"), count=12) if "'" in sql or '"' in sql else " ".join(sql.split())
