"""Tables that the settings call small: what is only about their size is held back, and nothing else."""

from __future__ import annotations

import pytest

from migrator.check.project import check_project
from migrator.check.small_tables import SmallTables
from migrator.model.finding import CheckReport
from tests.unit.check.history import TODAY, history, rules_of

INDEX = 'op.execute("CREATE INDEX i ON users (name)")'


def checked(code: str, *small: str, dialect: str = "postgresql") -> CheckReport:
    return check_project(history(code), [], (dialect,), today=TODAY, small=SmallTables.of(small))


@pytest.mark.parametrize(
    ("code", "dialect", "rule"),
    [
        (INDEX, "postgresql", "create-index-not-concurrently"),
        ('op.execute("REINDEX TABLE users")', "postgresql", "reindex-not-concurrently"),
        ('op.add_column("users", sa.Column("x", sa.Integer, sa.Computed("id", persisted=True)))', "postgresql", ""),
        ('op.add_column("users", sa.Column("x", sa.Integer, sa.Computed("id", persisted=True)))', "mysql", ""),
        ('op.execute("ALTER TABLE users ENGINE = MyISAM")', "mariadb", "mysql-change-engine"),
    ],
)
def test_what_is_about_the_size_is_held_back_and_told(code: str, dialect: str, rule: str) -> None:
    plain = checked(code, "posts", dialect=dialect)
    small = checked(code, "users", "posts", dialect=dialect)
    rule = rule or "add-stored-generated-column"
    assert rule in rules_of(plain.findings)
    assert plain.notes == ()
    assert rule not in rules_of(small.findings)
    assert rule in rules_of(small.suppressed)
    assert any("small_tables" in note and rule in note for note in small.notes)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ('op.drop_table("users")', "drop-table"),
        ('op.drop_column("users", "name")', "drop-column"),
        ('op.rename_table("users", "people")', "rename-table"),
        ('op.alter_column("users", "name", nullable=False)', "set-not-null"),
        ('op.create_check_constraint("ck_users_name", "users", "name > 1")', "constraint-rejects-old-writes"),
        ('op.create_primary_key("pk", "users", ["name"])', "add-primary-key-builds-index"),  # built beside traffic
        ('op.execute("LOCK TABLE users")', "explicit-lock-table"),
        ('op.execute("DROP INDEX ix_users_name")', "drop-index-not-concurrently"),  # of a table that isn't named
        ('op.execute("DO $$ BEGIN EXECUTE x; END $$")', "opaque-sql"),
    ],
)
def test_what_destroys_breaks_or_lasts_is_found_all_the_same(code: str, rule: str) -> None:
    assert rule in rules_of(checked(code, "users").findings)


@pytest.mark.parametrize("other", ["posts", "shop.users", "user", "USERS"])
def test_another_table_excuses_nothing(other: str) -> None:
    assert rules_of(checked(INDEX, other).findings) == ["create-index-not-concurrently"]


def test_a_table_is_named_with_the_schema_that_the_revisions_write() -> None:
    code = INDEX.replace("users", "app.users")
    assert rules_of(checked(code, "users").findings) == ["create-index-not-concurrently"]
    assert checked(code, "app.users").findings == ()


def test_a_foreign_key_is_held_back_only_where_both_tables_are_small() -> None:
    code = 'op.execute("ALTER TABLE posts ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users (id)")'
    rule = "add-foreign-key-validating"
    assert rule in rules_of(checked(code, "posts").findings)
    assert rule in rules_of(checked(code, "users").findings)
    assert rule not in rules_of(checked(code, "posts", "users").findings)
