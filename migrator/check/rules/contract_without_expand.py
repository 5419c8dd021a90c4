"""contract-without-expand: a contract names neither its expand nor a data migration.

Effect: nothing keeps it back until the new shape is there and filled.
Remedy: depends_on and requires_data.

Bad:   depends_on = None
Good:  depends_on = "b71e";  requires_data = ["user_full_name"]

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="contract-without-expand",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.CONTRACT: Severity.WARNING},
)
