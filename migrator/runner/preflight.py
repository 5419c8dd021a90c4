"""Refuse before the first statement what `migrator check` would have refused in CI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrator.check.judge import judge
from migrator.errors import FindingsError
from migrator.model.finding import Finding, Severity
from migrator.model.report import PlannedRevision
from migrator.model.revision import Revision
from migrator.scripts.environment import Target
from migrator.scripts.recorder import record_history
from migrator.scripts.recording import Recording


def recorded(target: Target, revisions: Sequence[Revision]) -> Mapping[str, Recording]:
    """Revision id → what it would do on this database, without asking or changing it."""
    return record_history(
        target.project.graph,
        target.database.pack.name,
        target_metadata=target.environment.target_metadata,
        arguments=target.environment.arguments,
        config=target.project.config,
        until=[one.id for one in revisions],
    )


def refuse_destructive(target: Target, revisions: Sequence[Revision]) -> None:
    """Judge pending expand revisions.

    Raises:
        FindingsError: something in them is destructive, breaks running code, or can't be read; ``findings`` holds all.
    """
    recordings = recorded(target, revisions)
    found: list[Finding] = []
    for revision in revisions:
        findings = judge(recordings[revision.id], dialect=target.database.pack.name)
        found.extend(one for one in findings if one.severity is Severity.ERROR)
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise FindingsError(
            f"{first.file}:{first.line}: [{first.rule}] {first.message}{more}; nothing was applied",
            remedy=f"{first.remedy}; `migrator check` shows all findings",
            findings=tuple(found),
        )


def plan(target: Target, revisions: Sequence[Revision]) -> tuple[PlannedRevision, ...]:
    """The statements that the revisions would send, in order, without sending any."""
    recordings = recorded(target, revisions)
    planned = []
    for revision in revisions:
        recording = recordings[revision.id]
        note = ""
        if recording.error is not None:
            note = "this revision raised while it was recorded: its statements are not all here"
        elif recording.conditional:
            note = "this revision asks the database: what it really sends may differ"
        planned.append(
            PlannedRevision(
                revision=revision.id,
                phase=revision.phase,
                change=revision.change,
                message=revision.message,
                statements=recording.statements,
                note=note,
            )
        )
    return tuple(planned)
