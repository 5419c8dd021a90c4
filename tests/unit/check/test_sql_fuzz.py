"""Whatever a file holds, the check ends with findings or a clear error."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrator.check.sql import check_sql
from migrator.check.sql_files import decoded
from migrator.errors import UsageError
from migrator.model.phase import Phase
from tests.unit.check.sql_history import SCHEMAS

PIECES = (
    "'", '"', "`", "$$", "$a$", "/*", "*/", "/*!", "--", "#", ";", "(", ")", "[", "]", "\\", "\n", ",", ".", "E'",
    "\ufeff",
    "DO $$ BEGIN", "END", "CASE", "BEGIN ATOMIC", "DELIMITER //\n", "COPY a FROM STDIN;\n", "-- migrator: allow[",
    "ALTER TABLE users", "ADD COLUMN x int", "MODIFY COLUMN name", "varchar(20)", "IN", "ADD INDEX", "CREATE TABLE t",
    "CREATE TRIGGER", "PARTITION BY", "DROP TABLE users", "GENERATED ALWAYS AS", "DEFAULT", "\N{PILE OF POO}", "\x1b",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)


@pytest.mark.parametrize("dialect", sorted(SCHEMAS))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@example(content=b"\\")
@given(content=TEXTS.map(str.encode) | st.binary(max_size=40))
def test_any_bytes_give_findings_or_an_error(dialect: str, content: bytes) -> None:
    try:
        report = check_sql([decoded("x.sql", content)], phase=Phase.EXPAND, dialect=dialect)
    except UsageError:
        return
    assert report.statements > 0
    assert all(one.line >= 1 and one.rule and one.remedy for one in report.findings)


@pytest.mark.parametrize("dialect", sorted(SCHEMAS))
@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
        "SELECT " + "NOT " * 3000 + "1",
        "SELECT " + "1+" * 3000 + "1",
        "ALTER TABLE a ADD COLUMN b int" + ", ADD COLUMN c int" * 1000,
        "ALTER TABLE a ADD COLUMN b int DEFAULT " + "(" * 1000 + ")" * 1000,
        "( . [",
    ],
    ids=["parentheses", "not", "plus", "actions", "default", "nonsense"],
)
def test_what_nobody_writes_ends_too(dialect: str, text: str) -> None:
    assert check_sql([decoded("x.sql", text.encode())], phase=Phase.EXPAND, dialect=dialect).statements == 1
