"""Models against a real database: what create_all() made is no drift, each change by hand is one difference."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import mysql, postgresql

from migrator.check.models import Models
from migrator.dialects import pack_for
from migrator.dialects.comparing import comparing
from migrator.model.shape import Comparison
from migrator.scripts.reflecting import schema_of_database
from tests.support.database import Database
from tests.unit.check.drifting import drift

SERVERS = ("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18")
CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
LONG = "a_name_that_makes_the_one_of_its_index_too_long_for_it"


def shop() -> sa.MetaData:
    """Models with all that a naive comparison gets wrong."""
    metadata = sa.MetaData(naming_convention=CONVENTION)
    sa.Table(
        "orgs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, unique=True, comment="as they call themselves"),
        comment="who pays",
    )
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("org_id", sa.ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("mood", sa.Enum("fine", "so so", name="mood")),
        sa.Column("role", sa.Enum("admin", "user", name="role", native_enum=False, create_constraint=True)),
        sa.Column("email", sa.Text().with_variant(sa.String(200), "mysql")),
        sa.Column("active", sa.Boolean(name="active", create_constraint=True), server_default=sa.true()),
        sa.Column("price", sa.Numeric(10, 2), server_default="0", nullable=False),
        sa.Column("count", sa.SmallInteger, server_default=sa.text("5")),
        sa.Column("rate", sa.Float, server_default="1.5"),
        sa.Column("state", sa.String(20), server_default="it's new"),
        sa.Column("code", sa.String(20), server_default="007"),
        sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("day", sa.Date),
        sa.Column("extra", sa.JSON),
        sa.Column("blob", sa.LargeBinary),
        sa.Column("double", sa.Integer, sa.Computed("count * 2", persisted=True)),
        sa.Column("order", sa.Integer),
        sa.CheckConstraint("price >= 0 AND state <> 'gone'", name="price"),
        sa.CheckConstraint("count IN (1, 2, 5)", name="count"),
        sa.CheckConstraint("price BETWEEN 0 AND 1000", name="range"),
        sa.UniqueConstraint("org_id", "email"),
        sa.Index(None, "state", "made"),
        sa.Index("ix_descending", sa.desc("made")),
    )
    return metadata


def of_postgresql(metadata: sa.MetaData) -> None:
    """What only PostgreSQL has."""
    mine = sa.Table(
        "extras",
        metadata,
        sa.Column("id", postgresql.UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("number", sa.Integer, sa.Sequence("numbers"), server_default=sa.Sequence("numbers").next_value()),
        sa.Column("tags", postgresql.ARRAY(sa.String(10)), server_default="{}"),
        sa.Column("data", postgresql.JSONB, server_default='{"a": 1,"b":2}'),
        sa.Column("span", sa.Interval, server_default="1 day"),
        sa.Column("at", postgresql.TIMESTAMP(precision=3)),
        sa.Column("address", postgresql.INET),
        sa.Column("name", sa.String(99)),
        sa.Column(LONG, sa.Integer, index=True),
        sa.CheckConstraint("name LIKE 'a%' OR length(name) > 3", name="name"),
    )
    sa.Index("ix_lower", sa.func.lower(mine.c.name), unique=True)
    sa.Index("ix_part", mine.c.name, postgresql_where=mine.c.name.is_not(None), postgresql_include=["at"])
    sa.Index("ix_tags", mine.c.tags, postgresql_using="gin")


def of_mysql(metadata: sa.MetaData) -> None:
    """What only MySQL and MariaDB have."""
    sa.Table(
        "extras",
        metadata,
        sa.Column("id", mysql.INTEGER(unsigned=True), primary_key=True),
        sa.Column("at", mysql.DATETIME(fsp=6), server_default=sa.text("CURRENT_TIMESTAMP(6)")),
        sa.Column("seen", mysql.TIMESTAMP, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
        sa.Column("size", mysql.ENUM("s", "m")),
        sa.Column("flag", mysql.TINYINT(1)),
        sa.Column("text", mysql.LONGTEXT),
        sa.Column("year", mysql.YEAR),
        sa.Index("ix_text", "text", mysql_length=20),
    )


def of_dialect(database: Database) -> sa.MetaData:
    """The models with what only this dialect has."""
    metadata = shop()
    more = {"postgresql": of_postgresql, "mysql": of_mysql}.get(database.dialect)
    if more is not None:
        more(metadata)
    return metadata


@pytest.fixture
def models(database: Database) -> sa.MetaData:
    """Made in the database already."""
    metadata = of_dialect(database)
    metadata.create_all(database.engine())
    return metadata


def compared(database: Database, metadata: sa.MetaData) -> Comparison:
    """The models against the database as it is now."""
    with database.engine().connect() as connection:
        name = pack_for(connection.dialect).name
        schema = schema_of_database(connection, comparing(name), [None], {})
        default = connection.dialect.default_schema_name
    found = Models(metadata=(metadata,), env_py=Path("env.py"))
    return found.compared(schema, name, default_schema=default, server_text=True)[0]


def shown(found: Comparison) -> list[str]:
    return [
        f"{one.way.name} {one.part.kind} {one.part.label} {one.attribute} {one.wanted}|{one.found}"
        for one in found.differences
    ]


def test_what_create_all_makes_is_no_drift(database: Database, models: sa.MetaData) -> None:
    found = compared(database, models)
    assert shown(found) == []
    assert found.uncompared == ()


def test_what_autogenerate_writes_is_no_drift(database: Database) -> None:
    metadata = of_dialect(database)
    with database.engine().connect() as connection:
        name = pack_for(connection.dialect).name
        context = MigrationContext.configure(connection)
        written = produce_migrations(context, metadata).upgrade_ops
        assert written is not None
        code = textwrap.dedent("    " + render_python_code(written, migration_context=context))
    sequences = ['op.execute(sa.schema.CreateSequence(sa.Sequence("numbers")))'] * (database.dialect == "postgresql")
    imports = "from sqlalchemy import Text\nfrom sqlalchemy.dialects import mysql, postgresql"
    found = drift(metadata, "\n".join([imports, *sequences, code]), name)
    # Alembic leaves an index over an expression out on SQLite, and that is told.
    left_out = ["the models have the index ix_descending of users"] if database.dialect == "sqlite" else []
    assert [one.message.split(",")[0] for one in found.findings] == [*written_twice(code), *left_out]
    assert found.look is not None
    assert found.look.uncompared == ()


def written_twice(code: str) -> list[str]:
    """What is told of the checks of types where Alembic writes them too, as 1.18 does with SQLAlchemy 2.1."""
    checks = [line for line in code.splitlines() if line.startswith("sa.CheckConstraint(")]
    return [
        f"the revisions have the check constraint ck_users_{name} of users"
        for name in ("active", "role")
        for line in checks
        if line.endswith((f"name='{name}'),", f"name=op.f('ck_users_{name}')),"))
    ]


# What somebody does by hand, where, and what is told of it.
ON = {
    "postgresql": "ALTER TABLE {0} ALTER COLUMN {1} {2}",
    "mysql": "ALTER TABLE {0} MODIFY {1} {3}",
}
EVERYWHERE = {
    "another_table": ("CREATE TABLE strange (id int)", "EXTRA table strange"),
    "another_column": ("ALTER TABLE orgs ADD COLUMN strange int", "EXTRA column orgs.strange"),
    "no_column": ("ALTER TABLE users DROP COLUMN day", "MISSING column users.day"),
    "another_index": ("CREATE INDEX ix_strange ON users (count)", "EXTRA index ix_strange of users"),
    "no_index": ("DROP INDEX ix_descending", "MISSING index ix_descending of users"),
    "another_unique_key": ("CREATE UNIQUE INDEX ux_strange ON users (code)", "EXTRA unique key ux_strange of users"),
    "no_table": ("DROP TABLE users", "MISSING table users"),
}
WITH_ALTER = {
    "another_size": (
        "users",
        "state",
        "TYPE varchar(30)",
        "varchar(30) DEFAULT 'it''s new'",
        "DIFFERS column users.state type varchar(20)|varchar(30)",
    ),
    "another_type": ("users", "day", "TYPE timestamp", "datetime", "DIFFERS column users.day type date|"),
    "not_null": ("users", "day", "SET NOT NULL", "date NOT NULL", "DIFFERS column users.day nullable yes|no"),
    "another_default": (
        "users",
        "count",
        "SET DEFAULT 6",
        "smallint DEFAULT 6",
        "DIFFERS column users.count default 5|6",
    ),
    "no_default": ("users", "count", "DROP DEFAULT", "smallint", "DIFFERS column users.count default 5|"),
}
CONSTRAINTS = {
    "no_check": ("DROP CONSTRAINT ck_users_price", "MISSING check constraint ck_users_price of users"),
    "another_check": ("ADD CONSTRAINT ck_strange CHECK (count <> 77)", "EXTRA check constraint ck_strange of users"),
    "no_foreign_key": ("DROP CONSTRAINT fk_users_org_id", "MISSING foreign key fk_users_org_id of users"),
    "another_foreign_key": (
        'ADD CONSTRAINT fk_strange FOREIGN KEY ("order") REFERENCES orgs (id)',
        "EXTRA foreign key fk_strange of users",
    ),
}
PLACES = {
    "comment_of_a_table": (
        "COMMENT ON TABLE orgs IS 'other'",
        "ALTER TABLE orgs COMMENT 'other'",
        "DIFFERS table orgs comment who pays|other",
    ),
    "no_unique_key": (
        "ALTER TABLE orgs DROP CONSTRAINT uq_orgs_name",
        "ALTER TABLE orgs DROP INDEX uq_orgs_name",
        "MISSING unique key uq_orgs_name of orgs",
    ),
    "name_of_a_key": (
        "ALTER TABLE orgs RENAME CONSTRAINT uq_orgs_name TO uq_other",
        "ALTER TABLE orgs RENAME INDEX uq_orgs_name TO uq_other",
        "DIFFERS unique key uq_orgs_name of orgs name uq_orgs_name|uq_other",
    ),
    "value_of_an_enum": (
        "ALTER TYPE mood ADD VALUE 'bad'",
        "ALTER TABLE users MODIFY mood enum('fine','so so','bad')",
        "so so",
    ),
}


def in_dialect(database: Database, sql: str) -> str:
    if database.dialect != "mysql":
        return sql
    return sql.replace("DROP INDEX ix_descending", "DROP INDEX ix_descending ON users").replace('"', "`")


@pytest.mark.parametrize(("sql", "told"), [pytest.param(*one, id=name) for name, one in EVERYWHERE.items()])
def test_each_change_by_hand_is_one_difference(database: Database, models: sa.MetaData, sql: str, told: str) -> None:
    database.execute(in_dialect(database, sql))
    assert [one[: len(told)] for one in shown(compared(database, models))] == [told]


@pytest.mark.servers(*SERVERS)
@pytest.mark.parametrize(
    ("table", "column", "change", "definition", "told"),
    [pytest.param(*one, id=name) for name, one in WITH_ALTER.items()],
)
def test_each_changed_column_is_one_difference(
    database: Database, models: sa.MetaData, table: str, column: str, change: str, definition: str, told: str
) -> None:
    database.execute(ON[database.dialect].format(table, column, change, definition))
    assert [one[: len(told)] for one in shown(compared(database, models))] == [told]


@pytest.mark.servers(*SERVERS)
@pytest.mark.parametrize(("change", "told"), [pytest.param(*one, id=name) for name, one in CONSTRAINTS.items()])
def test_each_changed_constraint_is_one_difference(
    database: Database, models: sa.MetaData, change: str, told: str
) -> None:
    database.execute(in_dialect(database, f"ALTER TABLE users {change}"))
    assert [one[: len(told)] for one in shown(compared(database, models))] == [told]


@pytest.mark.servers(*SERVERS)
@pytest.mark.parametrize(
    ("on_postgresql", "on_mysql", "told"), [pytest.param(*one, id=name) for name, one in PLACES.items()]
)
def test_what_each_server_spells_its_own_way_is_one_difference(
    database: Database, models: sa.MetaData, on_postgresql: str, on_mysql: str, told: str
) -> None:
    database.execute(on_postgresql if database.dialect == "postgresql" else on_mysql)
    differences = shown(compared(database, models))
    assert len(differences) == 1
    assert told in differences[0]
