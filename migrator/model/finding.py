"""What the check says of a statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from migrator.model.phase import Phase
from migrator.model.shape import DriftLook
from migrator.model.trace import TracedStatement


class Severity(StrEnum):
    """An ``error`` destroys, breaks running code or blocks traffic; a ``warning`` is a doubt."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule broken at one place.

    ``line`` counts from 1 and is 0 where no line is known; ``statement`` is the SQL or the operation as text, without
    any bound value; ``dialect`` is empty for a finding that holds on every database that was
    checked, else one name or several with commas; its message then words the lock of the first.  ``condition`` names
    what no file shows and what it was taken for, the worse (``TimeZone of the session: taken for ...``); empty where
    the statement says it all.  ``about`` names what differs, for a finding of drift.
    """

    rule: str
    family: str
    severity: Severity
    phase: Phase
    message: str
    remedy: str
    source: str
    dialect: str = ""
    file: str = ""
    line: int = 0
    revision: str = ""
    statement: str = ""
    condition: str = ""
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """All findings of one run, in the order of files and lines, and how much was looked at."""

    findings: tuple[Finding, ...]
    revisions: int
    statements: int
    dialects: tuple[str, ...]
    suppressed: tuple[Finding, ...] = ()
    files: int = 0
    """Files of SQL; there are no revisions then."""
    notes: tuple[str, ...] = ()
    strict: bool = False
    """Whether warnings fail the run too."""
    drift: tuple[DriftLook, ...] = ()
    """How much of the models was compared, and with what; empty where they weren't."""
    trace: tuple[TracedStatement, ...] = ()
    """What was measured on a scratch database, in order; empty without ``--trace``."""
    traced_on: str = ""
    """The server that it was measured on; empty without ``--trace``."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def failing(self) -> tuple[Finding, ...]:
        """Those for which the run fails."""
        return self.findings if self.strict else self.errors
