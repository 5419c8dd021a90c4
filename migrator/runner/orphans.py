"""What an earlier run left running on the server: a client that is killed doesn't end its statement there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from migrator.db.database import Database

_LOOK_EVERY = timedelta(milliseconds=200)
_SAY_EVERY = timedelta(seconds=10)


class Orphans(StrEnum):
    """What to do with them."""

    WAIT = "wait"
    CANCEL = "cancel"


def settle_orphans(database: Database, how: Orphans, say: Callable[[str], None]) -> None:
    """Return when no statement of an earlier schema run runs any more.

    The caller holds the runner lock, so that each of them is without its client.  Only then may the catalogue be asked
    what is done: two builders of one index would be the alternative.

    Raises:
        PrivilegeError: they are to be cancelled and belong to another role.
    """
    clock = database.clock
    said: timedelta | None = None
    with database.autocommit("orphans") as connection:
        while found := database.pack.locks.orphans(connection):
            now = clock.monotonic()
            if said is None or now - said >= _SAY_EVERY:
                said = now
                doing = "ending it" if how is Orphans.CANCEL else "waiting for its end (--orphans cancel ends it)"
                for one in found:
                    age = f" for {one.age.total_seconds():.0f} s" if one.age is not None else ""
                    say(f"session {one.session} of an earlier run still runs a statement on the server{age}: {doing}")
            if how is Orphans.CANCEL:
                for one in found:
                    database.pack.locks.cancel(connection, one.session, end=True)
            clock.wait(_LOOK_EVERY)
