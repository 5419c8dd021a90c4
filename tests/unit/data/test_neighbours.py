"""Whether others use the server, as a run sees it between its batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.throttle.neighbours import EVERY, LOOKS, Neighbours
from migrator.dialects.throttle import Running, ThrottleRules
from migrator.errors import ConnectionLostError
from tests.support.clock import HandClock


@dataclass
class Server(ThrottleRules):
    """``running`` is how many sessions run a statement, look by look, and then nobody any more."""

    running: list[int | None] = field(default_factory=list)
    looks: int = 0
    sure: bool = True
    left_out: Sequence[str] = ()
    remedy_active = "grant it"

    def active(self, connection: Connection, ours: Sequence[str] = ()) -> Running | None:
        self.looks += 1
        self.left_out = ours
        count = self.running.pop(0) if self.running else 0
        return None if count is None else Running(count=count, sure=self.sure)

    def blocked(self, connection: Connection, sessions: Sequence[str]) -> int | None:
        return None

    def lag_here(self, connection: Connection) -> timedelta | None:
        return None


@dataclass
class Alone(Server):
    has_sessions = False


def neighbours(server: Server, clock: HandClock, *, lost: bool = False) -> Neighbours:
    @contextmanager
    def asking() -> Iterator[Connection]:
        if lost:
            raise ConnectionLostError("gone")
        with sa.create_engine("sqlite://").connect() as connection:
            yield connection

    return Neighbours(rules=server, asking=asking, clock=clock, ours=lambda: ("7", "8"))


def seen(found: Neighbours, clock: HandClock, times: int) -> list[bool]:
    answers: list[bool] = []
    for _ in range(times):
        answers.append(found.there())
        clock.wait(EVERY)
    return answers


def test_a_server_on_which_nobody_runs_anything_has_no_neighbours() -> None:
    clock = HandClock()
    assert seen(neighbours(Server(), clock), clock, 6) == [False] * 6


def test_a_session_seen_at_one_look_of_four_counts_for_a_second_and_then_no_more() -> None:
    clock = HandClock()
    found = neighbours(Server(running=[0, 0, 3, 0]), clock)
    assert seen(found, clock, 6) == [True] * 4 + [False] * 2


def test_sessions_of_ours_are_left_out() -> None:
    server = Server()
    neighbours(server, HandClock()).there()
    assert server.left_out == ("7", "8")


def test_between_two_times_nobody_is_asked() -> None:
    clock = HandClock()
    server = Server()
    found = neighbours(server, clock)
    for _ in range(100):
        found.there()
    assert server.looks == LOOKS
    clock.wait(EVERY)
    found.there()
    assert server.looks == 2 * LOOKS


def test_what_the_server_hides_is_never_taken_for_nobody() -> None:
    clock = HandClock()
    found = neighbours(Server(running=[None] * 100), clock)
    assert seen(found, clock, 6) == [True] * 6
    assert found.hidden == "grant it"


def test_threads_of_the_server_that_it_does_not_tell_apart_count_and_it_is_said() -> None:
    clock = HandClock()
    found = neighbours(Server(running=[1] * 100, sure=False), clock)
    assert seen(found, clock, 6) == [True] * 6
    assert found.hidden == "grant it"


def test_a_server_that_cannot_be_asked_has_neighbours() -> None:
    clock = HandClock()
    assert seen(neighbours(Server(), clock, lost=True), clock, 6) == [True] * 6


def test_where_there_are_no_sessions_nobody_is_asked() -> None:
    server = Alone()
    assert not neighbours(server, HandClock(), lost=True).there()
    assert server.looks == 0
