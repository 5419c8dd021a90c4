"""wrong-folder: a revision lies in the folder of another phase than its branch.

Effect: who reviews it takes it for what it isn't.
Remedy: move it, or give it a down_revision of the folder's branch.

Bad:   migrations/expand/a90c.py with down_revision = "<a contract revision>"
Good:  migrations/contract/a90c.py

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="wrong-folder",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
