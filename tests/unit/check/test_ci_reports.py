"""The reports that CI servers read: their shape, and that nothing in a finding breaks it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from migrator.model.finding import CheckReport, Finding, Severity
from migrator.report import check_gitlab, check_json, check_junit, check_sarif
from tests.unit.check.test_reports import FOUND, GREEN, RED

NASTY = replace(FOUND, message='"]]> & <failure> \x00\x1b \ud83d', remedy="ünïcode 'x'", statement="\x08")
EVERY = replace(RED, findings=(*RED.findings, FOUND, NASTY))


def sarif(report: CheckReport) -> Any:
    return json.loads(check_sarif.render(report))


def gitlab(report: CheckReport) -> Any:
    return json.loads(check_gitlab.render(report))


def junit(report: CheckReport) -> ElementTree.Element:
    return ElementTree.fromstring(check_junit.render(report))


def test_sarif_has_what_the_standard_requires() -> None:
    log = sarif(EVERY)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "migrator"
    assert re.fullmatch(r"\d[\w.+-]*", driver["version"])
    assert [one["id"] for one in driver["rules"]] == ["drop-column"]
    assert len(run["results"]) == len(EVERY.findings)
    for result, finding in zip(run["results"], EVERY.findings, strict=True):
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1


def test_sarif_writes_a_path_as_a_uri() -> None:
    def uri(file: str) -> str:
        report = replace(RED, findings=(replace(FOUND, file=file),))
        found: str = sarif(report)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"][
            "uri"
        ]
        return found

    assert uri("migrations/expand/a b#c.py") == "migrations/expand/a%20b%23c.py"
    assert uri("/srv/a b.py") == "file:///srv/a%20b.py"
    assert uri("<stdin>") == "%3Cstdin%3E"


def test_sarif_says_how_much_was_looked_at() -> None:
    (run,) = sarif(replace(GREEN, notes=("a note",)))["runs"]
    told = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert run["results"] == []
    assert told[0] == "a note"
    assert told[1].startswith("12 revisions, 31 statements")


def test_gitlab_has_what_its_documentation_requires() -> None:
    issues = gitlab(EVERY)
    assert len(issues) == len(EVERY.findings)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["path"] == FOUND.file
        assert issue["location"]["lines"]["begin"] >= 1
        assert re.fullmatch(r"[0-9a-f]{64}", issue["fingerprint"])
    assert gitlab(GREEN) == []


def test_a_fingerprint_is_of_one_finding_and_stays_when_lines_move() -> None:
    twice = replace(RED, findings=(FOUND, FOUND))
    moved = replace(RED, findings=(replace(FOUND, line=99), replace(FOUND, line=100)))
    fingerprints = [one["fingerprint"] for one in gitlab(twice)]
    assert len(set(fingerprints)) == 2
    assert fingerprints == [one["fingerprint"] for one in gitlab(moved)]
    shown = [one["partialFingerprints"]["migratorFinding/v1"] for one in sarif(twice)["runs"][0]["results"]]
    assert shown == fingerprints


def test_junit_counts_errors_as_failures_and_warnings_as_passed() -> None:
    root = junit(EVERY)
    (suite,) = root
    cases = suite.findall("testcase")
    assert root.tag == "testsuites"
    assert suite.get("tests") == str(len(cases)) == "4"
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == "3"
    assert [one.find("system-out") is not None for one in cases] == [False, True, False, False]
    for one in cases:
        assert one.get("classname") == FOUND.file
        assert str(one.get("name")).startswith("drop-column ")
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.get("type") == "drop-column"
    assert "fix: op.drop_column" in str(failure.text)


def test_junit_holds_one_passed_test_where_nothing_is_found() -> None:
    (suite,) = junit(GREEN)
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert str(suite.findtext("system-out")).startswith("12 revisions")


@pytest.mark.parametrize("strict", [False, True])
def test_strict_fails_for_warnings_too(strict: bool) -> None:
    doubtful = replace(GREEN, findings=(replace(FOUND, severity=Severity.WARNING),), strict=strict)
    assert json.loads(check_json.render(doubtful))["exit_code"] == (3 if strict else 0)
    assert junit(doubtful)[0].get("failures") == ("1" if strict else "0")


def test_every_report_is_text_that_can_be_sent() -> None:
    found: Finding = replace(NASTY, message=NASTY.message.replace("\ud83d", ""))
    for render in (check_sarif.render, check_gitlab.render, check_junit.render):
        assert render(replace(RED, findings=(found,))).encode()
