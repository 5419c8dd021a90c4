"""A change with all three phases, small enough to read: shop.old becomes shop.new."""

from __future__ import annotations

from tests.support.project import Project

TABLE = """
op.create_table(
    "shop",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("old", sa.String(50)),
)
"""
DATA = """
shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
rename = migrator.UpdateMigration(
    name="rename",
    table=shop,
    set={"new": shop.c.old},
    where=shop.c.new.is_distinct_from(shop.c.old),
    requires=("add_new",),
)
change = "rename"
"""


def release_a(project: Project) -> None:
    """The table with its old column."""
    project.revision("expand", "make_shop", TABLE, 'op.drop_table("shop")')


def release_b(project: Project) -> None:
    """The new column beside it, and the data migration."""
    project.revision(
        "expand",
        "add_new",
        'op.add_column("shop", sa.Column("new", sa.String(50)))',
        'op.drop_column("shop", "new")',
        change="rename",
    )
    project.data("rename", DATA)


def release_c(project: Project) -> None:
    """The removal of the old one."""
    project.revision(
        "contract",
        "drop_old",
        'op.drop_column("shop", "old")',
        depends_on="add_new",
        requires_data=["rename"],
        change="rename",
    )


def all_releases(project: Project) -> None:
    """Everything."""
    release_a(project)
    release_b(project)
    release_c(project)
