"""empty-revision: a revision does nothing, and it isn't the first of its branch.

Effect: a change that was meant to be there isn't.
Remedy: fill in upgrade(), or delete the file.

Bad:   def upgrade(): pass
Good:  def upgrade(): op.add_column("users", sa.Column("full_name", sa.Text()))

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="empty-revision",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
