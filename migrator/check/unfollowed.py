"""What the check says of what it could not follow, and of what it saw on some ways only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrator.check.places import shown_path
from migrator.check.rule import Family
from migrator.dialects.checking import Traits
from migrator.dialects.way import Unfollowed
from migrator.model.finding import Finding, Severity
from migrator.model.phase import Phase
from migrator.scripts.recording import RecordedWay, Recording, RecordingError

NOT_ANALYSABLE = "not-analysable"
_MOST_CONDITIONS = 3


def conditions(ways: Sequence[RecordedWay], where: Sequence[RecordedWay]) -> str:
    """What must be so for a finding that stands on some ways only, to end its message with; empty for one on all."""
    if len(where) == len(ways):
        return ""
    said = [list(dict.fromkeys(choice.said for choice in way.choices)) for way in where]
    needed = [one for one in said[0] if all(one in others for others in said)]
    always = {one for one in needed if all(one in {choice.said for choice in way.choices} for way in ways)}
    needed = [one for one in needed if one not in always] or said[0]
    shown = " and ".join(needed[-_MOST_CONDITIONS:])
    return f" (where {shown})" if shown else ""


def raised(recording: Recording, error: RecordingError, traits: Traits) -> Finding:
    """The revision's code raised while it was recorded."""
    return _finding(
        recording,
        traits,
        Severity.ERROR,
        file=error.file,
        line=error.line,
        message=(
            f"revision {recording.revision.id} {error.happened}: what it does was not looked at"
            if error.happened
            else f"revision {recording.revision.id} raised {error.error_class} while it was recorded for"
            f" {traits.title}: what follows was not looked at"
        ),
    )


def unfollowed(recording: Recording, traits: Traits) -> Iterator[Finding]:
    """What hangs on the database and was seen one way only; nothing where every way was followed."""
    expands = recording.revision.phase is Phase.EXPAND
    doubt = Severity.ERROR if expands else Severity.WARNING
    for one in recording.unfollowed:
        severity = Severity.ERROR if one.misread else doubt
        message = f"revision {recording.revision.id} {_why(one)}"
        file = recording.items[0].file if recording.items else str(recording.revision.path)
        yield _finding(recording, traits, severity, file=file, line=one.line, message=message)
    if recording.conditional and recording.error is None:
        message = (
            f"revision {recording.revision.id} asks the database what to do: this check saw one way through it, a real"
            " database may take another"
        )
        yield _finding(recording, traits, doubt, file=str(recording.revision.path), line=0, message=message)


def _why(one: Unfollowed) -> str:
    return f"{one.why}{'' if one.misread else '; this check saw one way through it, a real database may take another'}"


def _finding(
    recording: Recording, traits: Traits, severity: Severity, *, file: str, line: int, message: str
) -> Finding:
    return Finding(
        rule=NOT_ANALYSABLE,
        family=Family.DATA.value,
        severity=severity,
        phase=recording.revision.phase,
        message=message,
        remedy=(
            "see what it does on a scratch server:  migrator check --trace URL ; or allow it in the revision:"
            f'  allow = {{"{NOT_ANALYSABLE}": "why it is safe whichever way it goes"}}'
        ),
        source="reasoning: what the check didn't see is a finding, not a pass",
        dialect=traits.name,
        file=shown_path(file),
        line=line,
        revision=recording.revision.id,
    )
