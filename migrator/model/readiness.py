"""What a readiness probe says."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """How the database stands to the code that asks.

    ``ready``: all expands (and the trunk) of this code are applied, and nothing that it doesn't know.
    ``behind``: some of them are not applied, or nothing is.
    ``ahead-compatible``: more is applied, but expands only.
    ``ahead-incompatible``: a contract or trunk revision that this code doesn't know is applied.
    ``unknown``: the version table names what neither the scripts nor the ledger have.
    """

    READY = "ready"
    BEHIND = "behind"
    AHEAD_COMPATIBLE = "ahead-compatible"
    AHEAD_INCOMPATIBLE = "ahead-incompatible"
    UNKNOWN = "unknown"


_OK = frozenset({Verdict.READY, Verdict.AHEAD_COMPATIBLE})


class Readiness(str):
    """A :class:`Verdict` as text (``readiness == "ready"``), with what is behind it.

    Attributes:
        why: one sentence for a person; holds revision ids, no row values.
        release: the newest release that the database is ahead with, for ``ahead-incompatible`` the one to roll
            forward to; empty where it isn't ahead or the ledger doesn't say.
    """

    why: str
    release: str

    def __new__(cls, verdict: Verdict, *, why: str, release: str = "") -> Readiness:
        made = super().__new__(cls, verdict.value)
        made.why = why
        made.release = release
        return made

    @property
    def ok(self) -> bool:
        """Whether this code may take traffic: ``ready`` and ``ahead-compatible``."""
        return Verdict(str(self)) in _OK

    def __getnewargs_ex__(self) -> tuple[tuple[Verdict], dict[str, str]]:
        """For copies and pickles."""
        return (Verdict(str(self)),), {"why": self.why, "release": self.release}

    def __str__(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"Readiness({str(self)!r}, why={self.why!r}, release={self.release!r})"
