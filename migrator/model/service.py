"""Running deployments of the user's code, and what they last said of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ServiceState(StrEnum):
    """``live``: heard of within its expiry; ``silent``: not; ``stopped``: it took its leave."""

    LIVE = "live"
    SILENT = "silent"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One instance of a service as our table has it.  All durations are differences of the server's own clock.

    Attributes:
        name: what it is, for example ``api``.
        instance: which of them; unique among those of one name.
        release: what it runs; empty when it didn't say.
        heads: the heads of the revisions that its code ships with; empty when it ships none.
        revisions: the expand and contract revisions that its code ships with; empty when only heads were given.
        silence: since its last word.
        expiry: how long a silence is that it would not keep while it lives.
        asked: since somebody who wants to contract left a question that its next heartbeat takes away; None without.
        stopped: since it took its leave; None while it didn't.
    """

    name: str
    instance: str
    release: str = ""
    heads: tuple[str, ...] = ()
    revisions: frozenset[str] = frozenset()
    silence: timedelta = timedelta()
    expiry: timedelta = timedelta(seconds=60)
    asked: timedelta | None = None
    stopped: timedelta | None = None

    @property
    def label(self) -> str:
        """``api/web-1:4711``, as ``services forget`` takes it."""
        return f"{self.name}/{self.instance}"

    @property
    def state(self) -> ServiceState:
        """Whether it lives, as far as is known."""
        if self.stopped is not None:
            return ServiceState.STOPPED
        return ServiceState.SILENT if self.silence > self.expiry else ServiceState.LIVE
