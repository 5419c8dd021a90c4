"""What goes wrong with a heartbeat: said once for each kind, and tried again after a while."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from migrator import errors

LOG = logging.getLogger("migrator.services")
_FIRST_DELAY = timedelta(milliseconds=250)
_WELL_AGAIN = 10  # successes in a row, after which the same trouble is worth a new line
_TABLE = "migrator_service"
_REMEDIES: dict[type[errors.MigratorError], str] = {
    errors.TableMissingError: "run `migrator expand`, which makes it",
    errors.PrivilegeError: f"grant SELECT, INSERT, UPDATE and DELETE on {_TABLE} to the application's role",
    errors.ReadOnlyError: "use an engine of the primary",
    errors.PoolExhaustedError: "raise the pool_size of the engine by one",
    errors.LockTimeoutError: f"see who locks {_TABLE}",
    errors.UserCodeError: "mend the engine's creator or its event listeners",
    errors.DatabaseError: "see the server's log",
}


class Troubles:
    """The troubles of one instance, or of one question.

    Args:
        what: begins each line, for example ``service api/web-1:4711 is not heard of``.
        interval: the longest delay between two attempts.
    """

    def __init__(self, what: str, interval: timedelta) -> None:
        self._what = what
        self._interval = interval
        self._said: set[str] = set()
        self._failures = 0
        self._successes = 0

    def failed(self, error: errors.MigratorError) -> timedelta:
        """Note a failure; gives the delay until the next attempt, which doubles up to the interval."""
        if error.kind not in self._said:
            self._said.add(error.kind)
            LOG.warning(
                "%s: %s; it is tried again at least every %s", self._what, _words(error), _plain(self._interval)
            )
        delay: timedelta = min(self._interval, _FIRST_DELAY * 2.0 ** min(self._failures, 30))
        self._failures += 1
        self._successes = 0
        return delay * random.uniform(0.75, 1.0)  # not all instances at once, when the database is back

    def went_well(self) -> timedelta:
        """Note a success; gives the interval."""
        if self._failures:
            LOG.info("%s: that is over", self._what)
        self._failures = 0
        self._successes += 1
        if self._successes >= _WELL_AGAIN:
            self._said.clear()
        return self._interval


def goodbye_failed(label: str, error: errors.MigratorError) -> None:
    """Its last word was not written; without a table there is no row that could say anything wrong."""
    if not isinstance(error, errors.TableMissingError):
        LOG.warning("service %s could not say that it ended: %s; its row falls silent instead", label, error.message)


def _words(error: errors.MigratorError) -> str:
    remedy = next((text for kind, text in _REMEDIES.items() if type(error) is kind), "")
    return f"{error.message}; {remedy}" if remedy else error.message


def _plain(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"
