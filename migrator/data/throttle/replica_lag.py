"""How late the replicas are: as the primary sees them, or as each says itself."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from migrator.data.throttle.signal import Asking, Scale
from migrator.db.clock import Clock
from migrator.db.translate import translated
from migrator.dialects.base import ErrorRules
from migrator.dialects.throttle import Replica, Replication, ThrottleRules
from migrator.errors import MigratorError
from migrator.model.throttle import Light, Reading

DEFAULT_LAG = timedelta(seconds=5)
_KEPT = 2_400


@dataclass(kw_only=True)
class PrimaryLag:
    """The lag of a primary's replicas.

    The server's own lag stands still, or shrinks, when a replica stops applying while nothing new is written.  So we
    remember where the log was at each reading: a replica is as late as the oldest place that it hasn't applied yet.
    """

    rules: ThrottleRules
    clock: Clock
    limit: timedelta = DEFAULT_LAG
    name: str = "replica lag"
    default: bool = True
    _history: deque[tuple[timedelta, int]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _seen: set[str] = field(default_factory=set)

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=self.limit.total_seconds(), unit="s", default=self.default)
        with asking() as connection:
            known = self.rules.replication(connection)
        if known is None:
            return scale.without(
                Light.NOT_SHOWN, f"the server doesn't show it to this role: {self.rules.remedy_replicas}"
            )
        gone = self._seen - {one.name for one in known.replicas}
        if gone:
            return scale.without(Light.UNKNOWN, f"{', '.join(sorted(gone))} was connected and is gone")
        if not known.replicas:
            return scale.without(Light.ABSENT, "no replica is connected")
        return self._judged(scale, known)

    def _judged(self, scale: Scale, known: Replication) -> Reading:
        now = self.clock.monotonic()
        self._seen |= {one.name for one in known.replicas}
        applied = min(one.applied for one in known.replicas)
        self._history.append((now, known.position))
        while len(self._history) > 1 and self._history[0][1] <= applied:
            self._history.popleft()
        late = max(known.replicas, key=lambda one: self._lag(one, now))
        lag = self._lag(late, now).total_seconds()
        return scale.reading(round(lag, 3), what=f"{late.name} is {lag:.1f} s late")

    def _lag(self, replica: Replica, now: timedelta) -> timedelta:
        missing = next((at for at, position in self._history if position > replica.applied), now)
        return max(replica.lag or timedelta(), now - missing)


@dataclass(kw_only=True)
class ReplicaLag:
    """The lag of one replica, asked on the replica itself, of which the user gave the URL.

    Its connection is kept from one reading to the next, and opened again after an error.
    """

    engine: Engine
    rules: ThrottleRules
    errors: ErrorRules
    place: str
    limit: timedelta = DEFAULT_LAG
    default: bool = False
    _connection: Connection | None = None

    @property
    def name(self) -> str:
        return f"replica lag of {self.place}"

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=self.limit.total_seconds(), unit="s", default=self.default)
        try:
            with translated(self.errors):
                lag = self.rules.lag_here(self._open())
        except MigratorError:
            self.close()
            raise
        if lag is None:
            return scale.without(Light.UNKNOWN, "it doesn't say: not a replica, or its replication has stopped")
        return scale.reading(round(lag.total_seconds(), 3), what=f"it is {lag.total_seconds():.1f} s late")

    def close(self) -> None:
        """Close the connection; the next reading opens one."""
        known, self._connection = self._connection, None
        if known is not None:
            with suppress(SQLAlchemyError):  # it is lost already
                known.close()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection
