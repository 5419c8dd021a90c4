"""An application of a few lines, which registers and then ends in some way: ``python -m ... URL INSTANCE ENDING``."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
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
    """No child may see a beat under way, which would hold locks of the pool that nobody gives back there."""
    under_way: list[str] = []

    @sa.event.listens_for(engine, "checkout")
    def begins(*_: object) -> None:
        under_way.append("beat")
        threading.Event().wait(0.02)

    @sa.event.listens_for(engine, "checkin")
    def ends(*_: object) -> None:
        under_way.clear()

    seen = 0
    for _ in range(40):
        threading.Event().wait(0.01)
        child = os.fork()
        if child == 0:
            os._exit(len(under_way))
        seen += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"{seen} beats were under way", flush=True)


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
