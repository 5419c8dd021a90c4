"""outside-branches: a revision stands on the trunk beside the branches, or above their beginning.

Effect: it has no phase, so no gate holds it back and nothing of it is judged; the database gets one head more.
Remedy: put it on top of a branch.

Bad:   down_revision = "<the last revision before the branches>"
Good:  alembic revision -m "..." --head expand@head

Source: reasoning: the phase of a revision is that of the labelled revision among its ancestors.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    anchors = [one for one in history.graph.revisions.values() if one.anchor]
    if not anchors or any(revision.id in history.graph.closure([one.id]) for one in anchors):
        return
    yield Problem(
        message=(
            f"revision {revision.id} belongs to neither expand nor contract: its down_revision leads past both, so"
            " nothing judges it and no gate holds it back"
        ),
        remedy=f'down_revision = "{_head(history)}"   (the head of expand; of contract for what removes something)',
    )


def _head(history: History) -> str:
    return next(iter(history.graph.branch_heads(Phase.EXPAND)), "<the head of expand>")


RULE = Rule(
    id="outside-branches",
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: the phase of a revision is that of the labelled revision among its ancestors",
    family=Family.DATA,
    asks_all=True,
    phases={Phase.TRUNK: Severity.ERROR},
)
