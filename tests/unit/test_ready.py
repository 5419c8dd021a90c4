"""The probe's verdict, from version rows and ledger alone."""

from __future__ import annotations

import copy
import json

import pytest

from migrator.model.ledger import LedgerEntry
from migrator.model.phase import Phase
from migrator.runner.ready import judge
from tests.unit.graphs import entry, graph, revision, two_releases


def never() -> tuple[LedgerEntry, ...]:
    raise AssertionError("the ledger was asked although the scripts know all rows")


def test_all_expands_applied_is_ready_without_asking_the_ledger() -> None:
    readiness = judge(two_releases(), ["e2", "C"], never)
    assert readiness == "ready"
    assert readiness.ok


def test_a_pending_contract_of_its_own_does_not_matter() -> None:
    assert judge(two_releases(), ["c1", "e2"], never) == "ready"


def test_one_row_that_stands_for_all_is_ready() -> None:
    assert judge(two_releases(), ["c2"], never) == "ready"


def test_a_missing_expand_is_behind_and_is_named() -> None:
    readiness = judge(two_releases(), ["e1", "C"], never)
    assert readiness == "behind"
    assert not readiness.ok
    assert readiness.why == "not applied yet: e2"


def test_nothing_applied_is_behind() -> None:
    assert judge(two_releases(), [], never) == "behind"


def test_a_missing_trunk_revision_is_behind() -> None:
    behind = graph(revision("t1", Phase.TRUNK), revision("t2", Phase.TRUNK, "t1"))
    assert judge(behind, ["t1"], never).why == "not applied yet: t2"


def test_expands_ahead_are_fine_and_name_the_release() -> None:
    ledger = (entry("e9", Phase.EXPAND, down_revision=("e2",), release="2026.48"),)
    readiness = judge(two_releases(), ["C", "e9"], lambda: ledger)
    assert readiness == "ahead-compatible"
    assert readiness.ok
    assert readiness.release == "2026.48"
    assert "e9" in readiness.why


@pytest.mark.parametrize("phase", [Phase.CONTRACT, Phase.TRUNK])
def test_an_unknown_contract_or_trunk_is_incompatible(phase: Phase) -> None:
    ledger = (entry("x9", phase, down_revision=("e2", "c2"), release="2026.48"),)
    readiness = judge(two_releases(), ["x9"], lambda: ledger)
    assert readiness == "ahead-incompatible"
    assert not readiness.ok
    assert readiness.release == "2026.48"


def test_what_nobody_knows_is_unknown() -> None:
    readiness = judge(two_releases(), ["zz"], lambda: ())
    assert readiness == "unknown"
    assert not readiness.ok


def test_behind_and_ahead_at_once_is_behind() -> None:
    ledger = (entry("e9", Phase.EXPAND, down_revision=("e1",)),)
    readiness = judge(two_releases(), ["e9"], lambda: ledger)
    assert readiness == "behind"
    assert "e2" in readiness.why
    assert "e9" in readiness.why


def test_it_prints_as_its_verdict() -> None:
    readiness = judge(two_releases(), ["c2"], never)
    assert f"{readiness}" == "ready"
    assert repr(readiness).startswith("Readiness('ready', why=")
    assert json.dumps({"status": readiness}) == '{"status": "ready"}'
    assert repr(copy.deepcopy(readiness)) == repr(readiness)
