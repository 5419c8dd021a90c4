"""What an earlier run left running on the server: a client that is killed doesn't end its statement there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from migrator.db.database import Database
from migrator.model.database import LockHolder

_LOOK_EVERY = timedelta(milliseconds=200)
_SAY_EVERY = timedelta(seconds=10)


class Orphans(StrEnum):
    """What to do with them."""

    WAIT = "wait"
    CANCEL = "cancel"


def settle_orphans(database: Database, how: Orphans, say: Callable[[str], None]) -> None:
    """Return when no statement of an earlier schema run runs any more.

    The caller holds the runner lock, so that each of them is without its client.  Only then may the catalogue be asked
    what is done: two builders of one index would be the alternative.  A transaction that waits for its next statement
    for longer than the lock timeout is ended even when the others are waited for: nobody is there to send that.

    Raises:
        PrivilegeError: one is to be ended and belongs to another role.
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
                    say(f"session {one.session} of an earlier run still {_does(one)} on the server: {doing}")
            for one in found:
                abandoned = _in_idle_transaction(one) and one.age is not None and one.age > database.lock_timeout
                if abandoned and how is not Orphans.CANCEL:
                    say(f"session {one.session} waits in a transaction for a client that is gone: ending it")
                if abandoned or how is Orphans.CANCEL:
                    database.pack.locks.cancel(connection, one.session, end=True)
            clock.wait(_LOOK_EVERY)


def _in_idle_transaction(orphan: LockHolder) -> bool:
    return orphan.state.startswith("idle in transaction")


def _does(orphan: LockHolder) -> str:
    what = "has a transaction open" if _in_idle_transaction(orphan) else "runs a statement"
    return what if orphan.age is None else f"{what}, for {orphan.age.total_seconds():.0f} s,"
