"""not-analysable: what a revision does hangs on something that the check can't follow.

It raised while it was recorded, sends a text made of a value that only a database knows, goes through all names in
the catalogue, or has more than 32 ways through it.  A branch or a loop that hangs on rows, on a table that the history
didn't make, on the server's version, the environment or the clock is followed each way: no finding of this rule.

Effect: what it does otherwise was not looked at; where it was only seen one way, it is a warning in contract.
Remedy: see what it does on a scratch server (migrator check --trace URL), or allow it in the revision with the reason.

Bad:   for name, in op.get_bind().execute(sa.text("SELECT name FROM old_tables")): op.execute(f"DROP TABLE {name}")
Good:  allow = {"not-analysable": "the tables of last year's import, which nothing reads"}

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
