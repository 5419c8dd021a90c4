"""Where a database stands: what is applied, what is pending, what these scripts don't know."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    def notes(self) -> tuple[str, ...]:
        """A sentence for a person where the database is ahead; else empty."""
        if not self.ahead:
            return ()
        ahead = ", ".join(entry.revision for entry in self.ahead)
        return (f"the database is ahead of this code by expands only ({ahead}): compatible",)

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
    recorded = applied_entries(ledger)
    unknown, known = _reached(graph, heads, recorded)
    ahead = tuple(entry for one, entry in recorded.items() if one in unknown)
    _refuse_incompatible(ahead)
    applied = graph.closure((*heads, *known))
    return Position(graph=graph, heads=tuple(heads), applied=applied, ahead=ahead, ledger=ledger)


def _reached(
    graph: RevisionGraph, heads: Sequence[str], recorded: Mapping[str, LedgerEntry]
) -> tuple[Collection[str], Collection[str]]:
    """What the rows stand for: revisions that the scripts don't have, and the newest ones that they have.

    Raises:
        AheadError: one of them is in neither scripts nor ledger.
    """
    unknown: set[str] = set()
    known: set[str] = set()
    todo = list(heads)
    while todo:
        one = todo.pop()
        if one in graph.revisions:
            known.add(one)
            continue
        if one in unknown:
            continue
        if one not in recorded:
            raise _unheard_of(one, heads)
        unknown.add(one)
        todo.extend((*recorded[one].down_revision, *recorded[one].depends_on))
    return unknown, known


def _unheard_of(revision: str, heads: Sequence[str]) -> AheadError:
    below = "" if revision in heads else f", which {', '.join(heads)} stands on"
    return AheadError(
        f"the database is at revision {revision}{below}, which is neither in these scripts nor in its ledger",
        remedy="run the release that brought it, or restore the scripts; `migrator ledger` shows what was done",
        revision=revision,
        known=False,
    )


def _refuse_incompatible(ahead: Sequence[LedgerEntry]) -> None:
    """Name the last one: a release that has it has those before it as well."""
    incompatible = [entry for entry in ahead if entry.phase is not Phase.EXPAND]
    if not incompatible:
        return
    entry = incompatible[-1]
    taken = "took away what this code may need" if entry.phase is Phase.CONTRACT else "is unknown to this code"
    release = f" of release {entry.release}" if entry.release else ""
    before = f", and so are {', '.join(one.revision for one in incompatible[:-1])}" if incompatible[:-1] else ""
    raise AheadError(
        f"the database is ahead of this code: {entry.phase.value} revision {entry.revision}"
        f" ({entry.change}){release} is applied and {taken}{before}",
        remedy=f"roll forward to {entry.release or 'a release that contains this revision'}",
        revision=entry.revision,
        release=entry.release,
        known=True,
    )
