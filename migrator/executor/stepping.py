"""Run the steps of a revision: journaled, in or outside transactions, bounded in their locks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection

from migrator.db.database import Database
from migrator.dialects.planning import begins_anew
from migrator.errors import BuildsThrownAwayError, ConfigurationError, FormRefusedError, UnknownOutcomeError
from migrator.executor.journaling import ROWS, Journal, head_of, shown
from migrator.executor.waiting import wait_until_free
from migrator.executor.watching import Say, Watch, watching
from migrator.model.plan import PlannedStep, TableName
from migrator.model.revision import Revision
from migrator.state.journal import DONE, FAILED, STARTED, JournalKey

Send = Callable[[str], None]
"""Sends a text on the cursor of the statement that the revision asked for."""
MOST_BUILDS = 2
_BEYOND_A_WAIT = timedelta(seconds=1)


class Assume(StrEnum):
    """What the operator says of a statement whose outcome nobody can see."""

    DONE = "done"
    NOT_DONE = "not-done"


@dataclass(kw_only=True)
class Stepper:
    """Sends steps on one connection.

    Attributes:
        durable: true while each statement commits by itself (DDL on MySQL and MariaDB, autocommit blocks): then a step
            is journaled before and after.  Otherwise it is journaled in its own transaction, so that what was done and
            the journal tell the same story after a crash.
        patience: how long open transactions are waited for before a build.
        builds: step digest → how often it was built and thrown away, kept over the attempts of one run.
        exclusive: nobody else has the tables (LOCK TABLES), so nobody needs to be waited for.
    """

    database: Database
    revision: Revision
    connection: Connection
    journal: Journal
    durable: bool
    say: Say
    patience: timedelta
    assume: Assume | None = None
    exclusive: bool = False
    builds: Counter[str] = field(default_factory=Counter)
    watch: Watch | None = None
    committed: bool = False
    """Whether a part of the revision is committed for itself."""
    _held: set[TableName] = field(default_factory=set)
    _pending: list[tuple[JournalKey, str]] = field(default_factory=list)

    def run(self, step: PlannedStep, send: Send) -> None:
        """Send one step unless an earlier run did it.

        Raises:
            UnknownOutcomeError: an earlier run was stopped inside it, and the catalogue doesn't show its effect.
            FormRefusedError: the server can't do it in any of its forms; nothing happened.
            ConfigurationError: it needs a transaction boundary and stands in a savepoint of the revision's.
            BuildsThrownAwayError: its build was thrown away too often.
        """
        key = self.journal.key_of(step.sql)
        if self._done_before(key, step):
            return
        self._clear_left_over(step)
        step = self._rest_of(step)
        if step.note:
            self.say(f"revision {self.revision.id}: {step.note}")
        with self.database.step("statement", self.revision.id, step.sql), self._watched(step):
            if self.durable:
                self._commits_at_once(key, step, send)
            elif step.outside:
                self._outside(key, step, send)
            else:
                self._in_transaction(key, step, send)

    def flush(self) -> None:
        """Journal what this transaction did so far, in it; called before it commits in the middle of a revision."""
        for key, statement in self._pending:
            self.journal.write(key, DONE, statement)
        self._pending.clear()
        self._held.clear()

    # -- the three ways ----------------------------------------------------------------------------------------------

    def _in_transaction(self, key: JournalKey, step: PlannedStep, send: Send) -> None:
        if begins_anew(step, self._held):
            self._commit()
        if not step.bounded:
            with self.journal.ours():
                self.database.pack.session.wait_for_ever(self.connection, inside=True)
        self._forms(step, send)
        self._held.update(step.tables)
        self._pending.append((key, step.sql))
        if step.alone:
            self._commit()

    def _outside(self, key: JournalKey, step: PlannedStep, send: Send) -> None:
        self._commit()
        with self.database.pack.session.outside_transaction(self.connection):
            self._durably(key, step, send)

    def _commits_at_once(self, key: JournalKey, step: PlannedStep, send: Send) -> None:
        if head_of(step.sql) in ROWS:
            send(step.sql)
            self._pending.append((key, step.sql))
            self.flush()
            return
        self._durably(key, step, send)

    def _durably(self, key: JournalKey, step: PlannedStep, send: Send) -> None:
        if step.waits_for and not self.exclusive:
            wait_until_free(self.database, step.waits_for, self.say, patience=self.patience, own=self.journal.session)
        self._note(key, STARTED, step.sql)
        dialect = self.connection.dialect
        begun = self.database.clock.monotonic()
        try:
            with self._patience(step):
                self._forms(step, send)
        except dialect.loaded_dbapi.Error as error:
            # The server's own "no" is a known outcome; a lost connection is none.
            if not dialect.is_disconnect(error, self.connection.connection, None):
                self._note(key, FAILED, step.sql)
                self._clear_left_over(step)
                self._count_build(key, step, self.database.clock.monotonic() - begun)
            raise
        except FormRefusedError:
            self._note(key, FAILED, step.sql)
            raise
        self._note(key, DONE, step.sql)

    @property
    def _purpose(self) -> str:
        """What the server shows of a statement of ours where its sessions have no name."""
        return f"revision {self.journal.run_id[:8]} {self.revision.id}"

    # -- pieces ------------------------------------------------------------------------------------------------------

    def _forms(self, step: PlannedStep, send: Send) -> None:
        """The step's own form, then its other ones, each where the server calls the one before impossible."""
        errors = self.database.pack.errors
        for form in (step.sql, *step.choices):
            try:
                send(self.database.pack.locks.marked(form, self._purpose))
                return
            except self.connection.dialect.loaded_dbapi.Error as error:
                if not errors.form_refused(error):
                    raise
        raise FormRefusedError(
            f"revision {self.revision.id}: the server can't do this without copying the table, or without keeping"
            f" writers out meanwhile: {shown(step.sql)}; nothing happened",
            revision=self.revision.id,
            statement=shown(step.sql),
        )

    @contextmanager
    def _patience(self, step: PlannedStep) -> Iterator[None]:
        """A concurrent build that gave up waiting would leave an INVALID index: it waits for as long as it takes."""
        if step.bounded:
            yield
            return
        with self.journal.ours():
            restore = self.database.pack.session.wait_for_ever(self.connection, inside=False)
        try:
            yield
        finally:
            if not self.connection.invalidated:
                with self.journal.ours():
                    restore()

    @contextmanager
    def _watched(self, step: PlannedStep) -> Iterator[None]:
        what = f"revision {self.revision.id}, {shown(step.sql, 60)}"
        with watching(self.database, self.journal.session, what, self.say) as self.watch:
            try:
                yield
            except KeyboardInterrupt:
                # The driver came back, but the server may go on by itself.
                with self.database.autocommit("cancel") as connection:
                    self.database.pack.locks.cancel(connection, self.journal.session)
                raise

    def _count_build(self, key: JournalKey, step: PlannedStep, took: timedelta) -> None:
        """A build that ends in a lock timeout was finished and thrown away: each costs as much as the first."""
        if not step.waits_for or took < self.database.lock_timeout + _BEYOND_A_WAIT:
            return
        self.builds[key.digest] += 1
        number = self.builds[key.digest]
        seconds = f"{took.total_seconds():.0f} s"
        if number >= MOST_BUILDS:
            raise BuildsThrownAwayError(
                f"revision {self.revision.id}: {number} builds of about {seconds} each were thrown away by the server,"
                f" since a transaction had the table open at their end: {shown(step.sql)}",
                remedy="run again when no long transaction uses the table, or with a longer --lock-timeout",
                revision=self.revision.id,
            )
        self.say(
            f"revision {self.revision.id}: a build of {seconds} was thrown away, since a transaction had the table open"
            f" at its end; build {number + 1} of {MOST_BUILDS} costs about as much again"
        )

    def _done_before(self, key: JournalKey, step: PlannedStep) -> bool:
        state = self.journal.state_of(key)
        if state != STARTED:
            return state == DONE
        with self.journal.ours():
            visible = self.database.pack.catalogue.effect_visible(self.connection, step.sql)
        if visible is None and self.assume is None:
            raise UnknownOutcomeError(
                f"revision {self.revision.id}: an earlier run was stopped inside this statement, and the catalogue"
                f" doesn't show whether it took effect: {shown(step.sql)}",
                remedy="look at the database, then run again with --assume done or --assume not-done",
                revision=self.revision.id,
                statement=shown(step.sql),
            )
        done = visible if visible is not None else self.assume is Assume.DONE
        if done:
            self.journal.write(key, DONE, step.sql)
        return done

    def _rest_of(self, step: PlannedStep) -> PlannedStep:
        """What an earlier try of it left to do, under the same key; the step as it is where it left nothing begun."""
        with self.journal.ours():
            rest = self.database.pack.catalogue.rest_of(self.connection, step.sql)
        return replace(step, sql=rest, choices=()) if rest else step

    def _clear_left_over(self, step: PlannedStep) -> None:
        """An INVALID index of a build that failed: IF NOT EXISTS would take it for the real one."""
        if not step.builds or self.connection.invalidated:
            return
        session = self.database.pack.session
        with self.journal.ours():
            if not self.database.pack.catalogue.is_left_over(self.connection, step.builds):
                return
            self.say(
                f"revision {self.revision.id}: index {step.builds} is INVALID, left by a failed build: dropping it"
            )
            if self.durable or session.is_outside(self.connection):
                self.database.pack.catalogue.drop_left_over(self.connection, step.builds)
                return
            self._commit()
            with session.outside_transaction(self.connection):
                self.database.pack.catalogue.drop_left_over(self.connection, step.builds)

    def _note(self, key: JournalKey, state: str, statement: str) -> None:
        with self.database.step("journal", self.revision.id, state):
            self.journal.write(key, state, statement)
            self._raw_commit()

    def _commit(self) -> None:
        """End the transaction in the middle of the revision; the journal says what it did."""
        if self.connection.in_nested_transaction():
            raise ConfigurationError(
                f"revision {self.revision.id} changes tables inside a savepoint (begin_nested): the online form commits"
                " in between, so it can't stand there",
                remedy="take the operation out of the savepoint",
                revision=self.revision.id,
            )
        self.flush()
        with self.database.step("split", self.revision.id):
            self._raw_commit()

    def _raw_commit(self) -> None:
        self.committed = True
        # Below SQLAlchemy's own transaction, which stays open as it is.
        self.connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]  # we are connected
