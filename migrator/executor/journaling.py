"""The journal of one application of one revision: which steps an earlier run did, and what this one does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from migrator.model.revision import Revision
from migrator.state.journal import DONE, STARTED, JournalEntry, JournalKey, digest_of, write_journal
from migrator.state.store import Store

_HEAD = re.compile(r"^(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([a-zA-Z]+)", re.DOTALL)
# Reads, and what sets a session or a transaction: sent again at each run, never journaled.
READS = frozenset(
    "SELECT SHOW PRAGMA EXPLAIN DESCRIBE DESC VALUES SET USE BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE".split()
)
ROWS = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "LOAD"})


@dataclass(kw_only=True)
class Journal:
    """Knows a step by the digest of its text and its count among equals, never by where it stands.

    ``known`` is what an earlier, unfinished run left.
    """

    store: Store
    revision: Revision
    connection: Connection
    run_id: str
    session: str
    known: Mapping[JournalKey, JournalEntry]
    _seen: Counter[str] = field(default_factory=Counter)
    _asked: set[JournalKey] = field(default_factory=set)
    _own: bool = False

    @property
    def ours_now(self) -> bool:
        """Whether the statement that is being sent is one of our own."""
        return self._own

    @contextmanager
    def ours(self) -> Iterator[None]:
        """Statements of our own inside: neither told nor journaled."""
        before, self._own = self._own, True
        try:
            yield
        finally:
            self._own = before

    def key_of(self, statement: str) -> JournalKey:
        """The next step with this text."""
        digest = digest_of(statement)
        key = JournalKey(digest=digest, nth=self._seen[digest])
        self._seen[digest] += 1
        self._asked.add(key)
        return key

    def state_of(self, key: JournalKey) -> str:
        """``started``, ``done``, ``failed``, or empty for a step that no earlier run began."""
        entry = self.known.get(key)
        return entry.state if entry else ""

    def write(self, key: JournalKey, state: str, statement: str) -> None:
        """In the transaction that is open now."""
        text = "" if head_of(statement) in ROWS else shown(statement)
        with self.ours():
            write_journal(
                self.store,
                self.connection,
                self.revision.id,
                key,
                state,
                run_id=self.run_id,
                session=self.session,
                statement=text,
            )

    def unasked(self) -> tuple[JournalEntry, ...]:
        """Steps that an earlier run did, or began, and that this one did not ask for: the revision was changed."""
        return tuple(
            entry for key, entry in self.known.items() if key not in self._asked and entry.state in (DONE, STARTED)
        )


def head_of(statement: str) -> str:
    """The first word, in capitals, behind comments and parentheses; empty when there is none."""
    match = _HEAD.match(statement)
    return match.group(1).upper() if match else ""


def shown(statement: str, limit: int = 160) -> str:
    """A statement for a message: one line, cut, with the text literals blanked, since they may be row values."""
    line = re.sub(r"'(?:[^']|'')*'", "'…'", " ".join(statement.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
