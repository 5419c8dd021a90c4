"""expand-needs-contract: an expand depends on a contract, and touches nothing that the contract changes.

Effect: the next rollout's expand waits until every old service is gone and all rows are moved, or pulls the contract in
before its time (plain `alembic upgrade expand@head` runs it).
Remedy: take the contract out of depends_on.

Bad:   depends_on = "<a contract revision>"    # in expand
Good:  depends_on = None

Source: reasoning; an expand that builds anew what the contract removes has to wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.names import Name, made, removed, used
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.operation import AlterColumn, ChangeRows, Unread
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    graph = history.graph
    direct = [one for one in revision.parents if graph.revisions[one].phase is Phase.CONTRACT]
    for one in direct:
        pulled = [other for other in graph.closure([one]) if graph.revisions[other].phase is Phase.CONTRACT]
        if not any(_meet(revision.id, other, history) for other in pulled):
            yield Problem(
                message=(
                    f"expand {revision.id} depends on contract {one} and touches nothing that it changes: the next"
                    " rollout can't begin before the last old service is gone"
                ),
                remedy=f"take {one} out of depends_on of {revision.id}",
            )


def _meet(expand: str, contract: str, history: History) -> bool:
    """Whether they touch the same table or column; what can't be read may touch anything."""
    freed = set(_touched(contract, history))
    return None in freed or any(one is None or one in freed for one in _touched(expand, history))


def _touched(revision: str, history: History) -> Iterator[Name | None]:
    for _, operation in history.operations(revision):
        if isinstance(operation, Unread | ChangeRows):
            yield None
        yield from (*made(operation), *removed(operation))
        if isinstance(operation, AlterColumn):
            yield from (one for one in used(operation) if one.kind == "column")


RULE = Rule(
    id="expand-needs-contract",
    find=found_elsewhere,
    in_history=_find,
    source="reasoning; an expand that builds anew what the contract removes has to wait for it",
    family=Family.OLD_CODE,
    phases={Phase.EXPAND: Severity.ERROR},
)
