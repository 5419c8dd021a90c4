"""What a rule is.  Each stands in a file of its own in ``rules/``; nothing lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrator.check.history import History
from migrator.check.situation import Situation
from migrator.model.finding import Severity
from migrator.model.operation import Operation
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.recording import RecordedItem


class Family(StrEnum):
    """What is at stake."""

    DESTRUCTIVE = "destructive"
    OLD_CODE = "old-code-incompatible"
    LOCK = "blocking-lock"
    DATA = "data-dependent"
    DRIFT = "drift"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What a rule says of one operation.

    ``message`` names the lock or the breakage and the table or column; ``remedy`` is code to paste, ``sql`` the same
    for a file of SQL where it differs.  ``source`` and ``severity`` replace the rule's own where given.  ``condition``
    as of :class:`~migrator.model.finding.Finding`.
    A rule about revisions names the call that it is about in ``item``, or the line of the revision's file in ``line``;
    without either it is about the revision as a whole.  ``family`` replaces the rule's own where the harm is another.
    """

    message: str
    remedy: str
    sql: str = ""
    source: str = ""
    severity: Severity | None = None
    condition: str = ""
    family: Family | None = None
    item: RecordedItem | None = field(default=None, compare=False)
    line: int = 0


BLOCKS_EVERYWHERE = {Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR}
"""Old code may be gone in contract; traffic isn't."""
POSTGRESQL = ("postgresql",)
MYSQL_AND_MARIADB = ("mysql", "mariadb")
SERVERS = (*POSTGRESQL, *MYSQL_AND_MARIADB)
WARNS_EVERYWHERE = {Phase.EXPAND: Severity.WARNING, Phase.CONTRACT: Severity.WARNING}
Find = Callable[[Operation, Situation], Problem | None]
FindInHistory = Callable[[Revision, History], Iterable[Problem]]


def found_elsewhere(operation: Operation, situation: Situation) -> Problem | None:
    """The ``find`` of a rule about revisions, their graph or suppressions: no single operation breaks it."""
    return None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Args:
        id: one of the catalogue's ids.
        find: says what is wrong with an operation, or None.
        phases: where the rule looks, and how bad it is there.
        dialects: the databases that it is about; empty for all.
        momentary: its harm is a strong lock that is held for a moment, or for as long as its transaction lasts: others
            decide how long traffic waits, and no measurement of the statement alone shows it.
        in_history: what is wrong with a revision in its history; for rules that no single operation breaks.
        asks_all: ``in_history`` is asked of every revision, whichever are judged.
        source: the reasoning or a manual's page; empty takes the dialect's page on ALTER TABLE.
    """

    id: str
    family: Family
    find: Find
    source: str = ""
    dialects: tuple[str, ...] = ()
    momentary: bool = False
    in_history: FindInHistory | None = None
    asks_all: bool = False
    phases: Mapping[Phase, Severity] = field(default_factory=lambda: {Phase.EXPAND: Severity.ERROR})
