"""drop-still-mapped: a contract drops a table or column that the application's models still map.

Effect: this code's SELECT and INSERT name it and fail; and since its release contains the contract, the gate takes it
for ready.
Remedy: take it out of the models in this release, or keep the contract for a later one.

Bad:   op.drop_column("users", "name")    # while models.py has name = mapped_column(...)
Good:  the same, with name gone from models.py

Source: reasoning: SQLAlchemy names every mapped column; a service is ready for a contract that its release contains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from migrator.check.history import History
from migrator.check.names import Name, removed
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    if history.metadata is None:
        return
    mapped = {(one.schema, one.name): one for one in history.metadata.tables.values()}
    for item, operation in history.operations(revision.id):
        for name in removed(operation):
            told = _mapped(name, mapped)
            if told and not history.made_after(name, revision.id):
                yield Problem(
                    message=f"contract {revision.id} drops {name}, which the models of this release still map: {told}",
                    remedy=f"take {name} out of the models, or keep this contract for the release after that",
                    item=item,
                )


def _mapped(name: Name, mapped: Mapping[tuple[str | None, str], sa.Table]) -> str:
    """Where the models have it, for a person; empty where they don't."""
    table = mapped.get((name.schema, name.table or name.name))
    if table is None or name.kind not in ("table", "column"):
        return ""
    if name.kind == "column" and name.name not in table.columns:
        return ""
    return f"their table {table.name!r}" + (f" has the column {name.name!r}" if name.kind == "column" else "")


RULE = Rule(
    id="drop-still-mapped",
    family=Family.OLD_CODE,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: SQLAlchemy names every mapped column",
    phases={Phase.CONTRACT: Severity.ERROR},
)
