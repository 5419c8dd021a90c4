"""Every statement of a revision passes here on its way to the driver: told, journaled, or skipped as done before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, event

from migrator.errors import UnknownOutcomeError
from migrator.model.revision import Revision
from migrator.state.journal import DONE, FAILED, STARTED, JournalKey, digest_of, write_journal
from migrator.state.store import Store

_HEAD = re.compile(r"^(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([a-zA-Z]+)", re.DOTALL)
# Reads, and what sets a session or a transaction: sent again at each run, never journaled.
_READS = frozenset(
    "SELECT SHOW PRAGMA EXPLAIN DESCRIBE DESC VALUES SET USE BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE".split()
)
_ROWS = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "LOAD"})


class Assume(StrEnum):
    """What the operator says of a statement whose outcome nobody can see."""

    DONE = "done"
    NOT_DONE = "not-done"


@dataclass(kw_only=True)
class StatementGate:
    """Watches one connection while a revision runs on it.

    ``durable`` is true while each statement commits by itself (DDL on MySQL and MariaDB, autocommit blocks): then a
    statement is journaled before and after.  Statements that change rows on a server with transactions are journaled
    in their own transaction, so that row and journal tell the same story after a crash.
    """

    store: Store
    revision: Revision
    connection: Connection
    run_id: str
    session: str
    known: Mapping[JournalKey, str]
    durable: bool
    assume: Assume | None = None
    _seen: Counter[str] = field(default_factory=Counter)
    _pending: list[JournalKey] = field(default_factory=list)
    _own: bool = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Listen on the engine; only statements of our connection are touched."""
        engine = self.connection.engine
        hooks = {
            "do_execute": self._hook(lambda d, c, s, p, x: d.do_execute(c, s, p, x)),
            "do_executemany": self._hook(lambda d, c, s, p, x: d.do_executemany(c, s, p, x)),
        }

        def no_params(cursor: Any, statement: str, context: Any) -> bool:
            return self._pass(
                statement, context, lambda: context.dialect.do_execute_no_params(cursor, statement, context)
            )

        event.listen(engine, "do_execute_no_params", no_params)
        for name, hook in hooks.items():
            event.listen(engine, name, hook)
        try:
            yield
        finally:
            event.remove(engine, "do_execute_no_params", no_params)
            for name, hook in hooks.items():
                event.remove(engine, name, hook)

    @contextmanager
    def ours(self) -> Iterator[None]:
        """Statements of our own inside: not told, not journaled."""
        before, self._own = self._own, True
        try:
            yield
        finally:
            self._own = before

    def flush(self) -> None:
        """Journal what this transaction did so far, in it; called before it commits in the middle of a revision."""
        for key in self._pending:
            self._write(key, DONE)
        self._pending.clear()

    def _hook(self, call: Callable[[Any, Any, str, Any, Any], None]) -> Callable[..., bool]:
        def hook(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
            return self._pass(statement, context, lambda: call(context.dialect, cursor, statement, parameters, context))

        return hook

    def _pass(self, statement: str, context: Any, send: Callable[[], None]) -> bool:
        """Send, journal or skip; True tells SQLAlchemy that nothing is left to do."""
        if self._own or context.root_connection.connection is not self.connection.connection:
            return False
        head = head_of(statement)
        if head in _READS:
            return False
        digest = digest_of(statement)
        key = JournalKey(digest=digest, nth=self._seen[digest])
        self._seen[digest] += 1
        if self._done_before(key, statement):
            return True
        with self.store.database.step("statement", self.revision.id, statement):
            if self.durable and head not in _ROWS:
                self._send_durably(key, send)
            else:
                send()
                self._pending.append(key)
                if self.durable:
                    self.flush()
        return True

    def _send_durably(self, key: JournalKey, send: Callable[[], None]) -> None:
        self._note(key, STARTED)
        dialect = self.connection.dialect
        try:
            send()
        except dialect.loaded_dbapi.Error as error:
            # The server's own "no" is a known outcome; a lost connection is none.
            if not dialect.is_disconnect(error, self.connection.connection, None):
                self._note(key, FAILED)
            raise
        self._note(key, DONE)

    def _note(self, key: JournalKey, state: str) -> None:
        with self.store.database.step("journal", self.revision.id, state):
            self._write(key, state)
            self._commit()

    def _done_before(self, key: JournalKey, statement: str) -> bool:
        state = self.known.get(key)
        if state != STARTED:
            return state == DONE
        with self.ours():
            visible = self.store.database.pack.catalogue.effect_visible(self.connection, statement)
        if visible is None and self.assume is None:
            raise UnknownOutcomeError(
                f"revision {self.revision.id}: an earlier run was stopped inside this statement, and the catalogue"
                f" doesn't show whether it took effect: {shown(statement)}",
                remedy="look at the database, then run again with --assume done or --assume not-done",
                revision=self.revision.id,
                statement=shown(statement),
            )
        done = visible if visible is not None else self.assume is Assume.DONE
        if done:
            self._write(key, DONE)
        return done

    def _write(self, key: JournalKey, state: str) -> None:
        with self.ours():
            write_journal(
                self.store,
                self.connection,
                self.revision.id,
                key,
                state,
                run_id=self.run_id,
                session=self.session,
            )

    def _commit(self) -> None:
        # Below SQLAlchemy's own transaction, which stays open as it is: this server has committed at each DDL anyway.
        self.connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]  # we are connected


def head_of(statement: str) -> str:
    """The first word, in capitals, behind comments and parentheses; empty when there is none."""
    match = _HEAD.match(statement)
    return match.group(1).upper() if match else ""


def shown(statement: str, limit: int = 160) -> str:
    """A statement for a message: one line, cut, with the text literals blanked, since they may be row values."""
    line = re.sub(r"'(?:[^']|'')*'", "'…'", " ".join(statement.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
