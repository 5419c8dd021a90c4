"""Being recorded changes nothing: plain Alembic sends the same statements."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import StaticPool

from migrator.dialects.checking import check_rules
from migrator.dialects.fake_dbapi import FakeConnection
from migrator.dialects.schema_model import SchemaModel
from tests.unit.check.history import module, record

MANY = """
op.create_table(
    "t",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("u", sa.Integer, sa.ForeignKey("users.id", name="f")),
    sa.Column("v", sa.Integer, sa.CheckConstraint("v > 1", name="c"), unique=True, index=True, comment="x"),
    sa.Column("w", sa.Integer, sa.Computed("id + 1", persisted=True)),
    sa.UniqueConstraint("v", name="q"),
    schema="s",
)
op.add_column("users", sa.Column("p", sa.Integer, sa.ForeignKey("posts.id", name="g"), sa.CheckConstraint("p > 1")))
op.add_column("users", sa.Column("e", sa.Enum("a", name="e1", create_constraint=True), unique=True))
op.create_index("j", "users", ["age", sa.text("lower(name)")], unique=True, postgresql_where=sa.text("age > 1"))
op.create_check_constraint("k", "users", sa.column("age") > 3)
op.create_foreign_key("l", "users", "posts", ["age"], ["id"], ondelete="CASCADE", source_schema="s")
op.create_unique_constraint(None, "users", ["age", "name"])
op.create_primary_key("m", "users", ["id"])
op.create_table_comment("users", "x")
op.alter_column(
    "users", "age", type_=sa.BigInteger(), existing_type=sa.Integer(), nullable=True, server_default="1",
    existing_server_default="0", new_column_name="years",
)
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("b", sa.Integer, sa.ForeignKey("posts.id", name="h")))
    batch.create_unique_constraint("n", ["b"])
    batch.drop_column("email")
op.drop_constraint("uq_users_email", "users", type_="unique")
op.drop_index("ix_users_name", "users")
op.rename_table("users", "u")
op.drop_column("posts", "user_id")
op.drop_table("posts")
"""
EXCLUDE = 'op.create_exclude_constraint("ex", "users", (sa.column("name"), "="), where=sa.text("age > 1"))'


def plain(code: str, dialect_name: str) -> list[str]:
    """The statements of plain Alembic, with nobody listening but the driver."""
    sent: list[str] = []

    def note(sql: str, parameters: Any, announced: Any) -> None:
        sent.append(sql.strip())

    def connect() -> Any:
        return FakeConnection(note)

    dialect = check_rules(dialect_name).recording_dialect(SchemaModel())
    engine = sa.Engine(StaticPool(connect), dialect, sa.make_url(f"{dialect_name}://"))
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        module("plain", code).upgrade()
    return sent


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb"])
def test_being_recorded_changes_no_statement(dialect: str) -> None:
    code = MANY + (EXCLUDE if dialect == "postgresql" else "")
    recording = record(code, dialect)
    assert recording.error is None
    assert list(recording.statements) == plain(code, dialect)
    assert len(recording.statements) > 15
