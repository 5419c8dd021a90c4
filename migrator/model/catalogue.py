"""The rules of the check as a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.model.finding import Severity
from migrator.model.phase import Phase


@dataclass(frozen=True, kw_only=True)
class RuleEntry:
    """One line of the catalogue; ``phases`` says how bad a finding of the rule is where, at most."""

    id: str
    family: str
    phases: Mapping[Phase, Severity]
    dialects: tuple[str, ...]
    summary: str


@dataclass(frozen=True, kw_only=True)
class RulePage:
    """All that is said of a rule: ``condition`` is what it finds; ``bad`` and ``good`` are code, a line or more."""

    entry: RuleEntry
    condition: str
    effect: str
    remedy: str
    bad: str
    good: str
    source: str
