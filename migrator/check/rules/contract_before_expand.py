"""contract-before-expand: a contract may run before an expand of its own change.

Effect: what the contract removes goes before the new shape is there, and the expand may then fail on what is gone.
Remedy: depends_on names the last expand of the change.

Bad:   change = "user_full_name";  depends_on = None
Good:  change = "user_full_name";  depends_on = "b71e"

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
    """Its change's expands are among its ancestors; a change that only it names has none."""
    if revision.anchor:
        return
    before = history.graph.closure([revision.id, *history.required_by_data(revision)])
    late = [one.id for one in history.expands_of(revision) if one.id not in before]
    if late:
        yield Problem(
            message=(
                f"contract {revision.id} and expand {', '.join(late)} are one change, {revision.change!r}, and nothing"
                " makes the contract wait for that expand"
            ),
            remedy=f"depends_on = {_written([*revision.depends_on, late[-1]])}",
        )


def _written(ids: list[str]) -> str:
    quoted = ", ".join(f'"{one}"' for one in ids)
    return quoted if len(ids) == 1 else f"({quoted})"


RULE = Rule(
    id="contract-before-expand",
    find=found_elsewhere,
    in_history=_find,
    family=Family.DATA,
    phases={Phase.CONTRACT: Severity.ERROR},
)
