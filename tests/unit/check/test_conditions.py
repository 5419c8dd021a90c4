"""What no file shows, and what a finding takes it for."""

from __future__ import annotations

import pytest

from tests.unit.check.sql_history import report


@pytest.mark.parametrize(
    ("text", "dialect", "names"),
    [
        ("ALTER TABLE users ALTER COLUMN at TYPE timestamptz", "postgresql", "TimeZone of the session"),
        ("ALTER TABLE unheard_of ALTER COLUMN at TYPE bigint", "postgresql", "the column's type before"),
        (
            "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (age) REFERENCES orders (id)",
            "mysql",
            "foreign_key_checks of the session",
        ),
        ("ALTER TABLE users ADD COLUMN x int REFERENCES orders (id)", "mysql", "foreign_key_checks of the session"),
        ("ALTER TABLE users MODIFY COLUMN name varchar(50) NOT NULL", "mysql", "sql_mode of the session"),
    ],
)
def test_a_finding_names_what_no_file_shows(text: str, dialect: str, names: str) -> None:
    conditions = [one for one in report(text, dialect).findings if one.condition]
    assert conditions
    for one in conditions:
        assert one.condition.startswith(f"{names}: taken for ")
        assert one.condition in one.message


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("ALTER TABLE users ALTER COLUMN age TYPE bigint", "postgresql"),
        ("ALTER TABLE users ALTER COLUMN at TYPE timestamptz USING at AT TIME ZONE 'UTC'", "postgresql"),
        ("ALTER TABLE users ALTER COLUMN at TYPE date", "postgresql"),
        ("ALTER TABLE users MODIFY COLUMN name varchar(50) NOT NULL", "mariadb"),
        ("ALTER TABLE users MODIFY COLUMN email varchar(60) NULL", "mysql"),
        ("ALTER TABLE users MODIFY COLUMN age bigint NOT NULL", "mysql"),
    ],
)
def test_what_is_so_everywhere_names_no_condition(text: str, dialect: str) -> None:
    found = report(text, dialect).findings
    assert found
    assert not [one for one in found if one.condition]
