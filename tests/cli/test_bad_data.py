"""Bad data migrations, and canaries in rows, keys and errors."""

from __future__ import annotations

import pytest

from tests.cli.bad_input import add_data, make_shop, refused
from tests.support.database import Database
from tests.support.project import Project

sqlite_only = pytest.mark.servers("sqlite")


# -- data migrations -------------------------------------------------------------------------------------------------


@sqlite_only
def test_an_unknown_only_name_lists_those_that_exist(project: Project) -> None:
    make_shop(project)
    add_data(project)
    assert project.run("expand").exit_code == 0
    refused(project.run("online-data-migrations", "--only", "fil"), 64, "fil", "fill")


@sqlite_only
def test_a_data_module_that_does_not_import_is_named(project: Project) -> None:
    make_shop(project)
    project.data("bad", 'raise LookupError("CANARY")')
    outcome = project.run("online-data-migrations")
    refused(outcome, 64, "bad.py:", "LookupError")
    assert "CANARY" not in outcome.output


@sqlite_only
def test_two_data_migrations_of_one_name_are_refused(project: Project) -> None:
    make_shop(project)
    add_data(project, file="one")
    add_data(project, file="two")
    refused(project.run("online-data-migrations"), 64, "fill", "one.py", "two.py")


@sqlite_only
def test_a_requires_data_that_names_nothing_is_refused_by_contract_and_status(project: Project) -> None:
    make_shop(project)
    project.revision("contract", "drop_old", 'op.drop_column("shop", "old")', depends_on="shop", requires_data=["fil"])
    refused(project.run("contract"), 64, "fil", "drop_old")
    refused(project.run("status"), 64, "fil", "drop_old")


def test_a_table_without_a_usable_key_is_refused_and_says_what_to_add(database: Database, project: Project) -> None:
    if database.dialect == "sqlite":
        pytest.skip("every SQLite table has a rowid")
    project.revision(
        "expand", "shop", 'op.create_table("shop", sa.Column("old", sa.Integer), sa.Column("new", sa.Integer))'
    )
    project.data(
        "fill",
        """
        shop = sa.table("shop", sa.column("old"), sa.column("new"))
        fill = migrator.UpdateMigration(
            name="fill", table=shop, set={"new": shop.c.old}, where=shop.c.new.is_distinct_from(shop.c.old)
        )
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (old) VALUES (1)")
    refused(project.run("online-data-migrations"), 64, "shop", "key")


def test_a_predicate_that_never_becomes_false_stops_the_run_and_is_named(database: Database, project: Project) -> None:
    make_shop(project)
    project.data(
        "fill",
        """
        shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
        fill = migrator.UpdateMigration(name="fill", table=shop, set={"new": shop.c.old}, where=shop.c.id > 0)
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 1), (2, 2)")
    outcome = project.run("online-data-migrations")
    assert outcome.exit_code == 2, outcome.output
    assert "fill" in outcome.stdout
    assert "blocked" in outcome.stdout


def test_a_function_that_raises_is_named_by_class_and_the_others_go_on(database: Database, project: Project) -> None:
    make_shop(project)
    add_data(project)
    project.data(
        "a_bad",
        """
        @migrator.function_migration(name="bad", remaining=sa.select(sa.literal(1)))
        def bad(context, max_count):
            raise ValueError("CANARY")
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 7)")
    outcome = project.run("online-data-migrations")
    assert outcome.exit_code == 1, outcome.output
    assert "ValueError" in outcome.output
    assert "CANARY" not in outcome.output
    assert database.scalar("SELECT new FROM shop") == 7
    assert project.run("online-data-migrations").exit_code == 2


# -- canaries --------------------------------------------------------------------------------------------------------


def test_no_canary_in_rows_keys_or_errors_reaches_output_or_tables(database: Database, project: Project) -> None:
    project.revision(
        "expand",
        "person",
        'op.create_table("person", sa.Column("email", sa.String(60), primary_key=True),'
        ' sa.Column("name", sa.String(60)), sa.Column("full", sa.String(60), unique=True))',
    )
    project.data(
        "names",
        """
        person = sa.table("person", sa.column("email"), sa.column("name"), sa.column("full"))
        names = migrator.UpdateMigration(
            name="names", table=person, set={"full": person.c.name}, where=person.c.full.is_distinct_from(person.c.name)
        )
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO person (email, name) VALUES ('CANARY1', 'VALUE CANARY'), ('CANARY2', 'VALUE CANARY')")
    outputs = [
        project.run("online-data-migrations", "--max-count", "1", "-v"),
        project.run("online-data-migrations", "-v", "--log-format", "json"),
        project.run("status", "-v"),
        project.run("ledger", "--format", "json"),
    ]
    assert outputs[1].exit_code in (1, 2), outputs[1].output  # the unique key stops the second row
    for outcome in outputs:
        assert "CANARY" not in outcome.output
    for table in database.tables():
        if table.startswith("migrator_"):
            # The key of a row in quarantine is there, for whoever is to mend the row; no other value of it is.
            secret = "VALUE" if table == "migrator_quarantine" else "CANARY"
            assert secret not in repr(database.rows(f"SELECT * FROM {table}")), table
    assert [key for (key,) in database.rows("SELECT row_key FROM migrator_quarantine")] == ['[["s", "CANARY2"]]']
