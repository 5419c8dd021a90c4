"""Recognise what a DDL statement was to do by its head, and ask the catalogue whether it is done.

Only statements as SQLAlchemy and Alembic write them are recognised; anything else is "not known" (None), and the
caller stops instead of guessing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine.reflection import Inspector

from migrator.dialects.base import CatalogueRules

_PART = r'(?:`[^`]+`|"[^"]+"|[\w$]+)'
_NAME = rf"({_PART}(?:\.{_PART})?)"
_ONE = r"(?:[^,()]|\([^()]*\))*"  # one definition: its commas stand in parentheses
_FLAGS = re.IGNORECASE | re.DOTALL
# What the planner adds: the comment that marks a statement, and the clauses that say how it is to be done.
_MARK = re.compile(r"^/\*.*?\*/\s*")
_CLAUSES = re.compile(r"(?:,?\s*(?:ALGORITHM|LOCK)\s*=\s*\w+)+$", re.IGNORECASE)
_ACTION = re.compile(r"ON (DELETE|UPDATE) (CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION)", re.IGNORECASE)
Probe = Callable[[Inspector, re.Match[str]], bool | None]


def unquoted(name: str) -> tuple[str | None, str]:
    """(schema or None, name) of a possibly quoted, possibly qualified identifier."""
    parts = [part.strip('`"') for part in re.findall(_PART, name)]
    return (parts[0], parts[1]) if len(parts) == 2 else (None, parts[0])


def _has_table(inspector: Inspector, name: str) -> bool:
    schema, table = unquoted(name)
    return inspector.has_table(table, schema=schema)


def _columns(inspector: Inspector, name: str) -> set[str]:
    schema, table = unquoted(name)
    if not inspector.has_table(table, schema=schema):
        return set()
    return {column["name"] for column in inspector.get_columns(table, schema=schema)}


def _indexes(inspector: Inspector, name: str) -> set[str | None]:
    schema, table = unquoted(name)
    if not inspector.has_table(table, schema=schema):
        return set()
    return {index["name"] for index in inspector.get_indexes(table, schema=schema)}


def _constraints(inspector: Inspector, name: str) -> set[str | None]:
    schema, table = unquoted(name)
    if not inspector.has_table(table, schema=schema):
        return set()
    found: set[str | None] = {key["name"] for key in inspector.get_foreign_keys(table, schema=schema)}
    found |= {unique["name"] for unique in inspector.get_unique_constraints(table, schema=schema)}
    found |= {check["name"] for check in inspector.get_check_constraints(table, schema=schema)}
    return found


def _list(names: str) -> list[str]:
    return [part.strip('`"') for part in re.findall(_PART, names)]


def _unique_over(inspector: Inspector, match: re.Match[str]) -> bool:
    """Whether a unique key stands on these columns: it keeps their values unique, whoever made it."""
    schema, table = unquoted(match[1])
    if not inspector.has_table(table, schema=schema):
        return False
    keys = inspector.get_indexes(table, schema=schema)
    return any(key["unique"] and key["column_names"] == _list(match[2]) for key in keys)


def _refers_from(inspector: Inspector, match: re.Match[str]) -> bool:
    """Whether a foreign key of the same columns refers to the same ones, with the same actions."""
    schema, table = unquoted(match[1])
    if not inspector.has_table(table, schema=schema):
        return False
    wanted = (_list(match[2]), unquoted(match[3])[1], _list(match[4]), _actions(match[5]))
    return wanted in [
        (
            key["constrained_columns"],
            key["referred_table"],
            key["referred_columns"],
            {f"on{verb}": key["options"].get(f"on{verb}", "NO ACTION").upper() for verb in ("delete", "update")},
        )
        for key in inspector.get_foreign_keys(table, schema=schema)
    ]


def _actions(words: str) -> dict[str, str]:
    """What happens to the rows of a foreign key; what isn't said is NO ACTION, which RESTRICT is too here."""
    said = {f"on{verb.lower()}": action.upper() for verb, action in _ACTION.findall(words)}
    return {
        one: "NO ACTION" if said.get(one, "RESTRICT") == "RESTRICT" else said[one] for one in ("ondelete", "onupdate")
    }


def _primary_key(inspector: Inspector, name: str) -> list[str]:
    schema, table = unquoted(name)
    if not inspector.has_table(table, schema=schema):
        return []
    return list(inspector.get_pk_constraint(table, schema=schema)["constrained_columns"])


def _bare(name: str) -> str:
    return unquoted(name)[1]


_HEADS: tuple[tuple[str, Probe], ...] = (
    (rf"CREATE TABLE {_NAME}\s*\(", lambda i, m: _has_table(i, m[1])),
    (rf"DROP TABLE {_NAME}$", lambda i, m: not _has_table(i, m[1])),
    (rf"ALTER TABLE {_NAME} ADD COLUMN {_NAME} {_ONE}$", lambda i, m: _bare(m[2]) in _columns(i, m[1])),
    (rf"ALTER TABLE {_NAME} DROP COLUMN {_NAME}$", lambda i, m: _bare(m[2]) not in _columns(i, m[1])),
    (
        rf"CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?{_NAME} ON {_NAME}\s*(?:USING \w+ )?\(",
        lambda i, m: _bare(m[1]) in _indexes(i, m[2]),
    ),
    (
        rf"ALTER TABLE {_NAME} RENAME COLUMN {_NAME} TO {_NAME}$",
        lambda i, m: _bare(m[3]) in _columns(i, m[1]) and _bare(m[2]) not in _columns(i, m[1]),
    ),
    (rf"ALTER TABLE {_NAME} DROP (?:INDEX|KEY) {_NAME}$", lambda i, m: _bare(m[2]) not in _indexes(i, m[1])),
    (
        rf"ALTER TABLE {_NAME} RENAME (?:INDEX|KEY) {_NAME} TO {_NAME}$",
        lambda i, m: _bare(m[3]) in _indexes(i, m[1]) and _bare(m[2]) not in _indexes(i, m[1]),
    ),
    (rf"DROP INDEX {_NAME} ON {_NAME}$", lambda i, m: _bare(m[1]) not in _indexes(i, m[2])),
    (
        rf"ALTER TABLE {_NAME} ADD CONSTRAINT {_NAME} (?:UNIQUE|CHECK|FOREIGN KEY)\b.*$",
        lambda i, m: _bare(m[2]) in _constraints(i, m[1]),
    ),
    # The server chooses the name of one that has none, so it is known by what it says.
    (rf"ALTER TABLE {_NAME} ADD UNIQUE (?:INDEX |KEY )?\(({_PART}(?:, ?{_PART})*)\)$", _unique_over),
    (
        rf"ALTER TABLE {_NAME} ADD FOREIGN KEY ?\(([^()]+)\) REFERENCES {_NAME} ?\(([^()]+)\)((?: ON \w+ [\w ]+)*)$",
        _refers_from,
    ),
    (
        rf"ALTER TABLE {_NAME} DROP (?:CONSTRAINT|FOREIGN KEY|CHECK) {_NAME}$",
        lambda i, m: _bare(m[2]) not in _constraints(i, m[1]),
    ),
    # A table that had another primary key would have refused this one, so any is this one.
    (
        rf"ALTER TABLE {_NAME} ADD (?:CONSTRAINT {_NAME} )?PRIMARY KEY\b.*$",
        lambda i, m: bool(_primary_key(i, m[1])),
    ),
    (rf"ALTER TABLE {_NAME} DROP PRIMARY KEY$", lambda i, m: not _primary_key(i, m[1])),
    # These state the whole of what they define, so to run them again changes nothing more.
    (rf"CREATE OR REPLACE VIEW {_NAME}[\s(].*$", lambda i, m: False),
    (rf"ALTER TABLE {_NAME} COMMENT '(?:[^'\\]|''|\\.)*'$", lambda i, m: False),
    (rf"ALTER TABLE {_NAME} MODIFY {_NAME} {_ONE}$", lambda i, m: False),
    (rf"ALTER TABLE {_NAME} ALTER (?:COLUMN )?{_NAME} (?:SET|DROP) DEFAULT\b.*$", lambda i, m: False),
    (
        rf"ALTER TABLE {_NAME} CHANGE (?:COLUMN )?{_NAME} {_NAME} {_ONE}$",
        lambda i, m: _bare(m[3]) in _columns(i, m[1]) and (m[2] == m[3] or _bare(m[2]) not in _columns(i, m[1])),
    ),
    (
        rf"ALTER TABLE {_NAME} RENAME TO {_NAME}$",
        lambda i, m: _has_table(i, m[2]) and not _has_table(i, m[1]),
    ),
)


class HeadCatalogue(CatalogueRules):
    """The catalogue through SQLAlchemy's inspector, for the statement heads above."""

    def effect_visible(self, connection: Connection, statement: str) -> bool | None:
        text = _CLAUSES.sub("", _MARK.sub("", " ".join(statement.split()).rstrip("; ")))
        inspector = sa.inspect(connection)
        for pattern, probe in _HEADS:
            match = re.match(pattern, text, _FLAGS)
            if match:
                return probe(inspector, match)
        return None

    def is_left_over(self, connection: Connection, index: str) -> bool:
        """False: a build that fails leaves nothing behind here."""
        return False

    def drop_left_over(self, connection: Connection, index: str) -> None:
        """Nothing to do."""


def table_of(statement: str) -> tuple[str | None, str] | None:
    """(schema or None, table) that an ALTER TABLE, CREATE INDEX or DROP TABLE is about; None for anything else."""
    text = " ".join(statement.split())
    for pattern in (rf"(?:ALTER|DROP) TABLE (?:IF EXISTS )?{_NAME}", rf"CREATE .*?INDEX .*? ON {_NAME}"):
        match = re.match(pattern, text, _FLAGS)
        if match:
            return unquoted(match[1])
    return None
