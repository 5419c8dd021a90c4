"""The gate of contract opens over waived rows, and over no other; so it does under plain Alembic."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

DATA = """
shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
rename = migrator.UpdateMigration(
    name="rename", table=shop, set={"new": shop.c.old}, where=shop.c.new.is_(None), requires=("add_new",)
)
change = "rename"
"""


def parked(database: Database, project: Project) -> None:
    """Two rows of four can't be done; contract waits for them."""
    shop.all_releases(project)
    project.data("rename", DATA)
    assert project.run("expand").exit_code == 0
    if database.dialect == "sqlite":
        database.execute(
            "CREATE TRIGGER bad BEFORE UPDATE ON shop WHEN NEW.new = 'bad' BEGIN SELECT RAISE(ABORT, 'bad'); END"
        )
    else:
        database.execute("ALTER TABLE shop ADD CONSTRAINT shop_new CHECK (new <> 'bad')")
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'bad'), (3, 'c'), (4, 'bad')")
    assert project.run("online-data-migrations").exit_code == 1
    closed = project.run("contract")
    assert closed.exit_code == 4, closed.output
    assert "2 rows, all of them in quarantine" in closed.stdout


def unbind(database: Database) -> None:
    """What made the rows fail names a column that stays; SQLite drops no column that a trigger names."""
    if database.dialect == "sqlite":
        database.execute("DROP TRIGGER bad")


def test_contract_opens_over_waived_rows_and_says_so(database: Database, project: Project) -> None:
    parked(database, project)
    waived = project.run("data", "waive", "rename", "--reason", "they are test shops", "--key", "2")
    assert waived.exit_code == 0, waived.output
    closed = project.run("contract")
    assert (closed.exit_code, "still finds 1 row, all of them in quarantine" in closed.stdout) == (4, True)

    waived = project.run("data", "waive", "rename", "--reason", "they are test shops", "--format", "json")
    assert waived.exit_code == 0, waived.output
    now = waived.json()["migration"]
    assert (now["quarantined"], now["waived"], now["state"]) == (0, 2, "pending")
    assert {one["waived_reason"] for one in now["quarantine"]} == {"they are test shops"}
    shown = project.run("data", "status", "rename").stdout
    assert "row 2 failed once" in shown
    assert "they are test shops" in shown
    assert "2 in quarantine are waived" in shown
    ran = project.run("online-data-migrations")
    assert (ran.exit_code, "next: migrator contract" in ran.stdout) == (0, True), ran.output
    assert "2 waived" in project.run("status").stdout
    assert "2 rows more are waived" in project.run("data", "verify", "rename").stdout
    assert "they are test shops" in project.run("ledger").stdout

    unbind(database)
    database.execute("INSERT INTO shop (id, old) VALUES (5, 'bad')")
    closed = project.run("contract")
    assert (closed.exit_code, "still finds 1 row" in closed.stdout) == (4, True), "a row that nobody waived"
    database.execute("DELETE FROM shop WHERE id = 5", "UPDATE shop SET old = 'bad' WHERE id = 2")
    done = project.run("contract")
    assert done.exit_code == 0, done.output
    assert database.rows("SELECT id, new FROM shop ORDER BY id") == [(1, "a"), (2, None), (3, "c"), (4, None)]
    assert project.run("status").exit_code == 0


NOT_NULL = """
with op.batch_alter_table("shop") as batch:
    batch.alter_column("new", existing_type=sa.String(50), nullable=False)
"""


def test_a_not_null_that_waived_rows_would_refuse_closes_contract_before_its_first_statement(
    database: Database, project: Project
) -> None:
    parked(database, project)
    unbind(database)
    project.revision("contract", "strict", NOT_NULL, requires_data=["rename"], change="rename")
    assert project.run("data", "waive", "rename", "--reason", "test shops").exit_code == 0
    closed = project.run("contract")
    assert closed.exit_code == 4, closed.output
    said = "2 waived rows of data migration rename have NULL in shop.new, which this contract makes NOT NULL"
    assert said in closed.stdout
    assert "next: migrator data status rename" in closed.stdout
    database.execute("UPDATE shop SET new = 'none' WHERE id = 2")
    assert "1 waived row of data migration rename has NULL" in project.run("contract").stdout
    database.execute("UPDATE shop SET new = 'none' WHERE id = 4")
    done = project.run("contract")
    assert done.exit_code == 0, done.output


def test_plain_alembic_is_refused_before_a_not_null_that_waived_rows_would_refuse(
    database: Database, project: Project
) -> None:
    parked(database, project)
    unbind(database)
    project.revision("contract", "strict", NOT_NULL, requires_data=["rename"], change="rename")
    assert project.run("data", "waive", "rename", "--reason", "test shops").exit_code == 0
    refused = project.alembic("upgrade", "contract@head")
    assert refused.exit_code == 255, refused.output
    said = "2 waived rows of data migration rename have NULL in shop.new, which this contract makes NOT NULL"
    assert said in refused.output
    assert "old" in database.columns("shop"), "nothing was applied"
    database.execute("UPDATE shop SET new = 'none' WHERE new IS NULL")
    done = project.alembic("upgrade", "contract@head")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]


def test_plain_alembic_meets_the_same_gate(database: Database, project: Project) -> None:
    parked(database, project)
    refused = project.alembic("upgrade", "contract@head")
    assert (refused.exit_code, "still finds 2 rows" in refused.output) == (255, True), refused.output
    assert project.run("data", "waive", "rename", "--reason", "test shops", "--key", "4").exit_code == 0
    refused = project.alembic("upgrade", "contract@head")
    assert (refused.exit_code, "still finds 1 row" in refused.output) == (255, True), refused.output
    assert project.run("data", "waive", "rename", "--reason", "test shops").exit_code == 0
    unbind(database)
    done = project.alembic("upgrade", "contract@head")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]


def test_upgrade_goes_on_to_the_end_over_waived_rows(database: Database, project: Project) -> None:
    parked(database, project)
    assert project.run("data", "waive", "rename", "--reason", "test shops").exit_code == 0
    unbind(database)
    done = project.run("upgrade")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing", "--reason", "x"], "there are: rename"),
        (["rename", "--reason", "x"], "no row in quarantine"),
        (["rename", "--reason", " "], "without a reason"),
        (["rename"], "--reason"),
    ],
)
def test_what_can_not_be_waived_is_refused_with_64(project: Project, words: list[str], said: str) -> None:
    shop.all_releases(project)
    outcome = project.run("data", "waive", *words)
    assert outcome.exit_code == 64
    assert said in outcome.stderr
