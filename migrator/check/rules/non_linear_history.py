"""non-linear-history: a branch has more than one head.

Effect: in which order they run is left to chance, and ``upgrade head`` fails.
Remedy: a merge revision.

Bad:   two revisions of expand with the same down_revision
Good:  alembic merge -m "merge expand heads" b71e a90c

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="non-linear-history",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
