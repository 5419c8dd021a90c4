"""migration-without-model: the revisions leave a table, column, key, index or type that the models don't have.

What expand keeps for old code until a contract revision drops it is no drift; a column that rejects the inserts of code
that doesn't know it is an error, all else a warning.

Effect: nobody drops it; a NOT NULL column without a default rejects every insert of the new code.
Remedy: drop it in a contract revision, or add it to the models; leave out what isn't the models' by include_object.

Bad:   models: users without name    migrations/contract: nothing
Good (migrations/contract):
       op.drop_column("users", "name")

Source: reasoning: code is written against the models, and runs on what the revisions made.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="migration-without-model",
    family=Family.DRIFT,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.WARNING, Phase.CONTRACT: Severity.WARNING},
)
