"""The setting ``small_tables``: a statement that keeps traffic out runs there, if the table is small indeed."""

from __future__ import annotations

import secrets

import pytest
import sqlalchemy as sa

from tests.support import items
from tests.support.database import Database
from tests.support.project import Project

REFUSING = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
BLOCKING = {
    "postgresql": ('op.execute("CREATE INDEX ix_item_name ON item (name)")', "create-index-not-concurrently"),
    "mysql": ('op.create_check_constraint("ck_item_amount", "item", "amount >= 0")', "mysql-add-check"),
    "sqlite": ('op.create_index("ix_item_name", "item", ["name"])', ""),
}


@pytest.fixture
def rule(database: Database, project: Project) -> str:
    """A table with rows, and a pending revision that its server can only do by blocking; the rule that says so."""
    items.with_items(database, project)
    code, rule = BLOCKING[database.dialect]
    project.revision("expand", "blocking", code, allow=items.HARMLESS_HERE)
    return rule


def trust(project: Project, *tables: str) -> None:
    project.write("pyproject.toml", f"[tool.migrator]\nsmall_tables = {list(tables)!r}\n")


def fill(database: Database, rows: int) -> None:
    table = sa.table("item", sa.column("id"), sa.column("name"), sa.column("amount"))
    values = [{"id": 1000 + number, "name": "n", "amount": number} for number in range(rows)]
    with database.engine().begin() as connection:
        connection.execute(sa.insert(table), values)


def test_the_statement_runs_on_a_small_table_and_the_ledger_says_why(
    database: Database, project: Project, rule: str
) -> None:
    if rule:
        assert f"[{rule}]" in project.run("expand").stderr
    trust(project, "item", "owner")
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    reasons = [row[0] for row in database.rows("SELECT reason FROM migrator_ledger WHERE revision = 'blocking'")]
    assert any(f"allowed {rule}: small_tables" in str(reason) for reason in reasons) or not rule


@REFUSING
@pytest.mark.parametrize("command", ["expand", "upgrade"])
def test_a_table_that_has_grown_is_refused_with_a_sentence(
    database: Database, project: Project, rule: str, command: str
) -> None:
    trust(project, "item")
    fill(database, 10_001)
    refused = project.run(command)
    assert refused.exit_code == 3, refused.output
    assert f"[{rule}]" in refused.stderr
    assert "small_tables names item, which has more than 10000 rows" in refused.stderr


@pytest.mark.servers("postgresql")
def test_a_table_of_few_long_rows_is_not_small(database: Database, project: Project, rule: str) -> None:
    trust(project, "item")
    database.execute("ALTER TABLE item ADD COLUMN photo bytea")
    for number in range(12):
        database.execute(
            sa.text("UPDATE item SET photo = :photo WHERE id = :id"), photo=secrets.token_bytes(2**20), id=number
        )
    refused = project.run("expand")
    assert refused.exit_code == 3
    assert "small_tables names item, which has more than 10 MB" in refused.stderr


@pytest.mark.servers("postgresql")
def test_what_only_the_rules_know_is_refused_on_a_table_that_has_grown(database: Database, project: Project) -> None:
    items.with_items(database, project)
    trust(project, "item")
    fill(database, 10_001)
    project.revision("expand", "reindex", 'op.execute("REINDEX TABLE item")')
    refused = project.run("expand")
    assert refused.exit_code == 3, refused.output
    assert "[reindex-not-concurrently]" in refused.stderr
    assert "small_tables names item, which has more than 10000 rows" in refused.stderr
    database.execute("DELETE FROM item")
    assert project.run("expand").exit_code == 0


@REFUSING
def test_another_table_is_refused_as_ever(database: Database, project: Project, rule: str) -> None:
    trust(project, "owner", "elsewhere.item", "missing")
    refused = project.run("expand")
    assert refused.exit_code == 3
    assert f"[{rule}]" in refused.stderr
    assert "small_tables" not in refused.stderr


def test_what_destroys_is_refused_on_a_small_table_too(database: Database, project: Project, rule: str) -> None:
    trust(project, "item", "loose")
    project.revision("expand", "drop", 'op.drop_table("loose")')
    refused = project.run("expand")
    assert refused.exit_code == 3
    assert "[drop-table]" in refused.stderr


@REFUSING
def test_it_waits_for_its_lock_no_longer_than_elsewhere(database: Database, project: Project, rule: str) -> None:
    trust(project, "item")
    with database.engine().connect() as blocker, blocker.begin():
        blocker.exec_driver_sql("UPDATE item SET code = 5 WHERE id = 1")
        assert project.run("expand", "--lock-timeout", "1", "--lock-budget", "2").exit_code == 5
    assert project.run("expand").exit_code == 0


@pytest.mark.servers("postgresql")
def test_a_measurement_of_what_is_held_back_is_no_surprise(database: Database, project: Project) -> None:
    project.revision("trunk", "first", 'op.create_table("item", sa.Column("name", sa.String(50)))')
    project.revision("expand", "blocking", BLOCKING["postgresql"][0])
    trust(project, "item")
    document = project.run("check", "--trace", database.url, "--format", "json").json()
    assert document["findings"] == []
    assert [one["rule"] for one in document["suppressed"]] == ["create-index-not-concurrently"]
    assert [(one["measured"], one["agrees"]) for one in document["trace"]["statements"]] == [("blocks", True)]
