"""Trouble is said once for each kind, and tried again after a delay that doubles up to the interval."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from migrator import errors
from migrator.services.trouble import Troubles

INTERVAL = timedelta(seconds=10)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "migrator.services")
    return caplog


def gone() -> errors.MigratorError:
    return errors.UnreachableError("the server does not answer", remedy="check that it runs, then run again")


def test_the_delay_doubles_up_to_the_interval() -> None:
    troubles = Troubles("service api/a is not heard of", INTERVAL)
    delays = [troubles.failed(gone()) for _ in range(40)]
    most = [min(INTERVAL, timedelta(seconds=0.25 * 2**number)) for number in range(40)]
    assert all(0.74 * longest <= delay <= longest for delay, longest in zip(delays, most, strict=True))


def test_after_a_success_the_delay_is_short_again() -> None:
    troubles = Troubles("service api/a is not heard of", INTERVAL)
    for _ in range(10):
        troubles.failed(gone())
    assert troubles.went_well() == INTERVAL
    assert troubles.failed(gone()) <= timedelta(seconds=0.25)


def test_each_kind_is_said_once(log: pytest.LogCaptureFixture) -> None:
    troubles = Troubles("service api/a is not heard of", INTERVAL)
    for _ in range(3):
        troubles.failed(gone())
        troubles.failed(errors.PrivilegeError("this role may not do that (ProgrammingError, 42501)"))
    assert [record.message for record in log.records] == [
        "service api/a is not heard of: the server does not answer; it is tried again at least every 10 s",
        "service api/a is not heard of: this role may not do that (ProgrammingError, 42501); grant SELECT, INSERT,"
        " UPDATE and DELETE on migrator_service to the application's role; it is tried again at least every 10 s",
    ]


def test_the_end_of_trouble_is_said_once(log: pytest.LogCaptureFixture) -> None:
    troubles = Troubles("service api/a is not heard of", INTERVAL)
    troubles.went_well()
    troubles.failed(gone())
    troubles.went_well()
    troubles.went_well()
    assert [record.levelname for record in log.records] == ["WARNING", "INFO"]


def test_the_same_trouble_is_news_after_a_good_while_only(log: pytest.LogCaptureFixture) -> None:
    troubles = Troubles("service api/a is not heard of", INTERVAL)
    for successes in (1, 9, 10):
        troubles.failed(gone())
        for _ in range(successes):
            troubles.went_well()
    troubles.failed(gone())
    assert len([record for record in log.records if record.levelno == logging.WARNING]) == 2
