"""A project with a table ``item`` that has rows, and the changes of it that get an online form."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.database import Database
from tests.support.project import Phase, Project

FIRST = """
op.create_table("owner", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
op.create_table(
    "item",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(20)),
    sa.Column("code", sa.Integer),
    sa.Column("amount", sa.Integer),
    sa.Column("owner_id", sa.Integer),
    sa.Column("gone", sa.Integer),
)
op.create_table("loose", sa.Column("id", sa.Integer))
op.create_index("ix_item_amount", "item", ["amount"])
"""
HARMLESS_HERE = {
    "add-unique-old-writers": "the test's writers keep to it",
    "constraint-rejects-old-writes": "the test's writers keep to it",
    "change-column-type": "wider",
    "add-primary-key-builds-index": "the test's writers keep to it",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One revision; ``blocks`` are the rules that MySQL or MariaDB want allowed for it, with the reason."""

    name: str
    upgrade: str
    phase: Phase = "expand"
    blocks: dict[str, str] = field(default_factory=dict)


CHANGES = (
    Change(name="index", upgrade='op.create_index("ix_item_name", "item", ["name"])'),
    Change(name="unique_index", upgrade='op.create_index("ux_item_code", "item", ["code"], unique=True)'),
    Change(name="unique", upgrade='op.create_unique_constraint("uq_item_code", "item", ["code"])'),
    Change(
        name="foreign_key",
        upgrade='op.create_foreign_key("fk_item_owner", "item", "owner", ["owner_id"], ["id"])',
        blocks={"mysql-add-foreign-key": "small"},
    ),
    Change(
        name="check",
        upgrade='op.create_check_constraint("ck_item_amount", "item", "amount >= 0")',
        blocks={"mysql-add-check": "small", "mysql-algorithm-copy": "small"},
    ),
    Change(
        name="column",
        upgrade='op.add_column("item", sa.Column("extra", sa.Integer, server_default="0", nullable=False))',
    ),
    Change(
        name="wider",
        upgrade='op.alter_column("item", "name", type_=sa.String(40), existing_type=sa.String(20))',
    ),
    Change(
        name="not_null",
        upgrade='op.alter_column("item", "amount", nullable=False, existing_type=sa.Integer)',
        phase="contract",
    ),
    Change(name="drop_column", upgrade='op.drop_column("item", "gone")', phase="contract"),
    Change(name="drop_index", upgrade='op.drop_index("ix_item_amount", "item")', phase="contract"),
    Change(
        name="primary_key",
        upgrade='op.create_primary_key("pk_loose", "loose", ["id"])',
        phase="contract",
        blocks={"add-primary-key-builds-index": "small", "mysql-change-primary-key": "small"},
    ),
)
SQLITE_BATCH = ("unique", "foreign_key", "check", "wider", "not_null", "primary_key")


def with_items(database: Database, project: Project, rows: int = 50) -> None:
    """Expand the tables and fill them."""
    project.revision("expand", "first", FIRST)
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    fill(database, rows)


def fill(database: Database, rows: int = 50) -> None:
    """Rows that every change of :data:`CHANGES` finds in order."""
    database.execute(
        "INSERT INTO owner (id) VALUES (1)",
        "INSERT INTO loose (id) VALUES (1), (2)",
        *(
            f"INSERT INTO item (id, name, code, amount, owner_id, gone) VALUES ({i}, 'n{i}', {i}, {i}, 1, 0)"
            for i in range(rows)
        ),
    )


def changes_of(database: Database) -> tuple[Change, ...]:
    """Those that the server can do with Alembic's plain operations."""
    if database.dialect != "sqlite":
        return CHANGES
    return tuple(one for one in CHANGES if one.name not in SQLITE_BATCH)


def add(project: Project, *changes: Change) -> None:
    """Write a revision of each."""
    for one in changes:
        project.revision(
            one.phase,
            one.name,
            one.upgrade,
            depends_on="first" if one.phase == "contract" else (),
            allow={**HARMLESS_HERE, **one.blocks},
        )
