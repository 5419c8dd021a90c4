"""two-changes-in-contract: one contract ends changes of several names, or of several releases.

Effect: it opens only when all of them are ready; the one that isn't holds back the others.
Remedy: one contract revision for each change.

Bad:   depends_on = ("<expand of change a>", "<expand of change b>")
Good:  two contracts, each with the depends_on of its own change

Source: reasoning: the gates of a contract ask for all that it names; releases are told apart by --since.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    named = [history.graph.revisions[one] for one in revision.depends_on]
    expands = [one for one in named if one.phase is Phase.EXPAND and not one.anchor]
    changes = sorted({one.change for one in expands if one.named_change})
    if len(changes) > 1:
        yield _problem(revision, f"the changes {', '.join(map(repr, changes))}")
    elif history.since is not None and not history.released(revision):
        old = [one.id for one in expands if history.released(one)]
        new = [one.id for one in expands if not history.released(one)]
        if old and new:
            yield _problem(revision, f"{', '.join(old)} of a former release and {', '.join(new)} of this one")


def _problem(revision: Revision, what: str) -> Problem:
    return Problem(
        message=f"contract {revision.id} ends {what}: it stays closed until all of it is ready",
        remedy="write one contract revision for each",
    )


RULE = Rule(
    id="two-changes-in-contract",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: the gates of a contract ask for all that it names; releases are told apart by --since",
    phases={Phase.CONTRACT: Severity.WARNING},
)
