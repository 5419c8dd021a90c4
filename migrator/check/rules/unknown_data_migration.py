"""unknown-data-migration: a contract requires a data migration that doesn't exist.

Effect: it stays closed for ever.
Remedy: the name of one that exists.

Bad:   requires_data = ["user_fulname"]
Good:  requires_data = ["user_full_name"]

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    if history.data is None:
        return
    known = ", ".join(sorted(history.data)) or "none"
    for name in revision.requires_data:
        if name not in history.data:
            yield Problem(
                message=(
                    f"contract {revision.id} requires the data migration {name!r}, which doesn't exist: it would stay"
                    " closed for ever"
                ),
                remedy=f"requires_data names one of: {known}",
            )


RULE = Rule(
    id="unknown-data-migration",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    phases={Phase.CONTRACT: Severity.ERROR},
)
