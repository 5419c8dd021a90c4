"""``migrator rules`` and ``migrator explain``."""

from __future__ import annotations

from migrator.check.catalogue import entries, page
from migrator.model.catalogue import RuleEntry, RulePage


def rules() -> tuple[RuleEntry, ...]:
    """Every rule of the check, by id."""
    return entries()


def explain(rule_id: str) -> RulePage:
    """A rule's page.

    Raises:
        UsageError: there is no such rule.
    """
    return page(rule_id)
