"""A TCP relay that cuts the connection under COMMIT: before the server gets it, or before its answer gets back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from migrator.model.database import Step

Fault = Literal["commit lost", "answer lost"]


@dataclass(kw_only=True)
class Relay:
    """An observer that cuts under the COMMIT of the batch with this number, counted from 1, or under the first of
    another ``kind`` of step behind that batch."""

    server: tuple[str, int]
    fault: Fault
    batch: int
    kind: str = "commit"
    cuts: int = 0
    _commits: int = 0
    _armed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, step: Step) -> None:
        """Arm for the COMMIT that follows."""
        if step.kind == "batch":
            self._commits += 1
        self._armed = self._armed or (step.kind == self.kind and self._commits >= self.batch and not self.cuts)

    def after(self, step: Step) -> None:
        """Nothing."""

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            server = socket.create_connection(self.server)
            cut = threading.Event()
            for arguments in ((client, server, cut, True), (server, client, cut, False)):
                threading.Thread(target=self._pump, args=arguments, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, cut: threading.Event, from_client: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if from_client and b"COMMIT" in data and self._cuts_now():
                    cut.set()
                    if self.fault == "answer lost":
                        target.sendall(data)
                        target.recv(65536)  # the other thread may have it instead; it drops what it gets
                    break
                if cut.is_set():
                    break
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _cuts_now(self) -> bool:
        with self._lock:
            armed, self._armed = self._armed, False
            self.cuts += armed
            return armed


@contextmanager
def relayed(url: str, fault: Fault, *, batch: int, kind: str = "commit") -> Iterator[tuple[str, Relay]]:
    """The database's URL through a relay, and the relay."""
    direct = sa.make_url(url)
    relay = Relay(server=(direct.host or "127.0.0.1", direct.port or 0), fault=fault, batch=batch, kind=kind)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=relay.serve, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        through = direct.set(host="127.0.0.1", port=port)
        yield through.render_as_string(hide_password=False), relay
