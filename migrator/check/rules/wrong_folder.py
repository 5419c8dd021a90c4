"""wrong-folder: a revision lies in the folder of another phase than its branch.

Effect: who reviews it takes it for what it isn't.
Remedy: move it, or give it a down_revision of the folder's branch.

Bad:   migrations/expand/a90c.py with down_revision = "<a contract revision>"
Good:  migrations/contract/a90c.py

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.places import shown_path
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision

_BRANCHES = 2


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    """A revision lies in the folder of its branch's anchor, or below."""
    folders = {one.phase: one.path.parent for one in history.graph.revisions.values() if one.anchor}
    if len(set(folders.values())) < _BRANCHES:
        return
    lies_in = [phase for phase, folder in folders.items() if revision.path.is_relative_to(folder)]
    if lies_in and revision.phase not in lies_in:
        yield Problem(
            message=(
                f"revision {revision.id} belongs to {revision.phase} by its down_revision and lies in the folder of"
                f" {lies_in[0]}: who reviews it takes it for what it isn't"
            ),
            remedy=f"move it to {shown_path(folders[revision.phase])}, or give it a down_revision of {lies_in[0]}",
        )


RULE = Rule(
    id="wrong-folder",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
