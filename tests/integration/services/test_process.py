"""The end of a process, its children, its clock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from migrator.model.service import ServiceState
from tests.support.cable import cabled
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.run import ROOT, environment
from tests.support.services import TICK, make_tables, read, the_service, wait_for_a_beat

Process = subprocess.Popen[str]
Start = Callable[..., Process]
# The clock of a machine that is an hour fast, as far as Python's own functions tell it, in another time zone too.
WRONG_CLOCK = """
import datetime, time
_time, _datetime = time.time, datetime.datetime
time.time = lambda: _time() + 3600
class Fast(_datetime):
    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + datetime.timedelta(hours=1)
    @classmethod
    def utcnow(cls):
        return _datetime.utcnow() + datetime.timedelta(hours=1)
datetime.datetime = Fast
"""


@pytest.fixture
def start(database: Database) -> Iterator[Start]:
    """Starts the program; returns when it was seen."""
    make_tables(database)
    with ExitStack() as stack:
        yield lambda *words, **options: stack.enter_context(program(database.url, *words, **options))


@contextmanager
def program(url: str, ending: str, instance: str = "web-1", **env: str) -> Iterator[Process]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.services.program", url, instance, ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        # From 3.12 on Python warns of every fork beside a thread; a replaced datetime makes some drivers warn too.
        env=environment({"PYTHONWARNINGS": "ignore", **env}),
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "seen\n"
            yield process
        finally:
            process.kill()


def finish(process: Process, within: float = 60) -> str:
    output, _ = process.communicate(timeout=within)
    return output


@pytest.mark.parametrize(("ending", "code"), [("return", 0), ("fail", 3)])
def test_a_process_that_ends_takes_its_leave(database: Database, start: Start, ending: str, code: int) -> None:
    process = start(ending)
    assert finish(process) == ""
    assert process.returncode == code
    assert the_service(database).state is ServiceState.STOPPED


def test_a_process_that_dies_without_a_word_falls_silent(database: Database, start: Start) -> None:
    process = start("work")
    wait_for_a_beat(database)
    process.kill()
    process.wait()
    database.execute("UPDATE migrator_service SET expiry_ms = 300")
    eventually(lambda: the_service(database).state is ServiceState.SILENT, what="it falls silent")
    assert the_service(database).stopped is None


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_process_ends_soon_when_the_database_says_nothing(database: Database) -> None:
    make_tables(database)
    with cabled(database.url) as cable, program(cable.url, "work") as process:
        cable.hold()
        finish(process, within=30)
        assert process.returncode == 0


def test_the_servers_clock_counts_and_not_the_services(database: Database, start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WRONG_CLOCK)
    start("work", PYTHONPATH=f"{tmp_path}:{ROOT}", TZ="Etc/GMT-5")
    right = start("work", instance="web-2")
    wrong, _ = read(database)
    assert wrong.silence < timedelta(minutes=1)
    assert wrong.state is ServiceState.LIVE
    finish(right)
    assert [service.state for service in read(database)] == [ServiceState.LIVE, ServiceState.STOPPED]


def test_the_wrong_clock_of_that_test_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WRONG_CLOCK)
    code = "import time, datetime; print(time.time(), datetime.datetime.now(datetime.UTC).timestamp())"
    clocks = [
        [float(word) for word in subprocess.check_output([sys.executable, "-c", code], env=env, text=True).split()]
        for env in (environment({}), environment({"PYTHONPATH": tmp_path}))
    ]
    assert all(wrong - right > 3000 for right, wrong in zip(*clocks, strict=True))


def test_a_forked_child_neither_beats_nor_leaves_for_its_parent(database: Database, start: Start) -> None:
    process = start("fork")
    assert process.stdout is not None
    assert process.stdout.readline() == "forked\n"
    wait_for_a_beat(database)
    assert the_service(database).state is ServiceState.LIVE
    finish(process)
    assert the_service(database).state is ServiceState.STOPPED


def test_a_child_that_outlives_its_parent_is_not_taken_for_it(database: Database, start: Start) -> None:
    process = start("orphan")
    process.wait()
    database.execute(f"UPDATE migrator_service SET expiry_ms = {10 * TICK // timedelta(milliseconds=1)}")
    eventually(lambda: the_service(database).state is ServiceState.SILENT, what="the parent's row falls silent")
    finish(process)


def test_a_child_registers_for_itself(database: Database, start: Start) -> None:
    process = start("register in child")
    assert process.stdout is not None
    assert process.stdout.readline() == "child seen\n"
    assert [service.instance for service in read(database)] == ["child", "web-1"]
    finish(process)
    assert {service.state for service in read(database)} == {ServiceState.STOPPED}


def test_no_beat_is_under_way_while_the_process_forks(start: Start) -> None:
    assert finish(start("fork often")) == "0 beats were under way\n"
