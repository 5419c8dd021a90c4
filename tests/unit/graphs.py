"""Revision graphs for unit tests, without files."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from alembic.script import ScriptDirectory

from migrator.model.ledger import Event, LedgerEntry
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.graph import RevisionGraph


def revision(
    id: str, phase: Phase, down: str | None = None, depends_on: tuple[str, ...] = (), **more: object
) -> Revision:
    """A revision; its change is its id unless given."""
    values = {
        "id": id,
        "phase": phase,
        "change": id,
        "message": id,
        "path": Path(f"{id}.py"),
        "digest": "0" * 64,
        "down_revision": (down,) if down else (),
        "depends_on": depends_on,
        **more,
    }
    return Revision(**values)  # type: ignore[arg-type]  # keyword values of several types


def graph(*revisions: Revision) -> RevisionGraph:
    """The graph of revisions given in a valid order."""
    by_id = {one.id: one for one in revisions}
    return RevisionGraph(script=cast(ScriptDirectory, None), order=tuple(by_id), revisions=by_id)


def two_releases() -> RevisionGraph:
    """Anchors E and C; e1, c1 after e1; e2, c2 after e2."""
    return graph(
        revision("E", Phase.EXPAND, anchor=True),
        revision("C", Phase.CONTRACT, anchor=True),
        revision("e1", Phase.EXPAND, "E"),
        revision("c1", Phase.CONTRACT, "C", ("e1",)),
        revision("e2", Phase.EXPAND, "e1"),
        revision("c2", Phase.CONTRACT, "c1", ("e2",)),
    )


def entry(id: str, phase: Phase, event: Event = Event.APPLIED, **more: object) -> LedgerEntry:
    """A ledger entry."""
    values = {"event": event, "revision": id, "phase": phase, "change": id, **more}
    return LedgerEntry(**values)  # type: ignore[arg-type]  # keyword values of several types
