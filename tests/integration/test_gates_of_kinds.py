"""Each kind opens its contract only when it finds no row any more, by the command line."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

HEAD = """
shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
stock = sa.table("stock", sa.column("id"), sa.column("old"))
change = "rename"
"""
KINDS = {
    "delete": """
kind = migrator.DeleteMigration(name="kind", table=shop, where=shop.c.old.is_not(None))
""",
    "transform": """
@migrator.transform_migration(
    name="kind", table=shop, reads=("old",), writes=("new",), where=shop.c.new.is_distinct_from(shop.c.old)
)
def kind(row):
    return {"new": row["old"]}
""",
    "copy": """
kind = migrator.CopyMigration(
    name="kind", source=sa.select(shop.c.id, shop.c.old), target=stock, key=("id",), on_conflict="update"
)
""",
    "move": """
kind = migrator.CopyMigration(
    name="kind", source=sa.select(shop.c.id, shop.c.old), target=stock, key=("id",), remove_source=True
)
""",
}
STOCK = """
op.create_table(
    "stock", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("old", sa.String(50))
)
"""


@pytest.mark.quick_on("postgresql", "mysql")
@pytest.mark.parametrize("kind", KINDS)
def test_contract_opens_when_the_kind_finds_no_row_and_leaves_no_fence(
    database: Database, project: Project, kind: str
) -> None:
    shop.release_a(project)
    shop.release_b(project)
    project.data("rename", HEAD + KINDS[kind])
    project.revision("expand", "make_stock", STOCK, 'op.drop_table("stock")', change="rename")
    shop_contract(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b'), (3, 'c')")

    closed = project.run("contract")
    assert closed.exit_code == 4, closed.output
    assert "still finds 3 rows" in closed.stdout
    database.execute("INSERT INTO shop (id, old) VALUES (4, 'd')")  # the fence of a closed contract is down again

    moved = project.run("online-data-migrations")
    assert moved.exit_code == 0, moved.output
    report = project.run("online-data-migrations", "--format", "json").json()
    assert (report["exit_code"], [one["name"] for one in report["migrations"]]) == (0, ["kind"])

    done = project.run("contract")
    assert done.exit_code == 0, done.output
    assert "old" not in database.columns("shop")
    assert project.run("online-data-migrations").exit_code == 0  # retired: never asked again
    database.execute("INSERT INTO shop (id, new) VALUES (9, 'z')")


def shop_contract(project: Project) -> None:
    """Drops what the kinds read."""
    project.revision(
        "contract",
        "drop_old",
        'op.drop_column("shop", "old")',
        depends_on=("add_new", "make_stock"),
        requires_data=["kind"],
        change="rename",
    )
