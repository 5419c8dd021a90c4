"""What the check needs to know of a dialect: how to record for it, how to read its SQL, what its locks are called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects import part_named
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.splitting import Split
from migrator.model.operation import Operation
from migrator.model.plan import Domain


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Facts and words for the rules; each ``..._source`` is the manual's page."""

    name: str
    title: str
    table_lock: str
    """The lock of a change of a table, and what it stops, as the end of a sentence."""
    lock_source: str
    alter_source: str
    default_schema: str | None = None
    """The schema of a name that has none, where dumps write it."""
    index_build_stops_writes: bool = False
    """Whether a plain CREATE INDEX bars writers, and an online form of it exists."""
    foreign_key_locks_parent: bool = False
    """Whether dropping a foreign key keeps readers of the table that it refers to out as well."""
    restates_columns: bool = False
    """Whether ALTER states a column's whole definition (MODIFY), so that what it omits is lost."""
    free_type: Callable[[str, str, Mapping[str, Domain]], bool] = lambda old, new, domains: False
    """Whether (type before, type after, domains) is a change of the catalogue alone."""
    longest_name: int = 64
    """How much of a name the server keeps, in characters."""
    names_cut_in_bytes: bool = False
    """Whether that counts bytes, and what is longer is cut without a word; else it is refused."""
    one_transaction: bool = False
    """Whether a file of DDL may run in one transaction."""
    fills_missing_default: bool = False
    """Whether NOT NULL without a default takes an implicit zero or empty text instead of failing."""
    drops_implicit_null: bool = False
    """Whether DROP DEFAULT takes the NULL too that a column without a default has: INSERTs must name it then."""
    placeholder: str = ""
    """What the server reads where a driver's text says %s, {} for its number; empty where drivers know no %s."""


@dataclass(frozen=True, kw_only=True)
class ReadStatement:
    """One statement out of a text; ``reads`` marks a query that can't change anything."""

    sql: str
    operations: tuple[Operation, ...]
    reads: bool = False


def server_names(dialect: Dialect) -> tuple[str, ...]:
    """The names under which the check knows the servers of a SQLAlchemy dialect: a mysql:// URL may lead to MariaDB.

    Raises:
        ConfigurationError: the dialect is none of ours.
    """
    part_named(dialect.name)
    return ("mysql", "mariadb") if dialect.name == "mysql" else (dialect.name,)


class CheckRules(ABC):
    """One dialect's part of the check."""

    traits: Traits

    @abstractmethod
    def recording_dialect(self, model: SchemaModel) -> Dialect:
        """A dialect of SQLAlchemy's that compiles as the server wants and reflects from the model; no driver."""

    @abstractmethod
    def read(self, sql: str) -> Sequence[ReadStatement]:
        """The statements of a text in order; what can't be read is an :class:`Unread` operation.  Empty for a text
        of comments alone."""

    @abstractmethod
    def split(self, text: str) -> Split:
        """A file's statements and comments, each with its lines; reads what the server's own client would send."""

    def harmless_command(self, line: str) -> bool:
        """Whether a line for the server's client (psql's backslash commands) changes nothing that is sent."""
        return False


def check_rules(name: str) -> CheckRules:
    """The rules of ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.

    Raises:
        ConfigurationError: for any other name.
    """
    rules: CheckRules = part_named(name, "recording").check_rules(name)
    return rules
