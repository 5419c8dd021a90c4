"""Contract asks the author's invariant too: by its own command, under plain Alembic, and as status shows it."""

from __future__ import annotations

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

DATA = """
shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
rename = migrator.UpdateMigration(
    name="rename",
    table=shop,
    set={"new": shop.c.old},
    where=shop.c.new.is_(None),
    requires=("add_new",),
    invariant=sa.select(shop.c.id).where(shop.c.new.is_distinct_from(shop.c.old)),
)
change = "rename"
"""
WHY = "finds no row, but its invariant finds a row that must not be there"


def filled(database: Database, project: Project) -> None:
    """All is done; then somebody breaks one row, which the predicate doesn't see."""
    shop.all_releases(project)
    project.data("rename", DATA)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b')")
    assert project.run("online-data-migrations").exit_code == 0
    database.execute("UPDATE shop SET new = 'other' WHERE id = 2")


def test_contract_stays_closed_while_the_invariant_finds_a_row(database: Database, project: Project) -> None:
    filled(database, project)
    closed = project.run("contract")
    assert (closed.exit_code, WHY in closed.stdout) == (4, True), closed.output
    assert "next: migrator data verify rename" in closed.stdout
    seen = project.run("status")
    assert "data migration rename is blocked" in seen.stdout
    assert "next: migrator data verify rename" in seen.stdout
    again = project.run("data", "verify", "rename")
    assert (again.exit_code, "its invariant finds 1 row" in again.stdout) == (1, True)
    assert project.run("online-data-migrations").exit_code == 2
    database.execute("UPDATE shop SET new = old")
    assert "next: migrator contract" in project.run("status").stdout
    done = project.run("contract")
    assert done.exit_code == 0, done.output
    assert database.columns("shop") == ["id", "new"]
    assert project.run("upgrade").exit_code == 0, "never asked again: what it reads is gone"
    assert project.run("status").exit_code == 0


def test_plain_alembic_meets_the_invariant_too_and_a_forced_gate_passes_it(
    database: Database, project: Project
) -> None:
    filled(database, project)
    refused = project.alembic("upgrade", "contract@head")
    assert (refused.exit_code, WHY in refused.output) == (255, True), refused.output
    assert "old" in database.columns("shop")
    forced = project.run("contract", "--force", "data", "--reason", "row 2 is a test shop")
    assert forced.exit_code == 0, forced.output
    assert database.columns("shop") == ["id", "new"]
