"""Changes that SQLite makes only by a rebuild of the table: Alembic's batches, on a table with cascading children."""

from __future__ import annotations

from tests.support import templates
from tests.support.database import Database
from tests.support.items import Change
from tests.support.project import Project

ITEMS = 40
PARTS_OF_AN_ITEM = 3
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
    sa.Column("spare", sa.Integer),
)
op.create_index("ix_item_amount", "item", ["amount"])
op.create_table(
    "part",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id", name="fk_part_item", ondelete="CASCADE"), nullable=False),
)
op.create_table("loose", sa.Column("id", sa.Integer, nullable=False))
"""
ENFORCE = """\
    @event.listens_for(connectable, "connect")
    def enforce(connection, record) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

"""
ALLOW = dict.fromkeys(
    (
        "add-unique-old-writers",
        "add-primary-key-builds-index",
        "constraint-rejects-old-writes",
        "change-column-type",
        "change-column-type-rewrite",
    ),
    "nobody else is here",
)


def batch(*lines: str, table: str = "item", options: str = "") -> str:
    """A batch with these operations."""
    body = "".join(f"\n    batch.{line}" for line in lines)
    return f'with op.batch_alter_table("{table}"{options}) as batch:{body}'


CHANGES = (
    Change(name="unique", upgrade=batch('create_unique_constraint("uq_item_code", ["code"])')),
    Change(name="foreign_key", upgrade=batch('create_foreign_key("fk_item_owner", "owner", ["owner_id"], ["id"])')),
    Change(name="check", upgrade=batch('create_check_constraint("ck_item_amount", "amount >= 0")')),
    Change(name="wider", upgrade=batch('alter_column("name", type_=sa.String(40), existing_type=sa.String(20))')),
    Change(name="other_type", upgrade=batch('alter_column("code", type_=sa.Text, existing_type=sa.Integer)')),
    Change(
        name="column_and_index",
        upgrade=batch(
            'add_column(sa.Column("extra", sa.Integer, server_default="0", nullable=False))',
            'create_index("ix_item_extra", ["extra"])',
            options=', recreate="always"',
        ),
    ),
    Change(
        name="not_null",
        upgrade=batch('alter_column("amount", nullable=False, existing_type=sa.Integer)'),
        phase="contract",
    ),
    Change(name="drop_column", upgrade=batch('drop_column("gone")'), phase="contract"),
    Change(name="rename", upgrade=batch('alter_column("spare", new_column_name="spared")'), phase="contract"),
    Change(
        name="primary_key",
        upgrade=batch('create_primary_key("pk_loose", ["id"])', table="loose"),
        phase="contract",
    ),
)


def enforcing(project: Project) -> Project:
    """Its env.py turns foreign keys on for each connection, as SQLAlchemy's manual has it."""
    connect = "    with connectable.connect()"
    text = templates.SYNC.replace(connect, ENFORCE + connect)
    project.write(
        "migrations/env.py", text.replace("from alembic import", "from sqlalchemy import event\nfrom alembic import", 1)
    )
    return project


def write(project: Project, *changes: Change) -> None:
    """The tables, and a revision for each change."""
    project.revision("expand", "first", FIRST)
    for one in changes:
        depends_on = "first" if one.phase == "contract" else ()
        project.revision(one.phase, one.name, one.upgrade, depends_on=depends_on, allow=ALLOW)


def fill(database: Database) -> None:
    """Items, each with its parts."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    database.execute(
        "INSERT INTO owner (id) VALUES (1)",
        "INSERT INTO loose (id) VALUES (1), (2)",
        "INSERT INTO item (id, name, code, amount, owner_id, gone, spare)"
        f" {numbers.format(last=ITEMS - 1)} SELECT i, 'n' || i, i, i, 1, 0, i FROM n",
        "INSERT INTO part (id, item_id)"
        f" {numbers.format(last=ITEMS * PARTS_OF_AN_ITEM - 1)} SELECT i, i / {PARTS_OF_AN_ITEM} FROM n",
    )


def assert_sound(database: Database) -> None:
    """The file is whole, no row is lost, none points nowhere."""
    assert database.rows("PRAGMA integrity_check") == [("ok",)]
    assert database.rows("PRAGMA foreign_key_check") == []
    assert database.scalar("SELECT count(*) FROM part") == ITEMS * PARTS_OF_AN_ITEM
    assert database.rows("SELECT count(*), count(DISTINCT name), sum(amount) FROM item") == [
        (ITEMS, ITEMS, ITEMS * (ITEMS - 1) // 2)
    ]
    assert database.rows("SELECT id FROM loose ORDER BY id") == [(1,), (2,)]
