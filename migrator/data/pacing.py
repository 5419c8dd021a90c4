"""When the next batch of a run may begin, and whose it is: throttle, rests, windows, and what other shells want."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from migrator.data.connections import Connections
from migrator.data.lane import RESTING, Lane
from migrator.data.pace import Pace, Rests, signals_of
from migrator.data.throttle.neighbours import Neighbours
from migrator.data.throttle.throttle import Throttle
from migrator.data.throttle.window import Windows, parse_windows
from migrator.errors import DeadlockError, LockTimeoutError
from migrator.model.data import DataProgress, DataState
from migrator.model.throttle import Light
from migrator.state.data_control import write_held
from migrator.state.data_progress import DataRow
from migrator.state.store import Store

TICK = timedelta(milliseconds=250)
"""How often a run that waits looks again: at its signals, and at what other shells want."""

_SAY_AFTER = timedelta(seconds=1)
_SAY_EVERY = timedelta(seconds=5)
_MILLISECOND = timedelta(milliseconds=1)
_BESIDE = "others use the server"

# Where one connection at a time writes (SQLite) the others don't queue: they look again, every 100 ms in the end, and
# would find the file locked each time.  `migrator data pause` looks every few milliseconds, and is to be in within one
# second on a machine that has more to do.
_UNBROKEN = timedelta(seconds=1)
_LET_IN = timedelta(milliseconds=120)
_A_WHILE = timedelta(milliseconds=200)
_LET_CONTROL_IN = timedelta(milliseconds=10)

Look = Callable[[], tuple[Sequence[Lane], Mapping[str, DataRow]]]
"""Reads our rows now: the lanes that could work, and the rows by name."""


class HasSessions(Protocol):
    """Whose sessions lock rows."""

    @property
    def sessions(self) -> Sequence[str]: ...


@dataclass(kw_only=True)
class Pacing:
    """One run's.

    ``rests`` are the share of the time in which the run rests, so that others get through; ``deadline`` ends the run.
    ``began`` says whether there was any batch.
    """

    store: Store
    connections: Connections
    throttle: Throttle
    stop: threading.Event
    progress: Callable[[DataProgress], None]
    say: Callable[[str], None]
    now: Callable[[], datetime]
    neighbours: Neighbours
    rests: Rests
    deadline: timedelta | None = None
    windows: Windows | None = None
    began: bool = False
    _rest_until: timedelta = field(default_factory=timedelta)
    _ended: timedelta = field(default_factory=timedelta)
    _took: timedelta = field(default_factory=timedelta)
    _last: Lane | None = None
    _rests: dict[str, timedelta] = field(default_factory=dict)
    _ratios: dict[str, float] = field(default_factory=dict)
    _held_since: dict[str, timedelta] = field(default_factory=dict)
    _published: dict[str, timedelta] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _let_in: timedelta = field(default_factory=timedelta)
    _let_control_in: timedelta = field(default_factory=timedelta)

    @property
    def out_of_time(self) -> bool:
        """Whether ``--max-time`` is over."""
        return self.deadline is not None and self.store.database.clock.monotonic() >= self.deadline

    def next(self, look: Look) -> Lane | None:
        """The lane whose turn it is, once it may begin; None when none will in this run.

        However short the run's time is, there is one batch, or a reason why there is none.
        """
        while not self.stop.is_set() and not (self.out_of_time and self.began):
            last = self.out_of_time
            self._short_rest()
            lanes, stored = look()
            if not lanes:
                return None
            why = {lane.name: self._why_not(lane, stored.get(lane.name)) for lane in lanes}
            lanes = [lane for lane in lanes if not lane.over]
            for lane in lanes:
                lane.held_by = why[lane.name]
            free = [lane for lane in lanes if not why[lane.name]]
            if free:
                chosen = min(free, key=lambda lane: _turn(stored, lane))  # the first of equals, in their order
                self._let_go(chosen)
                return chosen
            if last or not any(self._worth_waiting(lane) for lane in lanes):
                return None
            self._wait(lanes)
        return None

    def worked(self, lane: Lane, took: timedelta) -> None:
        """A batch took so long: rest in proportion."""
        now = self.store.database.clock.monotonic()
        self._last, self.began = lane, True
        self._ended, self._took = now, took
        rest = took * _rest_share(self._ratio())
        if self.store.database.pack.session.one_writer:
            rest = rest or self._gap(now)
        self._rest_until = now + rest
        self._rests[lane.name] = now + took * _rest_share(self._ratios.get(lane.name, 0.0))

    def _gap(self, now: timedelta) -> timedelta:
        """How long others are let in after a batch that has no rest.  By the clock: COMMIT keeps readers out, too, and
        with small batches takes most of the time."""
        self._let_in = self._let_in or now
        if now - self._let_in >= _UNBROKEN:
            self._let_in = self._let_control_in = now + _LET_IN
            return _LET_IN
        if now - self._let_control_in >= _A_WHILE:
            self._let_control_in = now + _LET_CONTROL_IN
            return _LET_CONTROL_IN
        return timedelta()

    def mark(self, lanes: Sequence[Lane]) -> None:
        """At the end: the state of the lanes that didn't get their turn, and why."""
        for lane in lanes:
            if lane.closed is not None and not lane.over:
                lane.state = lane.closed
                lane.note = lane.note or lane.held_by
            self._let_go(lane)

    def _ratio(self) -> float:
        alone, beside = self.rests.alone, self.rests.beside
        if beside == alone or not self.neighbours.there():
            return alone
        if _BESIDE not in self._told:
            self._told.add(_BESIDE)
            hidden = self.neighbours.hidden
            who = f"{_BESIDE} (or threads of its own: it doesn't tell them apart to this role: {hidden})"
            self.say(
                f"{who if hidden else _BESIDE}: rests are {beside:.1%} of the time;"
                " --full-speed or throttle_ratio changes that"
            )
        return beside

    # -- why not ---------------------------------------------------------------------------------------------------

    def _why_not(self, lane: Lane, row: DataRow | None) -> str:
        """Why the lane may not begin now, for a person; empty when it may.  Sets ``lane.closed`` to what that means."""
        lane.closed = None
        if row is not None and row.state.settled:
            return ""  # it is only asked whether it still is done; what comes of that is held back as any other
        if row is not None:
            if row.control.cancelled:
                lane.end(DataState.CANCELLED, f"cancelled; migrator data retry {lane.name} takes it up again")
                return "cancelled"
            if row.control.paused:
                lane.paused_since_start = lane.paused_since_start is not False
                lane.closed = DataState.PAUSED
                return f"paused; migrator data resume {lane.name} lets it go on"
        lane.paused_since_start = False
        return self._outside_window(lane) or self._resting(lane, row) or self._throttled(lane)

    def _outside_window(self, lane: Lane) -> str:
        own = lane.migration.window
        for windows in (self.windows, parse_windows(own, "window") if own else None):
            if windows is not None and not windows.is_open(now := self.now()):
                lane.closed = DataState.WAITING
                lane.waiting_for = (f"window {windows.text}",)
                return f"outside its window {windows.text}, which opens in {_about(windows.opens_in(now))}"
        lane.waiting_for = ()
        return ""

    def _resting(self, lane: Lane, row: DataRow | None) -> str:
        control = row.control if row is not None else None
        ratio = control.ratio if control is not None else 0.0
        self._ratios[lane.name] = ratio
        if control is not None and ratio >= 1.0:
            left = f" for {_about(control.ratio_left)}" if control.ratio_left is not None else ""
            lane.closed = self._nothing_done()
            return f"throttled by hand{left}: ratio 1"
        clock = self.store.database.clock
        if ratio > 0 and clock.monotonic() < self._rests.get(lane.name, timedelta()):
            return f"throttled by hand: ratio {ratio:g}"
        if clock.monotonic() >= self._rest_until:
            return ""
        # Whoever was there when the rest began may be gone: then it is a short one.
        self._rest_until = min(self._rest_until, self._ended + self._took * _rest_share(self._ratio()))
        return RESTING

    def _throttled(self, lane: Lane) -> str:
        self._tell_not_shown()
        stopping = self.throttle.stopping()
        if not stopping:
            return ""
        lane.closed = self._nothing_done()
        return "; ".join(f"{one.signal}: {one.reason}" for one in stopping)

    def _nothing_done(self) -> DataState | None:
        # Who was stopped all the time got nowhere; who had a turn is only slower.
        return None if self.began else DataState.THROTTLED

    def _tell_not_shown(self) -> None:
        for one in self.throttle.readings():
            if one.light is Light.NOT_SHOWN and one.signal not in self._told:
                self._told.add(one.signal)
                self.say(f"not watched: {one.signal}: {one.reason}")

    def _worth_waiting(self, lane: Lane) -> bool:
        """Whether this can change within the run: a window won't open soon, nor does anybody wait for a pause that
        was there when the run began."""
        if lane.closed is DataState.PAUSED:
            return not lane.paused_since_start
        return lane.closed is not DataState.WAITING

    # -- waiting ---------------------------------------------------------------------------------------------------

    def _short_rest(self) -> None:
        clock = self.store.database.clock
        rest = self._rest_until - clock.monotonic()
        if self._last is not None and timedelta() < rest <= TICK:
            clock.wait(rest)
            self._last.wait(rest)

    def _wait(self, lanes: Sequence[Lane]) -> None:
        clock = self.store.database.clock
        begin = clock.monotonic()
        for lane in lanes:
            self._held_since.setdefault(lane.name, begin)
            if begin - self._held_since[lane.name] >= _SAY_AFTER:
                self._publish(lane, begin)
            self.progress(lane.progress())
        until = begin + TICK if self.deadline is None else min(begin + TICK, self.deadline)
        clock.wait(max(_MILLISECOND, until - begin))
        for lane in lanes:
            if lane.closed not in (DataState.PAUSED, DataState.WAITING):
                lane.wait(clock.monotonic() - begin)

    def _publish(self, lane: Lane, now: timedelta) -> None:
        said = self._published.get(lane.name)
        if lane.name in self._held_since and (said is None or now - said >= _SAY_EVERY):
            self._published[lane.name] = now
            self._write_held(lane, lane.held_by)

    def _let_go(self, lane: Lane) -> None:
        lane.held_by = ""
        self._held_since.pop(lane.name, None)
        if self._published.pop(lane.name, None) is not None:
            self._write_held(lane, "")

    def _write_held(self, lane: Lane, text: str) -> None:
        # Only told: whoever holds the row now tells something newer.
        with suppress(LockTimeoutError, DeadlockError), self.connections.transaction() as connection:
            write_held(self.store, connection, lane.name, text)
            connection.commit()


def pacing_of(
    pace: Pace,
    store: Store,
    connections: Connections,
    others: HasSessions,
    *,
    stop: threading.Event,
    progress: Callable[[DataProgress], None],
    say: Callable[[str], None],
) -> Pacing:
    """The pacing of a run that begins now; ``others`` are its further workers."""
    clock, rules = store.database.clock, store.database.pack.throttle

    def sessions() -> tuple[str, ...]:
        return (*connections.sessions, *others.sessions)

    def all_ours() -> tuple[str, ...]:
        return (*sessions(), throttle.session) if throttle.session else sessions()

    throttle = Throttle(signals=signals_of(pace, store.database, sessions), clock=clock)
    return Pacing(
        store=store,
        connections=connections,
        throttle=throttle,
        stop=stop,
        progress=progress,
        say=say,
        neighbours=Neighbours(rules=rules, asking=connections.asking, clock=clock, ours=all_ours),
        rests=pace.rests,
        deadline=None if pace.max_time is None else clock.monotonic() + pace.max_time,
        windows=parse_windows(pace.window, "the window") if pace.window else None,
        now=pace.now,
    )


def _turn(stored: Mapping[str, DataRow], lane: Lane) -> int:
    row = stored.get(lane.name)
    return row.turn if row else 0


def _rest_share(ratio: float) -> float:
    return ratio / (1 - ratio) if ratio < 1 else 0.0


def _about(duration: timedelta) -> str:
    minutes = max(1, round(duration.total_seconds() / 60))
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
