"""``migrator.allow``: one finding accepted at one place, with a reason."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from datetime import date

from migrator.model.suppression import Suppression
from migrator.scripts.allowing import allowing


def allow(*rules: str, reason: str = "", expires: str | date | None = None) -> AbstractContextManager[None]:
    """Accept the findings of these rules for what the block does; seen by ``migrator check`` and by ``expand``.

    Without a reason, or after its last day, it accepts nothing and is a finding itself.

    Args:
        rules: rule ids, as ``migrator check`` prints them in brackets.
        reason: why it is safe here, for the reviewer.
        expires: the last day on which it counts, ``"2027-06-01"``; None for always.

    Raises:
        ValueError: no rule, or ``expires`` is no date.
    """
    if not rules:
        raise ValueError('name the rule that is allowed: migrator.allow("rule-id", reason="...")')
    last = date.fromisoformat(expires) if isinstance(expires, str) else expires
    caller = sys._getframe(1)
    return allowing(
        tuple(
            Suppression(rule=rule, reason=reason, expires=last, file=caller.f_code.co_filename, line=caller.f_lineno)
            for rule in rules
        )
    )
