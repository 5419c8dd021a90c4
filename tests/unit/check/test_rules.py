"""Each rule: what it finds and what it lets pass."""

from __future__ import annotations

import pytest

from migrator.check.rule import found_elsewhere
from migrator.check.rules import all_rules
from migrator.model.phase import Phase
from tests.unit.check import cases_columns, cases_names, cases_statements, test_sql_rules
from tests.unit.check.cases import NEW, Cases, sql
from tests.unit.check.history import assert_clean, assert_found
from tests.unit.check.sql_history import SQLCases

CASES = {**cases_names.CASES, **cases_columns.CASES, **cases_statements.CASES}


def every(kind: str) -> list[object]:
    """(rule, code, dialect) of each case."""
    return [
        pytest.param(rule, code, cases.dialect, id=f"{rule}-{number}")
        for rule, cases in CASES.items()
        for number, code in enumerate(getattr(cases, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "code", "dialect"), every("found"))
def test_a_rule_finds_what_it_is_for(rule: str, code: str, dialect: str) -> None:
    found = assert_found(rule, code, dialect)
    assert found.line > 0


@pytest.mark.parametrize(("rule", "code", "dialect"), every("clean"))
def test_a_rule_lets_the_rest_pass(rule: str, code: str, dialect: str) -> None:
    assert_clean(code, dialect, rule=rule)


def test_every_rule_over_operations_has_cases() -> None:
    over_operations = [rule.id for rule in all_rules() if rule.find is not found_elsewhere]
    assert sorted({*CASES, *test_sql_rules.CASES}) == over_operations


def test_a_rule_is_asked_on_its_own_databases_only() -> None:
    dialects = {rule.id: rule.dialects for rule in all_rules()}
    every_case: list[tuple[str, Cases | SQLCases]] = [*CASES.items(), *test_sql_rules.CASES.items()]
    for rule, cases in every_case:
        assert not dialects[rule] or cases.dialect in dialects[rule], rule


def test_every_rule_is_documented_where_it_stands() -> None:
    from importlib import import_module

    for rule in all_rules():
        page = import_module(f"migrator.check.rules.{rule.id.replace('-', '_')}").__doc__ or ""
        assert page.startswith(f"{rule.id}: ")
        for part in ("Effect:", "Remedy:", "Bad", "Good", "Source:"):
            assert part in page, (rule.id, part)


ADDITIVE = (
    NEW,
    'op.add_column("users", sa.Column("x", sa.Integer))',
    'op.add_column("users", sa.Column("x", sa.Integer, nullable=False, server_default="0"))',
    'op.create_table("u", sa.Column("id", sa.Integer, sa.ForeignKey("users.id"), primary_key=True))',
    "pass",
)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb"])
@pytest.mark.parametrize("code", ADDITIVE)
def test_additions_pass_on_every_server(code: str, dialect: str) -> None:
    assert_clean(code, dialect)


@pytest.mark.parametrize("code", ADDITIVE)
def test_additions_pass_on_sqlite(code: str) -> None:
    assert_clean(code, "sqlite")


@pytest.mark.parametrize(
    "code", ['op.drop_table("users")', 'op.drop_column("users", "name")', sql("DROP VIEW active"), 'op.drop_index("i")']
)
def test_contract_may_remove(code: str) -> None:
    assert_clean(code, phase=Phase.CONTRACT)


def test_contract_is_warned_of_what_it_can_not_be_judged_by() -> None:
    assert assert_found("opaque-sql", sql("DO $$ $$"), phase=Phase.CONTRACT).severity == "warning"
    assert assert_found("unbatched-backfill", sql("DELETE FROM users"), phase=Phase.CONTRACT).severity == "warning"


def test_the_trunk_is_history() -> None:
    assert_clean('op.drop_table("users")', phase=Phase.TRUNK)
    assert_clean("raise ValueError", phase=Phase.TRUNK)


def test_a_message_names_lock_and_place_and_the_remedy_is_code_with_the_users_names() -> None:
    found = assert_found("drop-column", 'op.drop_column("users", "name", schema="app")')
    assert "app.users.name" in found.message
    assert "ACCESS EXCLUSIVE" in found.message
    assert 'op.drop_column("users", "name", schema="app")' in found.remedy


@pytest.mark.parametrize(
    ("name", "table", "kind"), [("uq_users_email", "users", "unique"), ("fk_posts_user", "posts", "foreignkey")]
)
def test_a_remedy_names_the_kind_of_a_constraint_which_mysql_wants_to_know(name: str, table: str, kind: str) -> None:
    found = assert_found("drop-constraint", f'op.drop_constraint("{name}", "{table}", type_="{kind}")', "mysql")
    assert f'op.drop_constraint("{name}", "{table}", type_="{kind}")' in found.remedy
