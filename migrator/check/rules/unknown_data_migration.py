"""unknown-data-migration: a contract requires a data migration that doesn't exist.

Effect: it stays closed for ever.
Remedy: the name of one that exists.

Bad:   requires_data = ["user_fulname"]
Good:  requires_data = ["user_full_name"]

Source: reasoning: the phases run in the order of the graph.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="unknown-data-migration",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.CONTRACT: Severity.ERROR},
)
