"""order-dependent: a revision works in one order of the history and not in another.

Effect: a new database (`migrator upgrade`) runs expands before contracts, an old one has run each contract before the
next release's expands: in one of them the revision fails on a table or column that is gone, or not there yet.
Remedy: depends_on, or another name.

Bad:   expand a adds users.note, contract b drops it, expand c adds it again and doesn't depend on b
Good:  expand c has depends_on = "b", or adds users.note_2

Source: reasoning: both orders keep down_revision and depends_on, and nothing else orders expands and contracts.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Problem, Rule, found_elsewhere
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    for one, where in history.out_of_order.get(revision.id, {}).items():
        yield Problem(
            message=f"{revision.phase} {revision.id} {one.why}{f', {where}' if where else ''}",
            remedy="name in depends_on what makes it or takes it away before, or take another name",
            item=one.item,
        )


RULE = Rule(
    id="order-dependent",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: both orders keep down_revision and depends_on, and nothing else orders expands and contracts",
    phases=BLOCKS_EVERYWHERE,
)
