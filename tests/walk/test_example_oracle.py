"""The demo's detectors fire: each kind of loss and each kind of too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from examples.inventory.domain import Flavor, Instance
from examples.inventory.journal import KINDS, Operation, line_of, read_journals
from examples.inventory.measure import LEAST_RATE, Phase, measure
from examples.inventory.oracle import Verdict, judge
from examples.inventory.tool import Applied

SMALL = Flavor(id=1, name="small", memory_mb=512, vcpus=1)
LARGE = Flavor(id=2, name="large", memory_mb=4096, vcpus=4)
SEEDED = Instance(id=7, version=1, host="north", flavor=SMALL)
MOVED = Operation(release="A", kind="UPDATE", phase=0, start=1.0, end=1.1, instance=7, version=2, host="south")
RESIZED = Operation(release="B", kind="UPDATE", phase=0, start=2.0, end=2.1, instance=7, version=3, flavor=LARGE)
AT_THE_END = Instance(id=7, version=3, host="south", flavor=LARGE)


def verdict(*final: Instance, reads: tuple[Instance, ...] = ()) -> Verdict:
    reading = Operation(release="C", kind="SELECT", phase=0, start=3.0, end=3.1, seen=reads)
    return judge([SEEDED], [RESIZED, reading, MOVED], final)


def test_the_last_write_of_each_field_is_the_truth() -> None:
    found = verdict(AT_THE_END, reads=(SEEDED, replace(SEEDED, version=2, host="south"), AT_THE_END))
    assert (found.lost, found.stale) == ((), ())
    assert (found.rows, found.reads) == (1, 3)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(AT_THE_END, host="north"), "host north where south was written"),
        (replace(AT_THE_END, host=None), "host None where south was written"),
        (replace(AT_THE_END, flavor=SMALL), "flavor small where large was written"),
        (replace(AT_THE_END, flavor=None), "flavor none where large was written"),
        (replace(AT_THE_END, version=2), "has version 2 after 3 recorded writes"),
    ],
)
def test_a_row_that_is_not_what_was_written_is_a_lost_update(row: Instance, why: str) -> None:
    (lost,) = verdict(row).lost
    assert why in lost


def test_a_row_that_is_gone_and_one_that_nobody_wrote_are_lost_updates() -> None:
    lost = verdict(replace(AT_THE_END, id=8)).lost
    assert lost == ("instance 7 is gone", "instance 8 is there, and nobody wrote it")


def test_a_deleted_row_that_is_there_is_a_lost_update() -> None:
    deleted = Operation(release="A", kind="DELETE", phase=0, start=4.0, end=4.1, instance=7)
    assert judge([SEEDED], [deleted], [SEEDED]).lost == ("instance 7 was deleted and is there",)
    assert judge([SEEDED], [deleted], []).lost == ()


def test_a_read_of_an_older_value_at_a_newer_version_is_stale() -> None:
    (stale,) = verdict(AT_THE_END, reads=(replace(AT_THE_END, host="north"),)).stale
    assert "release C read instance 7: at version 3 host north where south was written" in stale


def test_a_read_of_a_version_that_nobody_wrote_is_stale() -> None:
    (stale,) = verdict(AT_THE_END, reads=(replace(AT_THE_END, version=4),)).stale
    assert "which nobody wrote" in stale


def test_a_row_that_a_client_does_not_find_is_stale() -> None:
    missed = Operation(release="C", kind="SELECT", phase=0, start=4.0, end=4.1, instance=7)
    assert judge([SEEDED], [missed], [SEEDED]).stale == ("release C did not find instance 7",)


def test_a_journal_gives_back_what_was_written_to_it(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    reading = Operation(release="C", kind="SELECT", phase=-1, start=3.0, end=3.4, thought=0.1, seen=(AT_THE_END,))
    failed = Operation(release="C", kind="DELETE", phase=1, start=4.0, end=4.4, error="OperationalError 1412")
    operations = [MOVED, RESIZED, reading, failed]
    file.write_text("".join(map(line_of, operations)))
    assert read_journals([file]) == operations


PHASE = Phase(number=0, title="expand", live=("A",), start=0.0, end=2.0)
ENOUGH = [
    Operation(release="A", kind=kind, phase=0, start=number * 0.05, end=number * 0.05 + 0.01)
    for kind in KINDS
    for number in range(int(2 * LEAST_RATE))
]


def test_enough_traffic_in_every_phase_is_measured() -> None:
    found = measure([PHASE], ENOUGH, [Applied(revision="2b10", start=1.0, end=1.1)])
    assert found.shortfalls == ()
    assert found.in_flight["2b10", "A"] > 0


def test_too_little_of_one_kind_is_not_measured() -> None:
    (why,) = measure([PHASE], ENOUGH[:-5], []).shortfalls
    assert why == "release A did 18 DELETE a second in phase 'expand'"


def test_operations_that_failed_or_belong_to_no_phase_do_not_count() -> None:
    failed = [replace(one, error="OperationalError 1213") for one in ENOUGH]
    between = [replace(one, phase=-1) for one in ENOUGH]
    assert len(measure([PHASE], failed + between, []).shortfalls) == len(KINDS)


def test_ddl_without_an_operation_under_way_is_not_measured() -> None:
    (why,) = measure([PHASE], ENOUGH, [Applied(revision="2b10", start=1.02, end=1.03)]).shortfalls
    assert why == "release A had no operation under way while revision 2b10 was applied"


def test_an_error_counts_by_class_and_1412_apart() -> None:
    wrong = [replace(ENOUGH[0], error=text) for text in ("OperationalError 1213", "OperationalError 1412")]
    found = measure([PHASE], ENOUGH + wrong, [])
    assert dict(found.errors) == {"A OperationalError 1213": 1}
    assert dict(found.by_design) == {"A OperationalError 1412": 1}
