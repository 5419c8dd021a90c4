"""What the executor makes of a revision: its online form, its refusals, what it leaves behind when it fails."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from tests.support import items
from tests.support.database import Database
from tests.support.project import Project

POSTGRESQL = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
SERVERS = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
UNIQUE = 'op.create_index("ux_item_code", "item", ["code"], unique=True)'


def statements(project: Project, command: str = "expand") -> list[str]:
    planned = project.run(command, "--dry-run", "--format", "json").json()["planned"]
    return [statement for one in planned for statement in one["statements"]]


def invalid_indexes(database: Database) -> list[str]:
    rows = database.rows("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    return [row[0] for row in rows]


@POSTGRESQL
def test_an_ordinary_index_is_built_concurrently_and_outside_a_transaction(
    database: Database, project: Project
) -> None:
    items.with_items(database, project)
    project.revision("expand", "index", 'op.create_index("ix_item_name", "item", ["name"])')
    (planned,) = project.run("expand", "--dry-run", "--format", "json").json()["planned"]
    (step,) = planned["steps"]
    assert step["sql"] == "CREATE INDEX CONCURRENTLY ix_item_name ON item (name)"
    assert (step["outside"], step["bounded"], step["blocks"]) == (True, False, "nothing")
    assert project.run("expand").exit_code == 0
    assert invalid_indexes(database) == []


@POSTGRESQL
def test_the_script_of_a_dry_run_can_be_run_by_hand_and_does_the_same(database: Database, project: Project) -> None:
    items.with_items(database, project)
    items.add(project, *(one for one in items.CHANGES if one.name in ("index", "unique", "foreign_key", "check")))
    script = project.run("expand", "--sql").stdout
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        for line in script.splitlines():
            if not line.startswith("--"):
                connection.exec_driver_sql(line)
    inspector = sa.inspect(database.engine())
    assert {one["name"] for one in inspector.get_indexes("item")} >= {"ix_item_name", "uq_item_code"}
    assert [one["name"] for one in inspector.get_foreign_keys("item")] == ["fk_item_owner"]
    assert database.rows("SELECT conname FROM pg_constraint WHERE NOT convalidated") == []


@SERVERS
def test_duplicates_fail_a_unique_index_with_their_number_and_their_query_and_leave_nothing(
    database: Database, project: Project
) -> None:
    items.with_items(database, project)
    database.execute("UPDATE item SET code = 1 WHERE id IN (1, 2, 3)", "UPDATE item SET code = 7 WHERE id = 8")
    project.revision("expand", "unique", UNIQUE, allow=items.HARMLESS_HERE)
    failed = project.run("expand")
    assert failed.exit_code == 8
    assert "2 values that stand there more than once" in failed.stderr
    query = failed.stderr.partition("shown by  ")[2].splitlines()[0]
    assert sorted(row[0] for row in database.rows(query)) == [1, 7]
    if database.dialect == "postgresql":
        assert invalid_indexes(database) == []
    database.execute("UPDATE item SET code = id")
    assert project.run("expand").exit_code == 0
    assert database.rows("SELECT state FROM migrator_journal") == []


@POSTGRESQL
def test_an_invalid_index_of_somebody_elses_failed_build_is_dropped_and_built(
    database: Database, project: Project
) -> None:
    items.with_items(database, project)
    database.execute("UPDATE item SET code = 1 WHERE id = 2")
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY ux_item_code ON item (code)")
    assert invalid_indexes(database) == ["ux_item_code"]
    database.execute("UPDATE item SET code = id")
    project.revision("expand", "unique", UNIQUE, allow=items.HARMLESS_HERE)
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert "ux_item_code is INVALID" in done.stderr
    assert invalid_indexes(database) == []


@POSTGRESQL
def test_raw_sql_that_would_block_is_refused_with_its_online_form_before_anything_runs(
    database: Database, project: Project
) -> None:
    items.with_items(database, project)
    project.revision("contract", "raw", 'op.execute("CREATE INDEX ix_item_name ON item (name)")', depends_on="first")
    refused = project.run("contract")
    assert refused.exit_code == 3
    assert "[create-index-not-concurrently]" in refused.stderr
    assert "CREATE INDEX CONCURRENTLY ix_item_name ON item (name);" in refused.stderr
    assert "raw.py:" in refused.stderr
    assert "contract_base" not in {row[0] for row in database.rows("SELECT revision FROM migrator_ledger")}


@POSTGRESQL
def test_raw_sql_that_is_allowed_by_name_runs_and_the_ledger_keeps_the_reason(
    database: Database, project: Project
) -> None:
    items.with_items(database, project)
    project.revision(
        "contract",
        "raw",
        """
        with migrator.allow("create-index-not-concurrently", reason="the table is small"):
            op.execute("CREATE INDEX ix_item_name ON item (name)")
        """,
        depends_on="first",
    )
    done = project.run("contract")
    assert done.exit_code == 0, done.output
    assert database.scalar("SELECT reason FROM migrator_ledger WHERE revision = 'raw'") == (
        "allowed create-index-not-concurrently: the table is small"
    )


@POSTGRESQL
def test_raw_sql_on_an_empty_table_needs_no_permission(database: Database, project: Project) -> None:
    items.with_items(database, project)
    database.execute("DELETE FROM loose")
    project.revision("contract", "raw", 'op.execute("CREATE INDEX ix_loose ON loose (id)")', depends_on="first")
    done = project.run("contract")
    assert done.exit_code == 0, done.output


@POSTGRESQL
@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ('sa.Column("x", sa.Uuid, server_default=sa.text("gen_random_uuid()"))', "add-column-volatile-default"),
        ('sa.Column("x", sa.Integer, sa.Computed("amount + 1", persisted=True))', "add-stored-generated-column"),
        ('sa.Column("x", sa.Integer, sa.Identity())', "add-auto-increment-column"),
        ('sa.Column("x", sa.Integer, sa.CheckConstraint("x > 0"))', "inline-constraint-on-add-column"),
    ],
)
def test_a_column_that_would_rewrite_or_scan_the_table_is_refused_with_the_way_to_do_it(
    database: Database, project: Project, column: str, rule: str
) -> None:
    items.with_items(database, project)
    allow = {"constraint-rejects-old-writes": "a test of the next rule"}
    project.revision("expand", "column", f'op.add_column("item", {column})', allow=allow)
    refused = project.run("expand")
    assert refused.exit_code == 3
    assert f"[{rule}]" in refused.stderr
    assert 'op.add_column("item"' in refused.stderr
    assert "x" not in database.columns("item")


@POSTGRESQL
def test_two_tables_are_never_locked_in_one_transaction(database: Database, project: Project) -> None:
    items.with_items(database, project)
    body = "\n".join(f'op.add_column("{table}", sa.Column("extra", sa.Integer))' for table in ("item", "owner"))
    project.revision("expand", "two", body)
    script = project.run("expand", "--sql").stdout
    assert script.count("BEGIN;") == 2
    with database.engine().connect() as blocker, blocker.begin():
        blocker.exec_driver_sql("SELECT * FROM owner")
        waiting = project.start("expand", "--lock-timeout", "0.2", "--lock-budget", "2")
        # The first table is done and free again while the second is waited for.
        assert waiting.wait(timeout=60) == 5
        assert "extra" in database.columns("item")
        assert "extra" not in database.columns("owner")
    assert project.run("expand").exit_code == 0
    assert "extra" in database.columns("owner")


@POSTGRESQL
def test_an_operation_that_must_leave_its_transaction_is_refused_in_a_savepoint(
    database: Database, project: Project
) -> None:
    items.with_items(database, project)
    body = """
    with op.get_bind().begin_nested():
        op.create_index("ix_item_name", "item", ["name"])
    """
    project.revision("expand", "nested", body)
    refused = project.run("expand")
    assert refused.exit_code == 64
    assert "savepoint" in refused.stderr
    assert "take the operation out" in refused.stderr


@POSTGRESQL
def test_a_partitioned_table_gets_its_index_partition_by_partition(database: Database, project: Project) -> None:
    items.with_items(database, project)
    database.execute(
        "CREATE TABLE event (id integer, day integer) PARTITION BY RANGE (day)",
        "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20)",
        "INSERT INTO event VALUES (1, 1), (2, 12)",
    )
    project.revision("expand", "index", 'op.create_index("ix_event_id", "event", ["id"])')
    assert statements(project) == [
        "CREATE INDEX ix_event_id ON ONLY event (id)",
        "CREATE INDEX CONCURRENTLY event_1_id_idx ON public.event_1 (id)",
        "ALTER INDEX ix_event_id ATTACH PARTITION public.event_1_id_idx",
        "CREATE INDEX CONCURRENTLY event_2_id_idx ON public.event_2 (id)",
        "ALTER INDEX ix_event_id ATTACH PARTITION public.event_2_id_idx",
    ]
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert invalid_indexes(database) == []


@POSTGRESQL
def test_quoted_long_and_qualified_names_go_through_the_same_door(database: Database, project: Project) -> None:
    items.with_items(database, project)
    long_name = "c" * 63
    database.execute(
        'CREATE SCHEMA "Shop Floor"',
        f'CREATE TABLE "Shop Floor"."Order" ("Id" integer, "{long_name}" integer)',
        'INSERT INTO "Shop Floor"."Order" VALUES (1, 1)',
    )
    body = f"""
    op.create_index("IX order", "Order", ["Id"], schema="Shop Floor")
    op.create_unique_constraint(None, "Order", ["{long_name}"], schema="Shop Floor")
    op.create_check_constraint("ck %", "Order", sa.text('"Id" > 0'), schema="Shop Floor")
    op.add_column("Order", sa.Column("per cent %", sa.Integer), schema="Shop Floor")
    """
    project.revision("expand", "names", body, allow=items.HARMLESS_HERE)
    project.revision(
        "contract",
        "filled",
        f'op.alter_column("Order", "{long_name}", nullable=False, schema="Shop Floor", existing_type=sa.Integer)',
        depends_on="names",
    )
    for command in ("expand", "contract"):
        done = project.run(command)
        assert done.exit_code == 0, done.output
    inspector = sa.inspect(database.engine())
    (unique,) = inspector.get_unique_constraints("Order", schema="Shop Floor")
    assert unique["column_names"] == [long_name]
    assert len(unique["name"] or "") <= 63
    assert [one["name"] for one in inspector.get_check_constraints("Order", schema="Shop Floor")] == ["ck %"]
    assert "IX order" in {one["name"] for one in inspector.get_indexes("Order", schema="Shop Floor")}
    columns = {one["name"]: one["nullable"] for one in inspector.get_columns("Order", schema="Shop Floor")}
    assert columns[long_name] is False
    assert "per cent %" in columns


@SERVERS
def test_a_revision_that_was_changed_after_a_failure_says_what_stays_done(database: Database, project: Project) -> None:
    items.with_items(database, project)
    database.execute("UPDATE item SET code = 1")
    first = 'op.create_index("ix_item_name", "item", ["name"])'
    project.revision("expand", "changed", f"{first}\n{UNIQUE}", allow=items.HARMLESS_HERE)
    assert project.run("expand").exit_code == 8
    database.execute("UPDATE item SET code = id")
    project.revision("expand", "changed", UNIQUE, allow=items.HARMLESS_HERE, down_revision="first")
    done = project.run("expand", "--log-format", "json")
    assert done.exit_code == 0, done.output
    notes = " ".join(json.dumps(line) for line in done.log())
    assert "was changed after a run of it was stopped" in notes
    assert "ix_item_name" in notes


@pytest.mark.servers("mariadb", "mysql")
def test_an_empty_table_is_copied_without_a_word_and_one_with_rows_is_not(database: Database, project: Project) -> None:
    items.with_items(database, project)
    wider = """
    op.alter_column("{}", "id", type_=sa.BigInteger, existing_type=sa.Integer, existing_nullable={})
    """
    database.execute("DELETE FROM loose")
    project.revision("contract", "empty", wider.format("loose", True), depends_on="first")
    done = project.run("contract")
    assert done.exit_code == 0, done.output
    project.revision("contract", "full", wider.format("owner", False), depends_on="first")
    refused = project.run("contract")
    assert refused.exit_code == 3
    assert "data migration" in refused.stderr


def test_a_per_cent_sign_in_a_name_stays_one(database: Database, project: Project) -> None:
    items.with_items(database, project)
    made = """
    op.create_table("100 %", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a %", sa.Integer))
    """
    project.revision("expand", "made", made)
    assert project.run("expand").exit_code == 0
    database.execute(sa.insert(sa.table("100 %", sa.column("id"), sa.column("a %"))).values({"id": 1, "a %": 1}))
    changed = """
    op.create_index("ix %", "100 %", ["a %"])
    op.add_column("100 %", sa.Column("b %", sa.Integer))
    """
    project.revision("expand", "changed", changed)
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    assert database.columns("100 %") == ["id", "a %", "b %"]
    (index,) = sa.inspect(database.engine()).get_indexes("100 %")
    assert (index["name"], index["column_names"]) == ("ix %", ["a %"])
    project.revision("contract", "dropped", 'op.drop_column("100 %", "b %")', depends_on="changed")
    done = project.run("contract")
    assert done.exit_code == 0, done.output
    assert "%%" not in done.output
    assert database.columns("100 %") == ["id", "a %"]
