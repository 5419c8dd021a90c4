"""model-differs: models and revisions have the same thing in two ways: type, nullability, default, keys, comment.

Types, defaults and expressions are compared in one spelling for each database: varchar is character varying, a Boolean
of MySQL is tinyint(1), now() is CURRENT_TIMESTAMP.  What can't be compared is counted and named in the last line.

Effect: the code expects what isn't so: it reads a number as text, or writes NULL where the database refuses it.
Remedy: change the models, or write a revision; the message has the operation.

Bad:   models: sa.Text()             migrations/expand: sa.String(50)
Good:  models: sa.String(50)         migrations/expand: sa.String(50)

Source: reasoning: code is written against the models, and runs on what the revisions made.
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Rule, found_elsewhere

RULE = Rule(
    id="model-differs",
    family=Family.DRIFT,
    find=found_elsewhere,
    phases=BLOCKS_EVERYWHERE,
)
