"""The catalogue: a snapshot of everything that a schema consists of, as text that can be compared.

In it: tables, columns, constraints, indexes, triggers, functions, sequences, views, types, grants, partitions.
Not in it: what no statement of the schema says (OIDs, the position of a column, dropped columns, statistics, row
versions, the next value of a sequence), our own tables and Alembic's version table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection

from migrator.dialects.snapshot import Fact, snapshot_rules
from migrator.state.tables import PREFIX

VERSION_TABLE = "alembic_version"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """A schema at one moment.

    Attributes:
        entries: definition by key (``column users.name``, ``index ix_users_name``), sorted by key; may be empty.
    """

    entries: Mapping[str, str]


def catalogue(connection: Connection, *, schema: str | None = None, ignore: Collection[str] = ()) -> Catalogue:
    """Read one schema.

    Args:
        connection: with the right to see what is to be compared; a transaction that it begins is left open.
            Rows are not read.
        schema: its name (SQLite: that of the attached file); None is the connection's default.
        ignore: tables left out with all that belongs to them, and names of other things to leave out.  Tables called
            ``migrator_...`` and ``alembic_version`` always are; another name of the version table must be said here.

    Raises:
        ConfigurationError: the database is none of those that migrator supports.

    Locks: those of reading the catalogue, which no DDL waits for.  It takes several statements: a schema that
    somebody else changes meanwhile gives a picture that never was.

    Source: pg_catalog (PostgreSQL 14 to 18), INFORMATION_SCHEMA (MySQL 8.0.16, MariaDB 10.6, later), the schema table
    and pragmas of SQLite 3.31 and later, all from the manuals; run on PostgreSQL 14, 15 and 18, MySQL 9.7,
    MariaDB 10.11 and SQLite 3.40.
    """
    facts = snapshot_rules(connection).facts(connection, schema)
    kept = [fact for fact in facts if not _left_out(fact, ignore)]
    return Catalogue(entries=MappingProxyType(_by_key(kept)))


def differences(before: Catalogue, after: Catalogue) -> tuple[str, ...]:
    """What one catalogue has and the other hasn't, a line for each key in their order; empty when they are equal."""
    lines = []
    for key in sorted(before.entries.keys() | after.entries.keys()):
        first, second = before.entries.get(key), after.entries.get(key)
        if first == second:
            continue
        if second is None:
            lines.append(f"only in the first: {key}: {first}")
        elif first is None:
            lines.append(f"only in the second: {key}: {second}")
        else:
            lines.append(f"differs: {key}: {first} / {second}")
    return tuple(lines)


def assert_same_catalogue(before: Catalogue, after: Catalogue) -> None:
    """Fail a test unless two catalogues are equal.

    Raises:
        AssertionError: with all differences.
    """
    found = differences(before, after)
    if found:
        raise AssertionError("\n".join([f"the catalogues differ in {len(found)} entries:", *found]))


def _left_out(fact: Fact, ignore: Collection[str]) -> bool:
    # By the table alone: a trigger or constraint of ours on the user's table is what a test wants to find.
    if fact.table.startswith(PREFIX) or fact.table == VERSION_TABLE:
        return True
    return fact.table in ignore or fact.name in ignore


def _by_key(facts: Iterable[Fact]) -> dict[str, str]:
    """Sorted by key; unnamed things that share one (two CHECKs of a table) are numbered by their text."""
    entries: dict[str, str] = {}
    for key, definition in sorted((f"{fact.kind} {fact.name}".strip(), fact.definition) for fact in facts):
        number = 1
        numbered = key
        while numbered in entries:
            number += 1
            numbered = f"{key} #{number}"
        entries[numbered] = definition
    return dict(sorted(entries.items()))
