"""A TCP cable between a client and a server that a test can cut, hold silent, and mend."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa


class Cable:
    """Forwards until it is cut.  ``url`` leads through it."""

    def __init__(self, listener: socket.socket, url: sa.URL) -> None:
        self._listener = listener
        self._server = (url.host or "127.0.0.1", url.port or 0)
        self._ends: list[socket.socket] = []
        self._refusing = False
        self._passing = threading.Event()
        self._passing.set()
        through = url.set(host="127.0.0.1", port=listener.getsockname()[1])
        self.url = through.render_as_string(hide_password=False)

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed: the test is over
            if self._refusing:
                client.close()
                continue
            server = socket.create_connection(self._server)
            self._ends += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, target, self._passing), daemon=True).start()

    def cut(self) -> None:
        """End all connections and let no new one through."""
        self._refusing = True
        self._end()

    def mend(self) -> None:
        """Let everything through again."""
        self._refusing = False
        self._passing.set()

    def hold(self) -> None:
        """Pass nothing on and say nothing, as a server does whose machine is gone."""
        self._passing.clear()

    def replace(self) -> None:
        """The connections that are held stay so, new ones go through: a new server took over the address."""
        self._passing = threading.Event()
        self._passing.set()

    def close(self) -> None:
        self._refusing = True
        self._passing.set()
        self._end()

    def _end(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def _pump(self, source: socket.socket, target: socket.socket, passing: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                passing.wait()
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def cabled(url: str) -> Iterator[Cable]:
    """A cable to the database's server; of no use to SQLite."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cable = Cable(listener, sa.make_url(url))
        threading.Thread(target=cable.serve, daemon=True).start()
        try:
            yield cable
        finally:
            cable.close()
