"""suppression-without-reason: a suppression has no reason, is misspelt, or its last day is over.

Effect: it accepts nothing.
Remedy: say why it is safe, write it as it has to be, or take it out.

Bad:   with migrator.allow("drop-table"): ...
Good:  with migrator.allow("drop-table", reason="nobody has used it since 2020"): ...

Source: reasoning: a suppression tells the next reader why.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="suppression-without-reason",
    family=Family.DATA,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
