"""Every rule has cases of its own, five that it finds and five that it lets pass."""

from __future__ import annotations

from collections import Counter

from migrator.check.rule import found_elsewhere
from migrator.check.rules import all_rules
from tests.unit.check import test_graph_rules, test_rules, test_sql_rules

ENOUGH = 5


def counted(kind: str) -> Counter[str]:
    """Rule → how many cases of the kind, ``found`` or ``clean``, it has over revisions and over files of SQL."""
    tables = (test_rules.CASES, test_sql_rules.CASES)
    total: Counter[str] = Counter()
    for table in tables:
        total.update({rule: len(getattr(cases, kind)) for rule, cases in table.items()})
    return total


def test_every_rule_over_operations_has_five_cases_of_each_kind() -> None:
    found, clean = counted("found"), counted("clean")
    over_operations = {rule.id for rule in all_rules() if rule.find is not found_elsewhere}
    short = {rule for rule in over_operations if min(found[rule], clean[rule]) < ENOUGH}
    assert short == set()


def test_every_rule_about_revisions_has_five_cases() -> None:
    cases = test_graph_rules.CASES.items()
    assert [rule for rule, one in cases if len(one.found) + len(one.clean) < ENOUGH] == []


def test_no_case_stands_twice() -> None:
    every = [(rule, one.found, one.clean) for rule, one in test_rules.CASES.items()]
    every += [(rule, one.found, one.clean) for rule, one in test_sql_rules.CASES.items()]
    for rule, found, clean in every:
        for kind in (found, clean):
            assert len(set(kind)) == len(kind), rule
