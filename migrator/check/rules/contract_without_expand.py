"""contract-without-expand: a contract names neither its expand nor a data migration.

Effect: nothing keeps it back until the new shape is there and filled.
Remedy: depends_on and requires_data.

Bad:   depends_on = None
Good:  depends_on = "b71e";  requires_data = ["user_full_name"]

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
    if revision.anchor or revision.requires_data:
        return
    parents = [history.graph.revisions[one] for one in revision.depends_on if one in history.graph.revisions]
    if not any(one.phase in (Phase.EXPAND, Phase.TRUNK) for one in parents):
        yield Problem(
            message=(
                f"contract {revision.id} names neither its expand (depends_on) nor a data migration (requires_data):"
                " nothing keeps it back until the new shape is there and filled"
            ),
            remedy='depends_on = "<the expand revision>" and requires_data = ["<the data migration>"]',
        )


RULE = Rule(
    id="contract-without-expand",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    phases={Phase.CONTRACT: Severity.WARNING},
)
