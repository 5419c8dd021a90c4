"""The check's findings as a JUnit report, for servers that show tests.

Source: the XML schema of Jenkins' xUnit plugin, "junit-10.xsd": testsuites, testsuite, testcase, failure, system-out.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from migrator.model.finding import CheckReport, Finding
from migrator.report.check_text import looked_at

# What XML 1.0 can't hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: CheckReport) -> str:
    """One test a finding; what doesn't fail the run (a warning without ``--strict``) passes and says it in its output.

    Without findings one test passes, so that a server doesn't take the report for an empty one.
    """
    failing = set(report.failing)
    tests = max(len(report.findings), 1)
    counts = {"tests": str(tests), "failures": str(len([one for one in report.findings if one in failing]))}
    root = ElementTree.Element("testsuites", {"name": "migrator check", **counts})
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": "migrator check", **counts, "errors": "0", "skipped": "0"}
    )
    for one in report.findings:
        _case(suite, one, fails=one in failing)
    if not report.findings:
        ElementTree.SubElement(suite, "testcase", {"classname": "migrator", "name": "check"})
    told = ElementTree.SubElement(suite, "system-out")
    told.text = _clean("\n".join([*report.notes, looked_at(report)]))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _case(suite: ElementTree.Element, finding: Finding, *, fails: bool) -> None:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    name = _clean(f"{finding.rule} {place}")
    case = ElementTree.SubElement(suite, "testcase", {"classname": _clean(finding.file or "project"), "name": name})
    told = [f"{place}: {finding.severity} [{finding.rule}]", finding.message]
    told += [f"statement: {finding.statement}"] if finding.statement else []
    text = _clean("\n".join([*told, f"fix: {finding.remedy}", f"source: {finding.source}"]))
    if fails:
        attributes = {"message": _clean(finding.message), "type": finding.rule}
        ElementTree.SubElement(case, "failure", attributes).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
