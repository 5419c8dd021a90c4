"""A TCP relay between a schema run and its server that loses a request, its reply, or the whole network after it.

It reads along: which change of the database the server was asked for, and whether the server did it, also where the
run is never told.
"""

from __future__ import annotations

import re
import select
import socket
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa

from migrator.model.database import Step
from tests.servers.server import PLAIN

_HEAD = re.compile(r"\b(SELECT|SET|SHOW|WITH|BEGIN|ROLLBACK|COMMIT|CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)\b")
_DDL = frozenset({"CREATE", "ALTER", "DROP"})
_CHANGES = _DDL | {"COMMIT", "INSERT", "UPDATE", "DELETE"}
_MARK = re.compile(r"/\*.*?\*/\s*")
_TABLE = re.compile(r"(?:INTO|UPDATE|FROM) (\w+)")
_BEFORE_TEXT = 5  # PostgreSQL: kind and length of a message; MySQL: length, number and command of a packet
_LONGEST_ANSWER = 60.0


class Loss(StrEnum):
    """What is lost."""

    REQUEST = "the request"
    REPLY = "the reply"
    SESSION = "the session, while the server works"
    NETWORK = "the reply and every other connection"
    CLIENT = "the client, and the server isn't told"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a run asked the server to change.

    Attributes:
        head: its first word.
        text: one line, without our mark.
        kind: the same for the same thing in a later run, where literals differ: the DDL, or where in the run and
            behind which DDL something else is.
        behind: the DDL before it in its session; empty for none.
    """

    head: str
    text: str
    kind: str
    behind: str = ""


@dataclass(kw_only=True)
class _Session:
    """One connection of the run's: what it asked for last, and the DDL whose transaction is open."""

    client: socket.socket
    server: socket.socket
    postgresql: bool
    last_ddl: str = ""
    asked: Change | None = None
    reply: bytes = b""
    uncommitted: list[str] = field(default_factory=list)

    def change(self, data: bytes, place: str) -> Change | None:
        """The change that the request asks for; None for a read, a setting, and what belongs to a log-in."""
        text = " ".join(_MARK.sub("", data[_BEFORE_TEXT:].decode("utf-8", "replace")).replace("\0", " ").split())
        head = _HEAD.search(text)
        if head is None or head[1] not in _CHANGES:
            return None
        text = text[head.start() :]
        if head[1] in _DDL:
            self.last_ddl = text
            return Change(head=head[1], text=text, kind=text)
        table = _TABLE.search(text)
        what = f"{head[1]} {table[1]}" if table else head[1]
        return Change(head=head[1], text=text, kind=f"{place}; {self.last_ddl}; {what}", behind=self.last_ddl)

    def hears(self, data: bytes) -> tuple[str, ...]:
        """Take a part of a reply; the DDL that is done for good with it."""
        self.reply += data
        change, answer = self.asked, _answer(self.reply, self.postgresql)
        if change is None or answer is None:
            return ()
        self.asked = None
        if not answer.well:
            return ()
        if change.head in _DDL:
            self.uncommitted.append(change.text)
        if answer.transaction:
            return ()
        done, self.uncommitted = tuple(self.uncommitted), []
        return () if answer.undone else done

    def end(self) -> None:
        for one in (self.client, self.server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    well: bool
    transaction: bool = False
    undone: bool = False


def _answer(reply: bytes, postgresql: bool) -> _Answer | None:
    """What the server said; None while the reply isn't complete."""
    if not postgresql:
        return _Answer(well=reply[4] != 0xFF) if len(reply) > 4 else None
    at, well, undone = 0, True, False
    while at + 5 <= len(reply):
        kind, length = reply[at : at + 1], int.from_bytes(reply[at + 1 : at + 5], "big")
        body = reply[at + 5 : at + 1 + length]
        if kind == b"E":
            well = False
        if kind == b"C":
            undone = body.startswith(b"ROLLBACK")
        if kind == b"Z" and body:
            return _Answer(well=well, transaction=body != b"I", undone=undone)
        at += 1 + length
    return None


@dataclass(kw_only=True)
class Losing:
    """The relay, and the run's observer, which tells it where the run is.

    Attributes:
        url: the database's URL through it.
        kinds: of the changes that were lost so far, in order.
        done: DDL text → how often the server did it, wherever that is known.
        lost: what was lost since :meth:`lose_next`; None for nothing.
    """

    url: str
    server: tuple[str, int]
    postgresql: bool
    kinds: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    lost: Change | None = None
    _place: str = ""
    _loss: Loss | None = None
    _heads: Collection[str] = ()
    _down: bool = False
    _sessions: list[_Session] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lose_next(self, loss: Loss | None, heads: Collection[str] = _CHANGES) -> None:
        """Lose one change, the first of a kind that wasn't lost yet, among those that begin with one of the heads;
        None loses nothing."""
        with self._lock:
            self._loss, self._heads, self._down, self.lost, self._place = loss, heads, False, None, ""

    def before(self, step: Step) -> None:
        self._place = f"{step.kind} {step.name} {step.statement}".rstrip()

    def after(self, step: Step) -> None:
        """Nothing: what follows a step belongs to it."""

    def accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            if self._down:
                client.close()
                continue
            session = _Session(client=client, server=socket.create_connection(self.server), postgresql=self.postgresql)
            for one in (session.client, session.server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sessions.append(session)
            threading.Thread(target=self._serve, args=(session,), daemon=True).start()

    def _serve(self, session: _Session) -> None:
        with session.client, session.server, suppress(OSError):
            while self._pass(session):
                pass
            session.end()
        with self._lock:
            self._sessions.remove(session)

    def _pass(self, session: _Session) -> bool:
        """Hand on what comes next, from either side; False when the connection is over."""
        ready, _, _ = select.select([session.client, session.server], [], [])
        if session.server in ready:
            data = session.server.recv(65536)
            self._note(session, data)
            session.client.sendall(data)
            return bool(data)
        data = session.client.recv(65536)
        change = session.change(data, self._place)
        if change is None:
            session.asked = None
        else:
            session.asked, session.reply = change, b""
            if loss := self._loses(change):
                self._lose(session, data, loss)
                return False
        session.server.sendall(data)
        return bool(data)

    def _loses(self, change: Change) -> Loss | None:
        with self._lock:
            if self._loss is None or self.lost or change.head not in self._heads or change.kind in self.kinds:
                return None
            self.lost = change
            self.kinds.append(change.kind)
            return self._loss

    def _lose(self, session: _Session, data: bytes, loss: Loss) -> None:
        if loss is Loss.REQUEST:
            return
        session.server.sendall(data)
        if loss is Loss.SESSION:
            return
        if loss is Loss.CLIENT:
            session.client.shutdown(socket.SHUT_RDWR)
            self._keep(session)
            return
        session.server.settimeout(_LONGEST_ANSWER)
        while session.asked is not None and (heard := session.server.recv(65536)):
            self._note(session, heard)
        if loss is Loss.NETWORK:
            self._down = True
            self.end()

    def end(self) -> None:
        """End every connection that is open."""
        with self._lock:
            for one in self._sessions:
                one.end()

    def _keep(self, session: _Session) -> None:
        """Take what the server says until it ends the session, or the test does: nobody is behind it any more."""
        while heard := session.server.recv(65536):
            self._note(session, heard)

    def _note(self, session: _Session, data: bytes) -> None:
        done = session.hears(data)
        with self._lock:
            self.done.update(done)


@contextmanager
def losing(url: str) -> Iterator[Losing]:
    """A relay before the database's server."""
    direct = sa.make_url(url)
    if direct.get_backend_name() == "mysql":
        direct = direct.update_query_dict(PLAIN)  # else a server that has a certificate makes it unreadable
    with socket.create_server(("127.0.0.1", 0)) as listener:
        through = direct.set(host="127.0.0.1", port=listener.getsockname()[1])
        relay = Losing(
            url=through.render_as_string(hide_password=False),
            server=(direct.host or "127.0.0.1", direct.port or 0),
            postgresql=direct.get_backend_name() == "postgresql",
        )
        thread = threading.Thread(target=relay.accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            relay.end()
