"""unused-suppression: a suppression holds nothing back.

Effect: it will hide something that nobody looked at, one day.
Remedy: take it out.

Bad:   with migrator.allow("drop-table", reason="..."): op.add_column(...)
Good:  op.add_column(...)

Source: reasoning: a suppression tells the next reader why.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="unused-suppression",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.WARNING, Phase.CONTRACT: Severity.WARNING},
)
