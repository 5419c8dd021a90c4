"""empty-revision: a revision does nothing, and it isn't the first of its branch.

Effect: a change that was meant to be there isn't.
Remedy: fill in upgrade(), or delete the file.

Bad:   def upgrade(): pass
Good:  def upgrade(): op.add_column("users", sa.Column("full_name", sa.Text()))

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
    if revision.id in history.empty and not revision.anchor and len(revision.down_revision) < 2:
        yield Problem(
            message=f"revision {revision.id} does nothing; only the first one of a branch may be empty",
            remedy="fill in upgrade(), or delete the file",
        )


RULE = Rule(
    id="empty-revision",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
