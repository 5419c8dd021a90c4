"""The exit codes of every command, the same everywhere."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means; printed in ``--help`` and carried in JSON as ``exit_code``."""

    DONE = 0
    REMAINING = 1
    BLOCKED = 2
    FINDINGS = 3
    CLOSED = 4
    LOCKED = 5
    UNREACHABLE = 6
    AHEAD = 7
    INTERRUPTED = 8
    USAGE = 64
    INTERNAL = 70
    MAX_COUNT = 127

    @property
    def meaning(self) -> str:
        """One line for a person."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.DONE: "done, or nothing to do",
    ExitCode.REMAINING: "data: rows were done, or a limit or signal ended the run early, and rows remain: run again",
    ExitCode.BLOCKED: "data: rows remain, none was done in this run, and errors are why",
    ExitCode.FINDINGS: "check: findings (expand refuses them too)",
    ExitCode.CLOSED: "closed for now: a gate, an unmet requires, the wrong order, a pause, a window, or throttled",
    ExitCode.LOCKED: "a lock was not obtained in time; finished steps are recorded, run again",
    ExitCode.UNREACHABLE: "the database can't be reached",
    ExitCode.AHEAD: "the database is ahead of this code and incompatible with it, or the ledger doesn't know it",
    ExitCode.INTERRUPTED: "failed or interrupted part-way; what is done is recorded; a re-run resumes",
    ExitCode.USAGE: "usage or configuration error",
    ExitCode.INTERNAL: "internal error",
    ExitCode.MAX_COUNT: "--max-count is not a whole number above 0",
}
