"""The runner lock of SQLite: a lock on a file beside the database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from sqlalchemy import Connection

from migrator.dialects.base import LockRules, RunnerLock
from migrator.errors import ReadOnlyError
from migrator.model.database import DatabaseIdentity, LockHolder


class SQLiteRunnerLock(RunnerLock):
    """``flock`` on ``<database>.migrator.lock``: the kernel frees it when the holder dies, however it dies.  BEGIN
    IMMEDIATE would not do: it keeps the application's writers out for as long as it is held.

    The file stays when the lock is released; to delete it would let two runners lock two files of one name."""

    def __init__(self, path: Path, owner: str) -> None:
        self._path = path
        self._owner = owner
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        if self._descriptor is not None:
            return True
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {self._owner}".encode(), 0)
        self._descriptor = descriptor
        return True

    def still_held(self) -> bool:
        return self._descriptor is not None

    def holder(self) -> LockHolder | None:
        try:
            pid, _, owner = self._path.read_text(encoding="utf-8", errors="replace").partition(" ")
        except FileNotFoundError:
            return None
        return LockHolder(session=pid or "unknown", application=owner)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise ReadOnlyError(
                f"the lock file {self._path.name} can't be written beside the database ({type(error).__name__})",
                remedy="make the database's folder writable for this user",
                error_class=type(error).__name__,
                code=str(error.errno),
            ) from None


class SQLiteLocks(LockRules):
    """A file has no sessions to show and no pooler."""

    def runner_lock(self, connection: Connection, identity: DatabaseIdentity, *, owner: str) -> RunnerLock:
        return SQLiteRunnerLock(Path(f"{identity.name}.migrator.lock"), owner)

    def refuse_pooler(self, connection: Connection, second: Callable[[], AbstractContextManager[Connection]]) -> None:
        """There is none."""

    def table_holders(self, connection: Connection, table: str, schema: str | None) -> tuple[LockHolder, ...]:
        return ()

    def blockers(self, connection: Connection, session: str) -> tuple[LockHolder, ...]:
        """Empty: a file knows no sessions."""
        return ()

    def progress(self, connection: Connection, session: str) -> str:
        """Empty: SQLite tells nobody."""
        return ""

    def orphans(self, connection: Connection) -> tuple[LockHolder, ...]:
        """Empty: what a process did not commit ends with it."""
        return ()

    def cancel(self, connection: Connection, session: str, *, end: bool = False) -> None:
        """Nothing to do: no statement outlives its process."""

    def exclusive(
        self, connection: Connection, tables: tuple[tuple[str | None, str], ...]
    ) -> AbstractContextManager[None]:
        return nullcontext()
