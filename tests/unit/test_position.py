"""Where a database stands, from version rows and ledger alone."""

from __future__ import annotations

import pytest

from migrator.errors import AheadError, ClosedError
from migrator.model.ledger import Event
from migrator.model.phase import Phase
from migrator.runner.expand import plan_expand
from migrator.runner.position import locate
from tests.unit.graphs import entry, graph, revision, two_releases


def ids(revisions: object) -> list[str]:
    return [one.id for one in revisions]  # type: ignore[attr-defined]  # revisions of any kind of sequence


def test_one_row_stands_for_all_that_it_depends_on() -> None:
    position = locate(two_releases(), ["c2"], ())
    assert position.applied == {"E", "C", "e1", "c1", "e2", "c2"}


def test_an_empty_version_table_means_that_nothing_is_applied() -> None:
    position = locate(two_releases(), [], ())
    assert position.applied == frozenset()
    assert ids(position.pending(Phase.EXPAND)) == ["E", "e1", "e2"]


def test_expands_without_their_contract_are_applied_alone() -> None:
    position = locate(two_releases(), ["e2", "c1"], ())
    assert ids(position.pending(Phase.CONTRACT)) == ["c2"]
    assert ids(position.pending(Phase.EXPAND)) == []


def test_an_unknown_expand_that_the_ledger_knows_is_compatible() -> None:
    e9 = entry("e9", Phase.EXPAND, down_revision=("e1",))
    ledger = (entry("E", Phase.EXPAND), entry("e1", Phase.EXPAND), e9)
    position = locate(two_releases(), ["e9"], ledger)
    assert [one.revision for one in position.ahead] == ["e9"]
    assert position.applied == {"E", "e1"}


def test_an_unknown_contract_is_incompatible_and_names_the_release_to_go_to() -> None:
    ledger = (entry("e9", Phase.EXPAND), entry("c9", Phase.CONTRACT, release="2026.48"))
    with pytest.raises(AheadError) as caught:
        locate(two_releases(), ["c9"], ledger)
    assert caught.value.exit_code == 7
    assert "c9" in caught.value.message
    assert "2026.48" in caught.value.remedy


def test_of_several_unknown_contracts_the_newest_says_where_to_go() -> None:
    c8 = entry("c8", Phase.CONTRACT, release="2026.47")
    c9 = entry("c9", Phase.CONTRACT, release="2026.48", down_revision=("c8",))
    with pytest.raises(AheadError, match="c8") as caught:
        locate(two_releases(), ["c9"], (c8, c9))
    assert caught.value.remedy == "roll forward to 2026.48"


def test_a_contract_below_an_unknown_expand_counts() -> None:
    ledger = (entry("c9", Phase.CONTRACT), entry("e9", Phase.EXPAND, depends_on=("c9",)))
    with pytest.raises(AheadError, match="c9"):
        locate(two_releases(), ["e9"], ledger)


def test_what_the_ledger_lacks_below_an_unknown_expand_fails_closed() -> None:
    ledger = (entry("e9", Phase.EXPAND, down_revision=("e1",), depends_on=("c9",)),)
    with pytest.raises(AheadError, match="c9, which e9 stands on, which is neither"):
        locate(two_releases(), ["e9"], ledger)


def test_what_the_ledger_says_of_revisions_below_none_of_the_rows_does_not_count() -> None:
    squashed = entry("t0", Phase.TRUNK)
    position = locate(two_releases(), ["e9"], (squashed, entry("e9", Phase.EXPAND, down_revision=("e1",))))
    assert [one.revision for one in position.ahead] == ["e9"]
    assert position.applied == {"E", "e1"}


def test_an_unknown_trunk_revision_is_incompatible() -> None:
    with pytest.raises(AheadError, match="trunk"):
        locate(two_releases(), ["t9"], (entry("t9", Phase.TRUNK),))


def test_a_revision_that_neither_scripts_nor_ledger_know_fails_closed() -> None:
    with pytest.raises(AheadError, match="neither in these scripts nor in its ledger"):
        locate(two_releases(), ["zz"], (entry("e1", Phase.EXPAND),))


def test_what_was_taken_back_does_not_count_as_applied() -> None:
    ledger = (entry("e9", Phase.EXPAND), entry("e9", Phase.EXPAND, Event.ABORTED))
    with pytest.raises(AheadError):
        locate(two_releases(), ["e9"], ledger)


def test_a_prefix_of_an_id_is_not_the_id() -> None:
    with pytest.raises(AheadError):
        locate(two_releases(), ["e"], ())


def test_expand_refuses_to_run_a_contract_and_names_it() -> None:
    knotted = graph(
        revision("E", Phase.EXPAND, anchor=True),
        revision("C", Phase.CONTRACT, anchor=True),
        revision("e1", Phase.EXPAND, "E"),
        revision("c1", Phase.CONTRACT, "C", ("e1",)),
        revision("e2", Phase.EXPAND, "e1", ("c1",)),
    )
    with pytest.raises(ClosedError, match="c1") as caught:
        plan_expand(locate(knotted, ["e1"], ()))
    assert caught.value.remedy == "migrator contract"


def test_expand_refuses_to_run_the_trunk_and_says_upgrade() -> None:
    behind = graph(revision("t1", Phase.TRUNK), revision("E", Phase.EXPAND, "t1", anchor=True))
    with pytest.raises(ClosedError, match="behind the trunk") as caught:
        plan_expand(locate(behind, [], ()))
    assert caught.value.remedy == "migrator upgrade"


def test_expand_up_to_a_revision_stops_there() -> None:
    everything = two_releases()
    position = locate(everything, [], ())
    assert ids(plan_expand(position, everything.revisions["e1"])) == ["E", "e1"]


def test_an_older_image_with_expands_of_its_own_does_not_guess() -> None:
    ledger = (entry("E", Phase.EXPAND), entry("e9", Phase.EXPAND))
    with pytest.raises(AheadError, match="lacks expands"):
        plan_expand(locate(two_releases(), ["e9"], ledger))
