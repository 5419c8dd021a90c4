"""non-linear-history: a branch has more than one head.

Effect: in which order they run is left to chance, and ``upgrade head`` fails.
Remedy: a merge revision.

Bad:   two revisions of expand with the same down_revision
Good:  alembic merge -m "merge expand heads" b71e a90c

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
    heads = history.graph.branch_heads(revision.phase)
    told_at = next((one for one in reversed(heads) if one in history.chosen), heads[-1])
    if len(heads) > 1 and revision.id == told_at:
        yield Problem(
            message=(
                f"the branch {revision.phase} has {len(heads)} heads, {', '.join(heads)}: in which order they run is"
                " left to chance"
            ),
            remedy=f'alembic merge -m "merge {revision.phase} heads" {" ".join(heads)}',
        )


RULE = Rule(
    id="non-linear-history",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    asks_all=True,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
