"""A finding that somebody accepted: with a reason, at one place, until a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import migrator
from migrator.check.project import check_project
from migrator.check.sql import check_sql
from migrator.check.sql_files import SQLFile
from migrator.model.finding import CheckReport
from migrator.model.phase import Phase
from tests.unit.check.history import HEAD_LINES, TODAY, assert_clean, assert_found, history, judged, rules_of

DROP = 'op.drop_table("posts")'


def checked(code: str, allow: dict[str, str] | None = None, *dialects: str) -> CheckReport:
    return check_project(history(code, allow=allow), [], dialects or ("postgresql",), today=TODAY)


def test_a_block_accepts_what_stands_in_it_and_no_more() -> None:
    allowed = f'with migrator.allow("drop-table", reason="never used"):\n    {DROP}\n'
    assert_clean(allowed)
    assert_found("drop-table", allowed + 'op.drop_table("users")')
    assert_found("drop-column", allowed.replace(DROP, 'op.drop_column("users", "name")'))


def test_blocks_may_stand_in_each_other_and_name_several_rules() -> None:
    assert_clean(
        'with migrator.allow("drop-table", "rename-table", reason="never used"):\n'
        '    with migrator.allow("drop-column", reason="never read"):\n'
        '        op.drop_column("users", "name"); op.drop_table("posts"); op.rename_table("users", "u")'
    )


def test_the_modules_attribute_accepts_for_the_whole_revision() -> None:
    assert judged(DROP, allow={"drop-table": "never used"}) == ()
    assert judged("1 / 0", allow={"not-analysable": "seen by two people"}) == ()


def test_without_a_reason_it_counts_for_nothing_and_is_a_finding() -> None:
    report = checked(f'with migrator.allow("drop-table"):\n    {DROP}')
    assert rules_of(report.findings) == ["drop-table", "suppression-without-reason"]
    assert checked(DROP, {"drop-table": " "}).errors[0].rule in {"drop-table", "suppression-without-reason"}


def test_after_its_last_day_it_counts_for_nothing_and_is_a_finding() -> None:
    code = f'with migrator.allow("drop-table", reason="r", expires="{{}}"):\n    {DROP}'
    assert checked(code.format("2026-06-01")).findings == ()
    late = checked(code.format("2026-05-31")).findings
    assert rules_of(late) == ["drop-table", "suppression-without-reason"]
    assert "2026-05-31" in next(one.message for one in late if one.rule == "suppression-without-reason")


def test_one_that_holds_nothing_back_is_a_warning_at_its_line() -> None:
    report = checked('op.execute("SELECT 1")\nwith migrator.allow("drop-table", reason="r"):\n    pass')
    (found,) = report.findings
    assert (found.rule, found.severity, found.line) == ("unused-suppression", "warning", HEAD_LINES + 2)


def test_one_that_is_needed_on_one_server_only_is_used() -> None:
    code = 'with migrator.allow("create-index-not-concurrently", reason="small"):\n'
    code += '    op.execute("CREATE INDEX ix ON users (age)")'
    assert checked(code, None, "postgresql", "mysql").findings == ()
    assert rules_of(checked(code, None, "mysql").findings) == ["unused-suppression"]


def test_what_is_accepted_is_counted() -> None:
    report = checked(f'with migrator.allow("drop-table", reason="never used"):\n    {DROP}')
    assert [one.rule for one in report.suppressed] == ["drop-table"]


def test_at_run_time_it_does_nothing() -> None:
    with migrator.allow("drop-table", reason="r", expires=date(2020, 1, 1)):
        assert Path()


@pytest.mark.parametrize("arguments", [{"expires": "soon"}, {"expires": "2026-13-01"}])
def test_a_day_that_is_none_is_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"Invalid isoformat|month"):
        migrator.allow("drop-table", reason="r", **arguments)
    with pytest.raises(ValueError, match="name the rule"):
        migrator.allow(reason="r")


def test_an_expired_one_asks_for_a_later_day_and_an_unknown_rule_for_the_one_meant() -> None:
    text = (
        '-- migrator: allow[drop-column] reason="unused" expires=2020-01-01\nALTER TABLE users DROP COLUMN a;\n'
        '-- migrator: allow[drop-colum] reason="unused"\nALTER TABLE users DROP COLUMN b;\n'
    )
    files = [SQLFile(name="change.sql", text=text)]
    found = check_sql(files, phase=Phase.EXPAND, dialect="postgresql", today=date(2026, 6, 1)).findings
    told = {one.line: (one.message, one.remedy) for one in found if "suppression" in one.rule}
    assert "ended with 2020-01-01" in told[1][0]
    assert "give it a later day:  -- migrator: allow[drop-column]" in told[1][1]
    assert "expires=YYYY-MM-DD" in told[1][1]
    assert told[3] == (
        "the suppression of drop-colum holds nothing back: there is no such rule",
        "write drop-column, or take it out",
    )
