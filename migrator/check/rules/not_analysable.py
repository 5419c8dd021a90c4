"""not-analysable: a revision raised while it was recorded, or asked the database what to do.

Effect: what it does otherwise was not looked at; in contract the second is a warning.
Remedy: write it without looking at rows or the catalogue, or allow it in the revision with the reason.

Bad:   if op.get_bind().execute(sa.text("SELECT 1 FROM users")).scalar(): op.drop_table("users")
Good:  allow = {"not-analysable": "both ways only add a column"}

Source: reasoning: what the check didn't see is a finding, not a pass.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="not-analysable",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
