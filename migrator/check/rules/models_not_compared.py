"""models-not-compared: env.py has models and couldn't give them, or they contradict themselves.

The check runs env.py's offline half, and with it the import of the models: without a database, without network, and for
ten seconds at most.  Where it hangs or ends the process, that is an error, and --drift opens no database.

Effect: drift between models and revisions stays unseen.
Remedy: let env.py import its models without a database and without settings that only production has.

Bad:   env.py: url = os.environ["DATABASE_URL"]; from app.models import metadata as target_metadata
Good:  env.py: from app.models import metadata as target_metadata; url = os.environ.get("DATABASE_URL", "postgresql://")

Source: reasoning: code is written against the models, and runs on what the revisions made.
"""

from __future__ import annotations

from migrator.check.rule import Family, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase

RULE = Rule(
    id="models-not-compared",
    family=Family.DRIFT,
    find=found_elsewhere,
    phases={Phase.EXPAND: Severity.WARNING, Phase.CONTRACT: Severity.WARNING},
)
