"""model-import-in-migration: a revision imports the application's models or settings.

Effect: the models are those of today, the database is that of the revision's day: next year the same file asks for
columns that aren't there yet, or does something else.
Remedy: write down in the revision what it needs.

Bad:   from app.models import User
Good:  users = sa.table("users", sa.column("id"), sa.column("name"))

Source: reasoning: a revision runs on every new database, for as long as there is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.imports import imports, of_models
from migrator.check.rule import WARNS_EVERYWHERE, Family, Problem, Rule, found_elsewhere
from migrator.model.revision import Revision
from migrator.scripts.rewriting import source_of


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    for one in imports(source_of(str(revision.path))):
        if of_models(one):
            yield Problem(
                message=f"revision {revision.id} imports {one.full}: it will change with the application, and the"
                " revision with it",
                remedy='write down what it needs, e.g. users = sa.table("users", sa.column("id"), sa.column("name"))',
                line=one.line,
            )


RULE = Rule(
    id="model-import-in-migration",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: a revision runs on every new database, for as long as there is one",
    phases=WARNS_EVERYWHERE,
)
