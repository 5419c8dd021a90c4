"""Which suppressions hold a finding back, and which are findings themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from difflib import get_close_matches

from migrator.check.places import shown_path
from migrator.check.rule import Family
from migrator.check.rules import all_rules
from migrator.model.finding import Finding, Severity
from migrator.model.phase import Phase
from migrator.model.suppression import Suppression
from migrator.scripts.recording import Recording

WITHOUT_REASON = "suppression-without-reason"
UNUSED = "unused-suppression"
_SOURCE = "reasoning: a suppression tells the next reader why"


def of_revision(recording: Recording) -> tuple[Suppression, ...]:
    """Those of the module's ``allow = {...}``, which count for all of the revision."""
    path = str(recording.revision.path)
    return tuple(Suppression(rule=rule, reason=reason, file=path) for rule, reason in recording.revision.allow.items())


def applying(rule: str, recording: Recording, around: Sequence[Suppression], today: date) -> tuple[Suppression, ...]:
    """The suppressions that hold this rule's finding back; empty when it stands."""
    return tuple(one for one in (*around, *of_revision(recording)) if one.rule == rule and one.holds(today))


def broken(recording: Recording, today: date) -> Iterator[Finding]:
    """Suppressions without a reason, past their last day, or misspelt."""
    if recording.revision.phase is Phase.TRUNK:
        return
    for one in dict.fromkeys((*recording.suppressions, *of_revision(recording))):
        if one.misspelt:
            message = f'a comment that begins with "{one.misspelt}" is no suppression, so it counts for nothing'
            yield _finding(WITHOUT_REASON, Severity.ERROR, recording, one, message)
        elif not one.reason.strip():
            message = f"the suppression of {one.rule} has no reason, so it counts for nothing"
            yield _finding(WITHOUT_REASON, Severity.ERROR, recording, one, message)
        elif not one.holds(today):
            message = f"the suppression of {one.rule} ended with {one.expires}, so it counts for nothing"
            yield _finding(WITHOUT_REASON, Severity.ERROR, recording, one, message)


def unused(recording: Recording, used: Collection[Suppression], today: date) -> Iterator[Finding]:
    """Suppressions that held nothing back on any dialect."""
    if recording.revision.phase is Phase.TRUNK or recording.error is not None:
        return
    for one in dict.fromkeys((*recording.suppressions, *of_revision(recording))):
        if one.holds(today) and one not in used:
            known = _known(one.rule)
            message = f"the suppression of {one.rule} holds nothing back here" if known else _unknown(one.rule)
            yield _finding(UNUSED, Severity.WARNING, recording, one, message)


def _finding(rule: str, severity: Severity, recording: Recording, one: Suppression, message: str) -> Finding:
    written = _as_written(recording, one)
    remedy = "take it out" if rule == UNUSED else f"{_demand(one)}:  {written}  or take it out"
    if rule == UNUSED and (close := _close(one.rule)) and not _known(one.rule):
        remedy = f"write {close}, or take it out"
    return Finding(
        rule=rule,
        family=Family.DATA.value,
        severity=severity,
        phase=recording.revision.phase,
        message=message,
        remedy=remedy,
        source=_SOURCE,
        file=shown_path(one.file),
        line=one.line,
        revision=recording.revision.id,
    )


def _demand(one: Suppression) -> str:
    if one.misspelt:
        return "write"
    return "look whether it is still safe, and give it a later day" if one.reason.strip() else "say why it is safe"


def _as_written(recording: Recording, one: Suppression) -> str:
    ends = bool(one.reason.strip()) and one.expires is not None
    if recording.text:
        return f'-- migrator: allow[{one.rule}] reason="..."{" expires=YYYY-MM-DD" * ends}'
    last_day = ', expires="YYYY-MM-DD"' * ends
    return f'with migrator.allow("{one.rule}", reason="..."{last_day}): ...'


def _known(rule: str) -> bool:
    return rule in {one.id for one in all_rules()}


def _unknown(rule: str) -> str:
    return f"the suppression of {rule} holds nothing back: there is no such rule"


def _close(rule: str) -> str:
    return next(iter(get_close_matches(rule, [one.id for one in all_rules()], n=1)), "")
