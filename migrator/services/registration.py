"""A registration, as the application holds it: one for threads, one for asyncio."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import timedelta
from types import TracebackType

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from migrator.errors import ConfigurationError, MigratorError
from migrator.services import process
from migrator.services.heartbeat import Heartbeat, patience_for
from migrator.services.pulse import Pulse
from migrator.services.speaking import visit_async
from migrator.services.trouble import Troubles, goodbye_failed

GOODBYE = timedelta(seconds=2)


class Registration:
    """What :func:`migrator.register` gives for an ``Engine``.  It beats already; nobody needs to keep it.

    It ends with the process, with :meth:`deregister`, or as a context manager.  In a child that the process forks it
    does nothing: the child registers for itself.
    """

    def __init__(self, engine: Engine, pulse: Pulse, interval: timedelta) -> None:
        self.engine = engine
        self.service = pulse.service
        self._pid = os.getpid()
        self._schema = pulse.table.schema
        self._heartbeat = Heartbeat(engine, pulse, interval)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.service.label}>"

    @property
    def place(self) -> process.Place:
        """Which row it writes."""
        return self.engine, self._schema, self.service.name, self.service.instance

    def start(self) -> None:
        """Begin to beat; called by ``register``."""
        self._heartbeat.start()

    def wait_until_seen(self, timeout: timedelta) -> bool:
        """Wait until its row is written, at most ``timeout``; False when that wasn't enough.  Raises nothing."""
        return self._heartbeat.seen.wait(timeout.total_seconds())

    def deregister(self, timeout: timedelta = GOODBYE) -> None:
        """Stop beating and say so in the row; waits at most ``timeout`` for that.  Again: nothing.  Raises nothing.

        When the database doesn't answer in time, the row falls silent instead.
        """
        if os.getpid() == self._pid:
            process.strike(self)
            self.leave(goodbye=True)
            self.join(timeout)

    def leave(self, *, goodbye: bool) -> None:
        """Beat no more; returns at once.  Without ``goodbye`` the row is left as it is."""
        self._heartbeat.leave(goodbye=goodbye)

    def join(self, timeout: timedelta) -> None:
        """Wait until the last word is said, at most ``timeout``."""
        if self._heartbeat.ident is not None:
            self._heartbeat.join(timeout.total_seconds())

    def before_fork(self) -> None:
        """Let no beat be under way while the process forks."""
        self._heartbeat.hold()

    def after_fork(self) -> None:
        """Go on beating, in the parent."""
        self._heartbeat.go_on()

    def __enter__(self) -> Registration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.deregister()


class AsyncRegistration:
    """What :func:`migrator.register` gives for an ``AsyncEngine``: its heartbeat is a task of the running loop.

    It ends when the loop cancels its tasks (``asyncio.run`` does at its end), with :meth:`aderegister`, or as an
    async context manager.
    """

    def __init__(self, engine: AsyncEngine, pulse: Pulse, interval: timedelta) -> None:
        self.engine = engine
        self.service = pulse.service
        self._pulse = pulse
        self._pid = os.getpid()
        self._patience = patience_for(pulse.service.expiry)
        self._troubles = Troubles(f"service {pulse.service.label} is not heard of", interval)
        self._loop = asyncio.get_running_loop()
        self._seen = asyncio.Event()
        self._leaving = asyncio.Event()
        self._says_goodbye = True
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.service.label}>"

    @property
    def place(self) -> process.Place:
        """Which row it writes."""
        return self.engine.sync_engine, self._pulse.table.schema, self.service.name, self.service.instance

    def start(self) -> None:
        """Begin to beat; called by ``register``."""
        self._task = self._loop.create_task(self._run(), name=f"migrator heartbeat of {self.service.label}")

    async def wait_until_seen(self, timeout: timedelta) -> bool:
        """Wait until its row is written, at most ``timeout``; False when that wasn't enough.  Raises nothing."""
        return await _within(timeout, self._seen)

    async def aderegister(self, timeout: timedelta = GOODBYE) -> None:
        """Stop beating and say so in the row; waits at most ``timeout`` for that.  Again: nothing.

        Raises:
            ConfigurationError: called on another loop than the one that it was registered on.
        """
        if os.getpid() != self._pid or self._task is None:
            return
        if asyncio.get_running_loop() is not self._loop:
            raise ConfigurationError(
                f"{self!r} was registered on another event loop, where its heartbeat runs",
                remedy="await aderegister() in the same loop, for example in the shutdown part of a lifespan",
            )
        process.strike(self)
        self.leave(goodbye=True)
        done, _ = await asyncio.wait([self._task], timeout=timeout.total_seconds())
        if not done:
            self._says_goodbye = False
            self._task.cancel()

    def leave(self, *, goodbye: bool) -> None:
        """Beat no more; returns at once.  Without ``goodbye`` the row is left as it is."""
        self._says_goodbye = goodbye
        with suppress(RuntimeError):  # its loop is closed, which cancelled it
            self._loop.call_soon_threadsafe(self._leaving.set)

    def join(self, timeout: timedelta) -> None:
        """Nothing: at the end of the process its loop is over, and has cancelled it."""

    def before_fork(self) -> None:
        """Nothing: the one who forks is the loop's own thread, or can't know where the loop is."""

    def after_fork(self) -> None:
        """Nothing, likewise."""

    async def __aenter__(self) -> AsyncRegistration:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aderegister()

    async def _run(self) -> None:
        delay = timedelta()
        try:
            while not await _within(delay, self._leaving):
                delay = await self._beat()
        except asyncio.CancelledError:  # the loop is closing
            await self._say_goodbye()
            process.strike(self)
            raise
        await self._say_goodbye()

    async def _beat(self) -> timedelta:
        try:
            await visit_async(self.engine, self._pulse.table, self._pulse.beat, patience=self._patience)
        except MigratorError as error:
            return self._troubles.failed(error)
        self._seen.set()
        return self._troubles.went_well()

    async def _say_goodbye(self) -> None:
        if not self._says_goodbye:
            return
        try:
            await visit_async(self.engine, self._pulse.table, self._pulse.leave, patience=GOODBYE)
        except MigratorError as error:
            goodbye_failed(self.service.label, error)


async def _within(timeout: timedelta, event: asyncio.Event) -> bool:
    """Whether the event came within this time."""
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            return await event.wait()
    except TimeoutError:
        return False
