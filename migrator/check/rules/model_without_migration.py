"""model-without-migration: the models have a table, column, key, index or type that no revision makes.

The models are env.py's target_metadata, on each database that is checked for; the revisions are run against a recorder,
or a database is read (--drift URL).  What a contract revision drops may still be in the models.  Several metadata,
include_object, include_name, include_schemas and version_table of env.py are honoured.

Effect: code that is written against the models fails on the first statement that names it.
Remedy: write it in an expand revision; the message has the operation.

Bad:   models: users.full_name       migrations/expand: nothing
Good (migrations/expand):
       op.add_column("users", sa.Column("full_name", sa.Text()))

Source: reasoning: code is written against the models, and runs on what the revisions made.
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Rule, found_elsewhere

RULE = Rule(
    id="model-without-migration",
    family=Family.DRIFT,
    find=found_elsewhere,
    phases=BLOCKS_EVERYWHERE,
)
