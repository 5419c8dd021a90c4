"""The three reports of the check."""

from __future__ import annotations

import json
from dataclasses import replace

from migrator.model.finding import CheckReport, Finding, Severity
from migrator.model.phase import Phase
from migrator.report import check_github, check_json, check_text

FOUND = Finding(
    rule="drop-column",
    family="destructive",
    severity=Severity.ERROR,
    phase=Phase.EXPAND,
    message="drops column users.name: 100% of reads fail\nreally",
    remedy='op.drop_column("users", "name")',
    source="reasoning",
    dialect="mysql,mariadb",
    file="migrations/expand/a,b:c.py",
    line=7,
    revision="b71e",
    statement="ALTER TABLE users DROP COLUMN name",
)
GREEN = CheckReport(findings=(), revisions=12, statements=31, dialects=("postgresql", "sqlite"))
RED = replace(GREEN, findings=(FOUND, replace(FOUND, severity=Severity.WARNING, dialect="", line=0)))


def test_a_green_line_says_how_much_was_looked_at() -> None:
    line = "12 revisions, 31 statements, 2 databases checked (postgresql, sqlite)"
    assert check_text.render(GREEN) == f"no findings: {line}"
    assert check_github.render(GREEN) == line


def test_text_names_place_rule_message_and_fix() -> None:
    text = check_text.render(RED)
    assert text.startswith("migrations/expand/a,b:c.py:7: error [drop-column] (on mysql, mariadb)\n  drops column")
    assert 'fix:       op.drop_column("users", "name")' in text
    assert "source:    reasoning" in text
    assert text.splitlines()[-1].startswith("1 error, 1 warning: 12 revisions")


def test_text_counts_what_was_allowed() -> None:
    assert "1 finding allowed with a reason" in check_text.render(replace(GREEN, suppressed=(FOUND,)))


def test_github_escapes_what_would_end_a_command() -> None:
    first, second, _ = check_github.render(RED).splitlines()
    assert first.startswith("::error file=migrations/expand/a%2Cb%3Ac.py,line=7,title=migrator check%3A drop-column")
    assert "(on mysql%2C mariadb)::drops column users.name: 100%25 of reads fail%0Areally%0Afix: op." in first
    assert second.startswith("::warning file=")
    assert ",line=1," in second


def test_json_holds_every_field() -> None:
    document = json.loads(check_json.render(RED))
    assert (document["schema"], document["outcome"], document["exit_code"]) == ("migrator/check@1", "findings", 3)
    assert document["checked"] == {"revisions": 12, "statements": 31, "dialects": ["postgresql", "sqlite"]}
    assert set(document["findings"][0]) == {
        *("rule", "family", "severity", "phase", "dialect", "file", "line"),
        *("revision", "statement", "message", "condition", "remedy", "source"),
    }
    assert document["next"] == [FOUND.remedy]


def test_json_of_warnings_alone_is_done() -> None:
    document = json.loads(check_json.render(replace(RED, findings=RED.findings[1:])))
    assert (document["outcome"], document["exit_code"], document["next"]) == ("done", 0, [])
    assert document["findings"][0]["severity"] == "warning"
