"""re-added-name: a name comes back that a contract removes.

Effect: a contract that adds comes after the code that needs it. In an expand of the same release the old table or
column is still there, so that the expand fails, or waits for a contract that waits for its rollout.
Remedy: add it in an expand, one release after the contract, or under another name.

Bad (contract):  op.add_column("users", ...)     # which an earlier contract dropped
Bad (expand):    op.add_column("users", ...)     # which a contract of the same release drops
Good (expand):   op.add_column("users", sa.Column("full_name_2", ...))

Source: reasoning: all expands of a release run before its contracts; the same release is told by --since.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.names import made
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    for item, operation in history.operations(revision.id):
        for name in made(operation):
            if name.kind not in ("table", "column"):
                continue
            for contract in history.removing.get(name, ()):
                why = _why(revision, contract, history)
                if why:
                    yield Problem(
                        message=f"{revision.phase} {revision.id} adds {name} again, which contract {contract.id}"
                        f" removes: {why}",
                        remedy="add it in an expand of the next release, or under another name",
                        item=item,
                    )


def _why(revision: Revision, contract: Revision, history: History) -> str:
    """Why it may not come back there; empty where it may."""
    graph = history.graph
    if revision.phase is Phase.CONTRACT:
        earlier = revision.id != contract.id and contract.id in graph.closure([revision.id])
        return "additions belong to an expand, before the code that needs them" if earlier else ""
    if history.since is None or history.released(revision) or history.released(contract):
        return ""
    undone = revision.id in graph.closure([contract.id])
    return "" if undone else f"both are new since {history.since.reference}, and expands of a release run first"


RULE = Rule(
    id="re-added-name",
    family=Family.OLD_CODE,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: all expands of a release run before its contracts; the same release is told by --since",
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
