"""From an operation to its steps: what each dialect's ``planner.py`` provides.

Planning is pure: the same request, capabilities and facts give the same steps, whoever asks (the executor, a dry run,
the check, a re-run that looks for what is done).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from migrator.dialects import part_named
from migrator.errors import UsageError
from migrator.model.operation import Operation
from migrator.model.plan import Capabilities, Domain, Plan, PlannedStep, TableFacts, TableName

Lookup = Callable[[str | None, str], TableFacts | None]
"""(schema, table) → what is known of the table now; None when it isn't there or nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One statement that a revision sends.

    Attributes:
        sql: its text, as SQLAlchemy compiled it or as the revision wrote it.
        operations: what it does, normalised.
        raw: the text is the revision's own, so it is judged but not rewritten.
        new_tables: the tables that the revision created itself: nobody else uses them.
        evaluated_once: functions of the schema that are stable or immutable, in lower case.
        domains: domains of the schema, by their names in lower case.
    """

    sql: str
    operations: tuple[Operation, ...] = ()
    raw: bool = False
    new_tables: frozenset[TableName] = field(default_factory=frozenset)
    evaluated_once: frozenset[str] = field(default_factory=frozenset)
    domains: Mapping[str, Domain] = field(default_factory=dict)

    def existed(self, table: TableName) -> bool:
        """Whether the table may have been there before the revision."""
        return table not in self.new_tables


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request with all that its plan is made from."""

    request: Request
    capabilities: Capabilities
    lookup: Lookup

    @property
    def sql(self) -> str:
        """The statement as it came, without a semicolon at its end."""
        return self.request.sql.strip().rstrip("; ")

    def existed(self, table: TableName) -> bool:
        """Whether the table may have been there before the revision."""
        return self.request.existed(table)

    def facts(self, table: TableName) -> TableFacts | None:
        """What is known of the table now."""
        return self.lookup(*table)

    def those_that_existed(self, *tables: TableName) -> tuple[TableName, ...]:
        """Each once, in order, without those that the revision made."""
        return tuple(dict.fromkeys(table for table in tables if self.existed(table)))


def plain(ask: Ask) -> Plan:
    """As it is: locks no table that traffic uses."""
    return Plan(steps=(PlannedStep(sql=ask.request.sql),))


class PlanRules(ABC):
    """One dialect's planner."""

    last_form_rule: str = ""
    """The rule that lets a statement run as it is where the server takes none of its online forms; empty where there is
    one form only."""

    @abstractmethod
    def capabilities(self, connection: Connection) -> Capabilities:
        """What the connected server can do; reads its version and settings."""

    @abstractmethod
    def assumed(self, name: str, version: str | None) -> Capabilities:
        """What a server of that version can do, without one.

        Args:
            name: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
            version: as ``15`` or ``8.4.2``; None for the oldest that is supported.

        Raises:
            UsageError: it is no version.
        """

    @abstractmethod
    def facts(self, connection: Connection, schema: str | None, table: str) -> TableFacts | None:
        """The table as the catalogue shows it now; None when it isn't there.  Takes no lock beyond the read's own."""

    @abstractmethod
    def plan(self, request: Request, capabilities: Capabilities, lookup: Lookup) -> Plan:
        """The steps of one statement; a statement that needs no other form is its own only step."""

    def script(self, steps: Sequence[PlannedStep], lock_timeout: timedelta) -> tuple[str, ...]:
        """The steps for somebody who runs them by hand, each line complete: with lock timeouts, and transactions where
        the server has them for DDL."""
        return tuple(f"{step.sql.strip().rstrip(';')};" for step in steps)


def version_numbers(version: str) -> tuple[int, ...]:
    """``8.4.2`` → (8, 4, 2).

    Raises:
        UsageError: it is no version.
    """
    parts = version.strip().split(".")
    if not all(part.isdecimal() for part in parts):
        raise UsageError(f"{version!r} is no version of a server", remedy="give it as numbers:  --server-version 15")
    return tuple(int(part) for part in parts)


def begins_anew(step: PlannedStep, held: Set[TableName]) -> bool:
    """Whether a step needs a transaction that begins with it.

    No more than one table that existed before is locked strongly in one of them, and a step that scans holds no lock of
    others.

    Args:
        held: the tables that the open transaction has locked strongly.
    """
    return step.alone or bool(held and not set(step.tables) <= held)


def transactions(steps: Sequence[PlannedStep]) -> Iterator[tuple[PlannedStep, ...]]:
    """The steps by the transaction that they run in; a step that stands outside is alone."""
    open_ones: list[PlannedStep] = []
    held: set[TableName] = set()
    for step in steps:
        if step.outside or begins_anew(step, held):
            if open_ones:
                yield tuple(open_ones)
            open_ones, held = [], set()
        if step.outside or step.alone:
            yield (step,)
            continue
        open_ones.append(step)
        held.update(step.tables)
    if open_ones:
        yield tuple(open_ones)


def planner(name: str) -> PlanRules:
    """The planner of ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.

    Raises:
        ConfigurationError: for any other name.
    """
    rules: PlanRules = part_named(name, "planner").plan_rules(name)
    return rules
