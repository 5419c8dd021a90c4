"""unresolved-depends-on: a revision depends on one that isn't there, or on one that waits for it in turn.

Effect: Alembic refuses the whole history, so that no command runs; the order that was meant is not kept.
Remedy: name the revision by its full id, or take it out of depends_on.

Bad:   depends_on = "b71"    # there is only b71e
Good:  depends_on = "b71e"

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from migrator.check.history import History
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.loosening import loose_in


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    for loose in loose_in(history.graph.module(revision.id)):
        if loose.circular:
            yield Problem(
                message=(
                    f"{revision.id} depends on {loose.name}, which itself comes only after {revision.id}: neither can"
                    " ever run"
                ),
                remedy=f"take {loose.name} out of depends_on of {revision.id}",
            )
        else:
            yield Problem(
                message=f"{revision.id} depends on {loose.name!r}, and no revision has that id",
                remedy=_remedy(loose.name, history),
            )


def _remedy(name: str, history: History) -> str:
    meant = [one for one in history.graph.order if one.startswith(name)] or get_close_matches(name, history.graph.order)
    return f'depends_on = "{meant[0]}"' if meant else "write the full id; see `alembic history` for the ids"


RULE = Rule(
    id="unresolved-depends-on",
    find=found_elsewhere,
    in_history=_find,
    family=Family.DATA,
    asks_all=True,
    phases={Phase.TRUNK: Severity.ERROR, Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
