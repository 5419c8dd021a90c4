"""Where a database stands: what is applied, what is pending, what these scripts don't know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from migrator.errors import AheadError
from migrator.model.ledger import LedgerEntry, applied_entries
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.environment import Target
from migrator.scripts.graph import RevisionGraph
from migrator.state.ledger import read_ledger
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class Position:
    """``heads`` are the version table's rows; ``ahead`` holds what is applied but not in these scripts (expands only:
    anything else is an error), in the order of the ledger."""

    graph: RevisionGraph
    heads: tuple[str, ...]
    applied: frozenset[str]
    ahead: tuple[LedgerEntry, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()

    def pending(self, phase: Phase) -> tuple[Revision, ...]:
        """Revisions of a phase that are not applied, in order; may be empty."""
        return tuple(one for one in self.graph.of_phase(phase) if one.id not in self.applied)

    def missing(self, revision: Revision) -> tuple[Revision, ...]:
        """Ancestors of a revision that are not applied, in order, without itself; may be empty."""
        need = self.graph.closure([revision.id]) - self.applied - {revision.id}
        return tuple(self.graph.revisions[one] for one in self.graph.order if one in need)

    @property
    def unrecorded(self) -> tuple[Revision, ...]:
        """Applied revisions that the ledger doesn't have, in order."""
        recorded = applied_entries(self.ledger)
        return tuple(
            self.graph.revisions[one] for one in self.graph.order if one in self.applied and one not in recorded
        )


def read_position(target: Target, store: Store, connection: Connection) -> Position:
    """Read version table and ledger; changes nothing.

    Raises:
        AheadError: the version table names a revision that neither scripts nor ledger know, or the ledger says that
            a contract (or a trunk revision) is applied that these scripts don't have.
    """
    heads = target.heads(connection)
    return locate(target.project.graph, heads, read_ledger(store, connection))


def locate(graph: RevisionGraph, heads: Sequence[str], ledger: tuple[LedgerEntry, ...]) -> Position:
    """The same from values alone.

    A row of the version table stands for all its ancestors, and a contract's row for the expand that it depends on:
    where a row is unknown to the scripts only the ledger can say what it stands for.
    """
    unknown = [head for head in heads if head not in graph.revisions]
    applied = graph.closure(heads)
    if not unknown:
        return Position(graph=graph, heads=tuple(heads), applied=applied, ledger=ledger)
    recorded = applied_entries(ledger)
    for head in unknown:
        if head not in recorded:
            raise AheadError(
                f"the database is at revision {head}, which is neither in these scripts nor in its ledger",
                remedy="run the release that brought it, or restore the scripts; `migrator ledger` shows what was done",
                revision=head,
            )
    ahead = tuple(entry for one, entry in recorded.items() if one not in graph.revisions)
    _refuse_incompatible(ahead)
    known = frozenset(one for one in recorded if one in graph.revisions)
    return Position(graph=graph, heads=tuple(heads), applied=applied | known, ahead=ahead, ledger=ledger)


def _refuse_incompatible(ahead: Sequence[LedgerEntry]) -> None:
    for entry in ahead:
        if entry.phase is Phase.EXPAND:
            continue
        taken = "took away what this code may need" if entry.phase is Phase.CONTRACT else "is unknown to this code"
        release = f" of release {entry.release}" if entry.release else ""
        raise AheadError(
            f"the database is ahead of this code: {entry.phase.value} revision {entry.revision}"
            f" ({entry.change}){release} is applied and {taken}",
            remedy=f"roll forward to {entry.release or 'a release that contains this revision'}",
            revision=entry.revision,
            release=entry.release,
        )
