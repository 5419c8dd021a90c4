"""The examples of the rules' pages: the rule finds the bad one, and nothing is wrong with the good one."""

from __future__ import annotations

import pytest

from migrator.check.catalogue import page
from migrator.check.rules import all_rules
from tests.support.page_examples import NO_GOOD_STATEMENT, NOT_RUN, findings, shown

SHOWN = [(rule.id, dialect) for rule in all_rules() if rule.id not in NOT_RUN for dialect in shown(rule.id)]
GOOD = [(rule, dialect) for rule, dialect in SHOWN if rule not in NO_GOOD_STATEMENT]


@pytest.mark.parametrize(("rule", "dialect"), SHOWN)
def test_the_bad_example_is_found(rule: str, dialect: str) -> None:
    assert rule in [one.rule for one in findings(rule, page(rule).bad, dialect)]


@pytest.mark.parametrize(("rule", "dialect"), GOOD)
def test_the_good_example_is_clean(rule: str, dialect: str) -> None:
    found = findings(rule, page(rule).good, dialect)
    assert [f"{one.rule}: {one.message}" for one in found if one.severity == "error"] == []
    assert rule not in [one.rule for one in found]


def test_what_is_left_out_are_rules() -> None:
    assert {rule.id for rule in all_rules()} >= NOT_RUN
