"""The catalogue: every rule has a line and a page, and the pages say what the rules do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from migrator.check.catalogue import entries, page
from migrator.check.rules import all_rules
from migrator.cli.main import run
from migrator.errors import UsageError
from tools import rule_pages

ROOT = Path(__file__).resolve().parent.parent.parent.parent
IDS = [rule.id for rule in all_rules()]


def test_every_rule_has_a_line_that_says_what_it_finds() -> None:
    assert [one.id for one in entries()] == IDS
    for one in entries():
        assert one.summary
        assert not one.summary.startswith(one.id)
        assert one.phases
        assert one.dialects


@pytest.mark.parametrize("rule", IDS)
def test_every_page_is_complete(rule: str) -> None:
    found = page(rule)
    for part in (found.condition, found.effect, found.remedy, found.bad, found.good, found.source):
        assert part.strip()
    assert found.bad != found.good


def test_an_unknown_rule_names_those_that_are_spelled_alike() -> None:
    with pytest.raises(UsageError) as raised:
        page("drop-tabel")
    assert "drop-table" in raised.value.message
    assert raised.value.remedy == "migrator explain drop-table"


def test_the_rules_that_code_names_exist() -> None:
    """A refusal of a planner or of the graph under an id that has no page would leave its reader alone."""
    named: set[str] = set()
    for room in ("dialects", "check"):
        for file in (ROOT / "migrator" / room).rglob("*.py"):
            text = file.read_text()
            named |= set(re.findall(r'rule(?: =|=|: str =) ?"([a-z0-9]+(?:-[a-z0-9]+)+)"', text))
            named |= set(re.findall(r'refused\(\s*ask, "([a-z0-9-]+)"', text))
            named |= set(re.findall(r'^_?[A-Z_]*RULE = "([a-z0-9-]+)"', text, re.MULTILINE))
    assert len(named) > 10
    assert named <= set(IDS)


def test_the_pages_in_docs_are_those_of_the_rules() -> None:
    written = {file.name: file.read_text() for file in rule_pages.FOLDER.glob("*.md")}
    assert written == rule_pages.made(), "./dev python -m tools.rule_pages writes them anew"


def test_the_commands_print_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {one}  [" in listed for one in IDS)
    assert run(["rules", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "migrator/rules@1"
    assert [one["id"] for one in document["rules"]] == IDS
    assert run(["explain", "drop-column"]) == 0
    assert "bad:\n  # in expand\n  op.drop_column" in capsys.readouterr().out
    assert run(["explain", "drop-column", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rule"]["family"] == "destructive"
    assert run(["explain", "drop-colum"]) == 64
    assert "migrator explain drop-column" in capsys.readouterr().err
