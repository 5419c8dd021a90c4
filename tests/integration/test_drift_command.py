"""``migrator check --drift``: models, revisions and a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.dialects import pack_for
from migrator.dialects.comparing import comparing
from tests.support.database import Database
from tests.support.project import Project

USERS = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50))'


@pytest.fixture
def shop_project(project: Project) -> Project:
    """Models of one table, and the expand revision that makes it, which has run."""
    env = project.path / "migrations" / "env.py"
    env.write_text("from models import metadata\n" + env.read_text().replace("= None", "= metadata"))
    with_models(project, USERS)
    project.revision("expand", "e1", f'op.create_table("users", {USERS})')
    assert project.run("expand").exit_code == 0
    return project


def with_models(project: Project, columns: str) -> None:
    project.write(
        "models.py", f'import sqlalchemy as sa\nmetadata = sa.MetaData()\nsa.Table("users", metadata, {columns})\n'
    )


def against(project: Project, database: Database) -> tuple[int, list[str], list[str]]:
    """(exit code, rules found, notes) of ``check --drift``."""
    result = project.run("check", "--drift", database.url, "--format", "json")
    document = result.json()
    assert [one["against"] for one in document["checked"]["models"]] == ["the revisions", "the database"]
    return result.exit_code, [one["rule"] for one in document["findings"]], document["notes"]


def drift_of(project: Project, database: Database) -> list[str]:
    """What ``check --drift`` says of the models."""
    findings = project.run("check", "--drift", database.url, "--format", "json").json()["findings"]
    return [one["message"] for one in findings if one["family"] == "drift"]


def test_models_revisions_and_database_that_agree_are_green(shop_project: Project, database: Database) -> None:
    assert against(shop_project, database) == (0, [], [])


def test_what_was_done_by_hand_is_one_finding(shop_project: Project, database: Database) -> None:
    database.execute("ALTER TABLE users ADD COLUMN strange integer")
    assert against(shop_project, database)[:2] == (0, ["migration-without-model"])
    database.execute("ALTER TABLE users DROP COLUMN name")
    assert against(shop_project, database)[:2] == (3, ["model-without-migration", "migration-without-model"])


def test_what_a_database_alone_has_is_accepted_by_a_setting_of_its_own(
    shop_project: Project, database: Database
) -> None:
    shop_project.write(
        "pyproject.toml", '[tool.migrator.allow_database_drift]\n"users.strange" = "the auditors\' own"\n'
    )
    assert against(shop_project, database)[:2] == (0, ["unused-suppression"])
    database.execute("ALTER TABLE users ADD COLUMN strange integer")
    assert against(shop_project, database) == (0, [], [])
    database.execute("ALTER TABLE users ADD COLUMN stranger integer")
    assert against(shop_project, database)[1] == ["migration-without-model"]
    assert shop_project.run("check", "--strict").exit_code == 0, "the revisions alone have nothing to do with it"


def test_what_is_pending_on_the_database_is_no_drift(shop_project: Project, database: Database) -> None:
    with_models(shop_project, f'{USERS}, sa.Column("age", sa.Integer)')
    shop_project.revision("expand", "e2", 'op.add_column("users", sa.Column("age", sa.Integer))')
    code, rules, notes = against(shop_project, database)
    assert (code, rules) == (0, [])
    assert "users.age" in notes[0]


def test_a_contract_that_ran_takes_the_column_from_the_models_too(shop_project: Project, database: Database) -> None:
    shop_project.revision("contract", "c1", 'op.drop_column("users", "name")', depends_on="e1")
    assert drift_of(shop_project, database) == []
    assert shop_project.run("contract").exit_code == 0
    told = [one.split(",")[0] for one in drift_of(shop_project, database)]
    assert told == ["the models have the column users.name"]


def test_a_model_without_a_revision_is_told_once(shop_project: Project, database: Database) -> None:
    with_models(shop_project, f'{USERS}, sa.Column("age", sa.Integer)')
    code, rules, _ = against(shop_project, database)
    assert (code, rules) == (3, ["model-without-migration"])


def test_the_database_is_only_read(shop_project: Project, database: Database) -> None:
    before = database.tables()
    against(shop_project, database)
    assert database.tables() == before
    with database.engine().connect() as connection:
        rules = comparing(pack_for(connection.dialect).name)
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        rules.read_only(connection, timedelta(seconds=1))
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text("INSERT INTO users (id) VALUES (1)"))
        connection.invalidate()


GROWN = f"""{USERS},
    sa.Column("email", sa.String(90), nullable=False, server_default=""),
    sa.Column("boss", sa.Integer, sa.ForeignKey("users.id", name="fk_boss", ondelete="SET NULL")),
    sa.Column("age", sa.Integer),
    sa.UniqueConstraint("email", name="uq_email"),
    sa.CheckConstraint("age >= 0", name="ck_age"),
    sa.Index("ix_name", "name")"""
GROWING = """
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("email", sa.String(90), nullable=False, server_default=""))
    batch.add_column(sa.Column("boss", sa.Integer))
    batch.add_column(sa.Column("age", sa.Integer))
"""
KEYS = """
with op.batch_alter_table("users") as batch:
    batch.create_unique_constraint("uq_email", ["email"])
    batch.create_foreign_key("fk_boss", "users", ["boss"], ["id"], ondelete="SET NULL")
    batch.create_check_constraint("ck_age", "age >= 0")
    batch.create_index("ix_name", ["name"])
"""


def test_what_the_phases_made_online_is_no_drift(shop_project: Project, database: Database) -> None:
    with_models(shop_project, GROWN)
    shop_project.revision("expand", "e2", GROWING)
    shop_project.revision("contract", "c1", KEYS, depends_on="e2")
    result = shop_project.run("upgrade")
    assert result.exit_code == 0, result.output
    assert drift_of(shop_project, database) == []
    with_models(shop_project, GROWN.replace(">= 0", "> 0").replace("SET NULL", "CASCADE"))
    found = ["ck_age of users: text is age > 0", "fk_boss of users: ON DELETE is CASCADE"]
    assert sorted(one.split(" in the models")[0] for one in drift_of(shop_project, database)) == found


@pytest.mark.servers("postgresql")
def test_schemas_are_read_under_the_names_that_they_are_translated_to(project: Project, database: Database) -> None:
    in_schema = f'{USERS}, sa.Column("boss", sa.Integer, sa.ForeignKey("tenant.users.id")), schema="tenant"'
    with_models(project, in_schema)
    database.execute("CREATE SCHEMA acme", "CREATE SCHEMA other", "CREATE TABLE other.strange (id int)")
    database.execute(
        "CREATE TABLE acme.users (id serial PRIMARY KEY, name varchar(50), boss int REFERENCES acme.users)"
    )
    env = project.path / "migrations" / "env.py"
    text = "from models import metadata\n" + env.read_text().replace("= None", "= metadata")
    translated = "connection = connection.execution_options(schema_translate_map={'tenant': 'acme'})"
    line = next(one for one in text.splitlines() if "context.configure(connection=" in one)
    indent = line[: len(line) - len(line.lstrip())]
    env.write_text(text.replace(line, f"{indent}{translated}\n{line}"))
    project.revision("expand", "e1", f'op.create_table("users", {in_schema})')
    assert drift_of(project, database) == []
    database.execute("ALTER TABLE acme.users ADD COLUMN strange int", "CREATE TABLE acme.more (id int)")
    told = [one.split(",")[0] for one in drift_of(project, database)]
    assert "the database has the column tenant.users.strange" in told


@pytest.mark.servers("sqlite", "postgresql")
def test_an_async_env_py_and_driver_are_read_too(shop_project: Project, database: Database) -> None:
    shop_project.write_env("async")
    env = shop_project.path / "migrations" / "env.py"
    env.write_text("from models import metadata\n" + env.read_text().replace("= None", "= metadata"))
    database.execute("ALTER TABLE users ADD COLUMN strange integer")
    result = shop_project.run("check", "--drift", shop_project.url, "--format", "json")
    assert [one["rule"] for one in result.json()["findings"]] == ["migration-without-model"]
