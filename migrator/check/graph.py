"""Checks of the revision graph: what no single revision shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from migrator.check.places import shown_path
from migrator.check.rule import Family
from migrator.model.finding import Finding, Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.graph import RevisionGraph

BRANCHES = (Phase.EXPAND, Phase.CONTRACT)
_SOURCE = "reasoning: the phases run in the order of the graph"


def graph_findings(
    graph: RevisionGraph, chosen: Sequence[Revision], empty: Collection[str], data_names: Collection[str] | None
) -> list[Finding]:
    """What is wrong with the places of the chosen revisions; may be empty.

    Args:
        empty: revisions that do nothing.
        data_names: the data migrations that there are; None for not known.
    """
    found = [one for phase in BRANCHES for one in _heads(graph, phase)]
    for revision in chosen:
        found += _folder(graph, revision)
        found += _contract(graph, revision)
        if revision.id in empty and not revision.anchor and len(revision.down_revision) < 2:
            found.append(_empty(revision))
        if data_names is not None:
            found += _data(revision, data_names)
    return [one for one in found if not revision_allows(graph, one)]


def revision_allows(graph: RevisionGraph, finding: Finding) -> bool:
    """Whether the revision's own ``allow`` accepts the finding."""
    revision = graph.revisions.get(finding.revision)
    return revision is not None and bool(revision.allow.get(finding.rule, "").strip())


def _heads(graph: RevisionGraph, phase: Phase) -> Iterator[Finding]:
    heads = graph.branch_heads(phase)
    if len(heads) > 1:
        yield _finding(
            "non-linear-history",
            Severity.ERROR,
            graph.revisions[heads[-1]],
            f"the branch {phase} has {len(heads)} heads, {', '.join(heads)}: in which order they run is left to chance",
            f'alembic merge -m "merge {phase} heads" {" ".join(heads)}',
        )


def _folder(graph: RevisionGraph, revision: Revision) -> Iterator[Finding]:
    """A revision lies in the folder of its branch's anchor, or below."""
    folders = {one.phase: one.path.parent for one in graph.revisions.values() if one.anchor}
    if len(set(folders.values())) < len(BRANCHES):
        return
    lies_in = [phase for phase, folder in folders.items() if revision.path.is_relative_to(folder)]
    if lies_in and revision.phase not in lies_in:
        yield _finding(
            "wrong-folder",
            Severity.ERROR,
            revision,
            f"revision {revision.id} belongs to {revision.phase} by its down_revision and lies in the folder of"
            f" {lies_in[0]}: who reviews it takes it for what it isn't",
            f"move it to {shown_path(folders[revision.phase])}, or give it a down_revision of {lies_in[0]}",
        )


def _contract(graph: RevisionGraph, revision: Revision) -> Iterator[Finding]:
    if revision.phase is not Phase.CONTRACT or revision.anchor or revision.requires_data:
        return
    parents = [graph.revisions[one] for one in revision.depends_on if one in graph.revisions]
    if not any(one.phase in (Phase.EXPAND, Phase.TRUNK) for one in parents):
        yield _finding(
            "contract-without-expand",
            Severity.WARNING,
            revision,
            f"contract {revision.id} names neither its expand (depends_on) nor a data migration (requires_data):"
            " nothing keeps it back until the new shape is there and filled",
            'depends_on = "<the expand revision>" and requires_data = ["<the data migration>"]',
        )


def _empty(revision: Revision) -> Finding:
    return _finding(
        "empty-revision",
        Severity.ERROR,
        revision,
        f"revision {revision.id} does nothing; only the first one of a branch may be empty",
        "fill in upgrade(), or delete the file",
    )


def _data(revision: Revision, data_names: Collection[str]) -> Iterator[Finding]:
    for name in revision.requires_data:
        if name not in data_names:
            known = ", ".join(sorted(data_names)) or "none"
            yield _finding(
                "unknown-data-migration",
                Severity.ERROR,
                revision,
                f"contract {revision.id} requires the data migration {name!r}, which doesn't exist: it would stay"
                " closed for ever",
                f"requires_data names one of: {known}",
            )


def _finding(rule: str, severity: Severity, revision: Revision, message: str, remedy: str) -> Finding:
    return Finding(
        rule=rule,
        family=Family.DATA.value,
        severity=severity,
        phase=revision.phase,
        message=message,
        remedy=remedy,
        source=_SOURCE,
        file=shown_path(revision.path),
        line=1,
        revision=revision.id,
    )
