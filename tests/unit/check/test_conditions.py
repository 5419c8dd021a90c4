"""What no file shows, and what a finding takes it for."""

from __future__ import annotations

import pytest

from tests.unit.check.history import judged, rules_of
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


@pytest.mark.parametrize(
    ("old", "new", "rewrites"),
    [
        ("double precision", "float(53)", False),
        ("float", "double precision", False),
        ("real", "float(24)", False),
        ("real", "float(25)", True),
        ("float8", "float4", True),
    ],
)
def test_one_type_by_two_names_is_no_change(old: str, new: str, rewrites: bool) -> None:
    found = report(f"ALTER TABLE m ALTER COLUMN v TYPE {new}", schema=f"CREATE TABLE m (v {old});").findings
    assert ("change-column-type-rewrite" in [one.rule for one in found]) is rewrites


@pytest.mark.parametrize(
    ("old", "new", "rewrites"),
    [
        ("sa.DateTime()", "sa.DateTime()", False),
        ("sa.DateTime()", "sa.TIMESTAMP()", False),
        ("sa.LargeBinary()", "sqlalchemy.dialects.postgresql.BYTEA()", False),
        ("sa.Uuid()", "sqlalchemy.dialects.postgresql.UUID()", False),
        ("sa.Interval()", "sqlalchemy.dialects.postgresql.INTERVAL()", False),
        ("sa.Uuid()", "sa.LargeBinary()", True),
    ],
)
def test_a_type_that_sqlalchemy_leaves_open_is_the_servers(old: str, new: str, rewrites: bool) -> None:
    before = f'op.create_table("m", sa.Column("v", {old}))'
    change = f'import sqlalchemy.dialects.postgresql\nop.alter_column("m", "v", type_={new})'
    found = rules_of(judged(change, before=before))
    assert ("change-column-type-rewrite" in found) is rewrites


def test_a_time_that_sqlalchemy_leaves_open_names_the_sessions_zone() -> None:
    change = 'op.alter_column("m", "v", type_=sa.DateTime(timezone=True))'
    found = judged(change, before='op.create_table("m", sa.Column("v", sa.DateTime()))')
    assert [one.condition.split(":")[0] for one in found if one.condition] == ["TimeZone of the session"]
