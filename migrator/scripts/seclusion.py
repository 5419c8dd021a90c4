"""A process without network, database servers and other programs: for code that must not reach anything.

It can't be undone, so only a process of its own secludes itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy import event

_NETWORK = frozenset(
    "socket.connect socket.getaddrinfo socket.gethostbyname socket.gethostbyaddr socket.sendto socket.sendmsg".split()
)
_PROGRAMS = frozenset("subprocess.Popen os.system os.exec os.posix_spawn os.spawn os.fork os.forkpty pty.spawn".split())
# Drivers in C, whose connections Python doesn't see.
_DRIVERS = frozenset("psycopg2 psycopg MySQLdb mysql.connector pyodbc oracledb pymssql mariadb".split())


class SecludedError(PermissionError):
    """Something was reached for that is out of reach while revisions are checked."""


def seclude() -> None:
    """From now on nothing in this process connects to anything or starts a program."""
    sys.addaudithook(_refuse_reaching_out)
    event.listen(sa.Engine, "do_connect", _refuse_connecting)
    sys.meta_path.insert(0, _Drivers())
    for name in _DRIVERS & sys.modules.keys():
        _disarm(sys.modules[name])


def _refuse_reaching_out(name: str, arguments: tuple[Any, ...]) -> None:
    if name in _NETWORK:
        raise SecludedError("no network while revisions are checked")
    if name in _PROGRAMS:
        raise SecludedError("no program is started while revisions are checked")
    if name == "sqlite3.connect" and arguments[0] not in (":memory:", b":memory:", ""):
        raise SecludedError("no database is opened while revisions are checked")


def _refuse_connecting(*given: Any, **named: Any) -> NoReturn:
    raise SecludedError("no database is opened while revisions are checked")


def _disarm(module: ModuleType) -> None:
    if hasattr(module, "connect"):
        setattr(module, "connect", _refuse_connecting)  # noqa: B010  mypy knows no such attribute of a module


class _Drivers(MetaPathFinder):
    """Takes ``connect`` away from a driver as soon as somebody imports it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _DRIVERS:
            return None
        others = (one for one in sys.meta_path if one is not self)
        spec = next((found for one in others if (found := one.find_spec(fullname, path, target)) is not None), None)
        if spec is not None and spec.loader is not None:
            plain = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                plain(module)
                _disarm(module)

            setattr(spec.loader, "exec_module", exec_module)  # noqa: B010  an attribute of the instance
        return spec
