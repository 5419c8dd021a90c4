"""The rules about revisions: what each finds and what it lets pass; and that their findings can be accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.check.rules import all_rules
from tests.support.project import Project
from tests.unit.check import cases_contract, cases_graph, cases_imports, cases_orders
from tests.unit.check.graph_cases import Write, add, checked, drop, new_shop, rules_in

CASES = {**cases_graph.CASES, **cases_contract.CASES, **cases_imports.CASES, **cases_orders.CASES}
WITH_GIT = {"changed-after-release"}
"""tests/cli/test_check_since.py has their cases."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = new_shop(tmp_path / "shop")
    monkeypatch.chdir(project.path)
    return project


def every(kind: str) -> list[object]:
    """(rule, what to write, dialect) of each case."""
    return [
        pytest.param(rule, write, cases.dialect, id=f"{rule}-{number}")
        for rule, cases in CASES.items()
        for number, write in enumerate(getattr(cases, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "write", "dialect"), every("found"))
def test_a_rule_finds_what_it_is_for(rule: str, write: Write, dialect: str, shop: Project) -> None:
    write(shop)
    report = checked(shop, dialect)
    found = [one for one in report.findings if one.rule == rule]
    assert found, report.findings
    for one in found:
        assert one.message
        assert one.remedy
        assert one.source
        assert one.line > 0
        assert one.file.startswith("migrations/")
        assert one.revision


@pytest.mark.parametrize(("rule", "write", "dialect"), every("clean"))
def test_a_rule_lets_the_rest_pass(rule: str, write: Write, dialect: str, shop: Project) -> None:
    write(shop)
    assert rule not in rules_in(checked(shop, dialect))


def test_every_rule_about_revisions_has_cases() -> None:
    few = [rule for rule, cases in CASES.items() if len(cases.found) + len(cases.clean) < 5]
    assert few == []
    about_revisions = {one.id for one in all_rules() if one.in_history is not None}
    assert set(CASES) == about_revisions - WITH_GIT


def test_with_two_heads_all_the_rest_is_judged_too(shop: Project) -> None:
    shop.revision("expand", "a", add("a"), down_revision="shop")
    shop.revision("expand", "b", 'op.drop_table("store")', down_revision="shop")
    assert rules_in(checked(shop)) == {"non-linear-history": "error", "drop-table": "error"}
    outcome = shop.run("check")
    assert outcome.exit_code == 3
    assert "alembic merge" in outcome.stdout


def test_with_a_depends_on_that_leads_nowhere_all_the_rest_is_judged_too(shop: Project) -> None:
    shop.revision("expand", "a", 'op.drop_table("shop")', depends_on="shopp")
    report = checked(shop)
    assert rules_in(report) == {"unresolved-depends-on": "error", "drop-table": "error"}
    assert next(one.remedy for one in report.findings if one.rule == "unresolved-depends-on") == 'depends_on = "shop"'
    assert shop.run("check").exit_code == 3


def test_an_accepted_finding_of_the_graph_uses_its_suppression(shop: Project) -> None:
    shop.revision("contract", "two", drop("name"), allow={"contract-without-expand": "nobody reads it"})
    report = checked(shop)
    assert report.findings == ()
    assert [one.rule for one in report.suppressed] == ["contract-without-expand"]


def test_one_for_another_rule_of_the_graph_stays_unused(shop: Project) -> None:
    shop.revision("contract", "two", drop("name"), allow={"empty-revision": "no"}, depends_on="shop")
    assert rules_in(checked(shop)) == {"unused-suppression": "warning"}
