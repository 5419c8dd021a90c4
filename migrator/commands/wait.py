"""``migrator wait``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

from migrator.commands.opening import Opening
from migrator.db.clock import Clock, SystemClock
from migrator.errors import (
    ConnectionLostError,
    DatabaseError,
    DeadlockError,
    LockTimeoutError,
    UnreachableError,
)
from migrator.model.exit_code import ExitCode
from migrator.model.waiting import Goal, Missing, WaitReport
from migrator.runner.missing import missing
from migrator.scripts.environment import Target, open_target
from migrator.scripts.project import Project
from migrator.state.store import Store

# However short the time that is left, a question gets this long, the first one longer: it opens the database.
FIRST_ANSWER = timedelta(seconds=5)
LAST_ANSWER = timedelta(seconds=2)
# Pauses grow with what a question costs, so that many waiting pods don't load a server that is slow to answer.
_PAUSE_PER_QUESTION = 4
_WORTH_ANOTHER_TRY = (UnreachableError, ConnectionLostError, LockTimeoutError, DeadlockError)
Result = TypeVar("Result")


class Within(Protocol):
    """Calls a function, and gives up on it after a while without waiting for its end."""

    def __call__(self, call: Callable[[], Result], limit: timedelta, /) -> Result:
        """What ``call`` returns; raises what it raises, and TimeoutError after ``limit``."""


def wait(
    opening: Opening,
    goal: Goal,
    *,
    timeout: timedelta,
    interval: timedelta,
    within: Within,
    progress: Callable[[str], None],
    clock: Clock | None = None,
) -> WaitReport:
    """Ask again and again until the database has reached ``goal``; changes nothing, takes no lock of ours.

    Args:
        timeout: how long; a database that doesn't answer is tried again as long.  It is asked at least once.
        interval: between two questions, and longer where a question takes long.
        within: how a question is put, so that one which hangs doesn't outlast the timeout.
        progress: told in one sentence why it waits, each time the reason changes.

    Returns:
        The report; exit code 0, or 4 when the time ran out.

    Raises:
        UnreachableError: the database didn't answer when the time ran out.
        AheadError: the database is ahead of this code and incompatible; at once.
        ConfigurationError, UserCodeError: the project can't be used; at once.
    """
    asking = _Asking(project=opening.project(), opening=opening, goal=goal)
    clock = clock or SystemClock()
    start = clock.monotonic()
    said = ""
    seen: Missing | None = None
    while True:
        asked = clock.monotonic()
        answer = _put(asking, max(start + timeout - asked, LAST_ANSWER if seen else FIRST_ANSWER), within)
        if isinstance(answer, Missing):
            seen = answer
            if not answer.what:
                return _report(goal, answer, clock.monotonic() - start)
        now = clock.monotonic()
        left = start + timeout - now
        if left <= timedelta():
            return _out_of_time(goal, answer, seen, now - start)
        reason = answer.message if isinstance(answer, DatabaseError) else "; ".join(answer.what)
        if reason != said:
            progress(reason)
            said = reason
        clock.wait(min(left, max(interval, _PAUSE_PER_QUESTION * (now - asked))))


@dataclass(kw_only=True)
class _Asking:
    """One question after another to one database; env.py is run until it has connected once."""

    project: Project
    opening: Opening
    goal: Goal
    _target: Target | None = field(default=None, init=False)

    def __call__(self) -> Missing:
        if self._target is None:
            target = open_target(self.project)
            target.database.observer = self.opening.observer
            self._target = target
        target = self._target
        store = Store(database=target.database, schema=target.environment.version_table_schema)
        return target.database.run(lambda: missing(target, store, self.goal))


def _put(asking: _Asking, limit: timedelta, within: Within) -> Missing | DatabaseError:
    try:
        return within(asking, limit)
    except _WORTH_ANOTHER_TRY as error:
        return error
    except TimeoutError:
        return UnreachableError(
            "the database has not answered in time", remedy="check host, port and network, and that the server runs"
        )


def _out_of_time(goal: Goal, answer: Missing | DatabaseError, seen: Missing | None, waited: timedelta) -> WaitReport:
    if isinstance(answer, Missing):
        return _report(goal, answer, waited)
    if isinstance(answer, ConnectionLostError):
        answer = UnreachableError(answer.message, remedy=answer.remedy, **answer.fields)
    if isinstance(answer, UnreachableError) or seen is None:
        raise answer
    return _report(goal, seen, waited)  # a lock kept the last question from being answered


def _report(goal: Goal, seen: Missing, waited: timedelta) -> WaitReport:
    return WaitReport(
        goal=goal,
        database=seen.database,
        exit_code=ExitCode.CLOSED if seen.what else ExitCode.DONE,
        waited=waited,
        missing=seen.what,
        ahead=seen.ahead,
        notes=seen.notes,
        next=seen.next,
    )
