"""What the catalogue snapshot needs to know of a dialect: how to read everything that a schema consists of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from migrator.dialects import pack_for, part_named


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing of a schema.

    Attributes:
        kind: ``table``, ``column``, ``constraint``, ``index``, ``grant``, ...
        name: unique among its kind; with the table in front where names are the table's own (``users.email``).
        table: the table or view that it belongs to; empty for what stands by itself.
        definition: everything that was said of it, in a form that is the same for the same thing.
    """

    kind: str
    name: str
    table: str = ""
    definition: str


class SnapshotRules(ABC):
    """One dialect's part of the snapshot."""

    @abstractmethod
    def facts(self, connection: Connection, schema: str | None) -> Sequence[Fact]:
        """All that the schema has, in no order.

        Args:
            connection: in use by nobody else; what it sees is what is read.
            schema: None is the connection's default schema (SQLite: the main database file).

        Locks: those of reading the catalogue.  Several statements are sent: somebody else's DDL between them may
        give a picture that never was.
        """


def snapshot_rules(connection: Connection) -> SnapshotRules:
    """The rules for the connected server.

    Raises:
        ConfigurationError: the dialect is none of ours.
    """
    rules: SnapshotRules = part_named(pack_for(connection.dialect).name, "snapshot").snapshot_rules()
    return rules
