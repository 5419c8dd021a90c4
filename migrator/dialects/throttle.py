"""What a server tells of its load and of whom we keep waiting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One replica as its primary sees it: how far it applied, in bytes of the log, and how late it says it is."""

    name: str
    applied: int
    lag: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Replication:
    """Where the primary's log is now, in bytes, and its replicas; none where none is connected."""

    position: int
    replicas: tuple[Replica, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Running:
    """Sessions that run a statement.  Not ``sure``: threads of the server itself may be among them, or ours, which it
    doesn't tell apart to this role; then there are no more clients than that, but maybe fewer."""

    count: int
    sure: bool = True


class ThrottleRules(ABC):
    """Questions to a server; None says that it doesn't show the answer to this role.  They take no lock."""

    has_sessions: bool = True
    """Whether there is a server with other sessions at all."""

    knows_replicas: bool = False
    """Whether a primary tells how far its replicas are."""

    remedy_blocked: str = ""
    remedy_active: str = ""
    remedy_replicas: str = ""

    @abstractmethod
    def blocked(self, connection: Connection, sessions: Sequence[str]) -> int | None:
        """How many sessions wait now for a lock of these of ours; other data runners don't count."""

    @abstractmethod
    def active(self, connection: Connection, ours: Sequence[str] = ()) -> Running | None:
        """How many clients' sessions run a statement now, without the one that asks and these of ours."""

    def replication(self, connection: Connection) -> Replication | None:
        """What the primary knows of its replicas."""
        return None

    @abstractmethod
    def lag_here(self, connection: Connection) -> timedelta | None:
        """How far this server, a replica, is behind; None where it isn't one, or doesn't know."""
