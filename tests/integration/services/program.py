"""An application of a few lines, which registers and then ends in some way: ``python -m ... URL INSTANCE ENDING``."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable

import sqlalchemy as sa

from tests.support.services import SOON, register

Ending = Callable[[], None]


def work() -> None:
    """Stay, until standard input is closed."""
    sys.stdin.read()


def fail() -> None:
    raise SystemExit(3)


def fork() -> None:
    """Forked children end in all the ways that there are, with the parent's registration in their hands."""
    for deregisters in (False, True):
        child = os.fork()
        if child == 0:
            if deregisters:
                registration.deregister()
            sys.exit(0)
        os.waitpid(child, 0)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()
    print("forked", flush=True)
    work()


def orphan() -> None:
    """The parent is killed, a child of its lives on."""
    if os.fork():
        os._exit(0)
    os.close(1)
    work()


def register_in_child() -> None:
    """As a server of forked workers does."""
    engine.dispose()
    child = os.fork()
    if child == 0:
        with register(engine, instance="child") as own:
            own.wait_until_seen(SOON)
            print("child seen", flush=True)
            work()
        os._exit(0)
    os.waitpid(child, 0)


def fork_often() -> None:
    """Forks in the middle of beats: no child may find a lock of the pool taken."""
    for _ in range(40):
        child = os.fork()
        if child == 0:
            engine.dispose(close=False)
            with engine.connect() as connection:
                connection.execute(sa.select(1))
            os._exit(0)
        until = time.monotonic() + 20
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(child, 9)
                raise SystemExit("a child hangs")
    print("forked", flush=True)


ENDINGS: dict[str, Ending] = {
    "return": lambda: None,
    "fail": fail,
    "work": work,
    "fork": fork,
    "orphan": orphan,
    "register in child": register_in_child,
    "fork often": fork_often,
}

if __name__ == "__main__":
    engine = sa.create_engine(sys.argv[1])
    registration = register(engine, instance=sys.argv[2])
    registration.wait_until_seen(SOON)
    print("seen", flush=True)
    ENDINGS[sys.argv[3]]()
