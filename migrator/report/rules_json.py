"""The catalogue of the rules, and one rule's page, as JSON's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migrator.model.catalogue import RuleEntry, RulePage


def catalogue_values(rules: Sequence[RuleEntry]) -> list[dict[str, Any]]:
    """The rules in order."""
    return [_entry(rule) for rule in rules]


def _entry(rule: RuleEntry) -> dict[str, Any]:
    return {
        "id": rule.id,
        "family": rule.family,
        "phases": {phase.value: severity.value for phase, severity in rule.phases.items()},
        "dialects": list(rule.dialects),
        "summary": rule.summary,
    }


def page_values(page: RulePage) -> dict[str, Any]:
    """One rule in full."""
    return {
        **_entry(page.entry),
        "condition": page.condition,
        "effect": page.effect,
        "remedy": page.remedy,
        "bad": page.bad,
        "good": page.good,
        "source": page.source,
    }
