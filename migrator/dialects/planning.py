"""From an operation to its steps: what each dialect's ``planner.py`` provides.

Planning is pure: the same request, capabilities and facts give the same steps, whoever asks (the executor, a dry run,
the check, a re-run that looks for what is done).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from migrator.dialects import part_named
from migrator.model.operation import Operation
from migrator.model.plan import Capabilities, Plan, PlannedStep, TableFacts, TableName

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
        autocommit: it stands in an ``autocommit_block``.
    """

    sql: str
    operations: tuple[Operation, ...] = ()
    raw: bool = False
    new_tables: frozenset[TableName] = field(default_factory=frozenset)
    autocommit: bool = False

    def existed(self, schema: str | None, table: str) -> bool:
        """Whether the table may have been there before the revision."""
        return (schema, table) not in self.new_tables


class PlanRules(ABC):
    """One dialect's planner."""

    @abstractmethod
    def capabilities(self, connection: Connection) -> Capabilities:
        """What the connected server can do; reads its version and settings."""

    @abstractmethod
    def assumed(self) -> Capabilities:
        """What the oldest server that we support can do, for a plan without a server."""

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


def transactions(steps: Sequence[PlannedStep]) -> Iterator[tuple[PlannedStep, ...]]:
    """The steps by the transaction that they run in; a step that stands outside is alone.

    No more than one table that existed before is locked strongly in one of them, and a step that scans holds no lock of
    others.
    """
    open_ones: list[PlannedStep] = []
    held: set[TableName] = set()
    for step in steps:
        if step.outside or step.alone or (held and not set(step.tables) <= held):
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
