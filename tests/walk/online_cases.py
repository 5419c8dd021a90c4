"""A revision for each row of the table of online operations, on a table that clients work on.

Each stands alone on top of the revision ``tables``; those of one table can also run one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from tests.support.project import Project

OWNERS = 10
HELD_KEY = 0
BATCH = 100_000
ALL = frozenset({"postgresql", "mariadb", "mysql"})
POSTGRESQL = frozenset({"postgresql"})
MYSQL = frozenset({"mariadb", "mysql"})

COLUMNS = """
    sa.Column("id", sa.BigInteger, {primary_key}),
    sa.Column("code", sa.Integer, nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("email", sa.String(60), nullable=False),
    sa.Column("note", sa.String(40)),
    sa.Column("owner_id", sa.Integer, nullable=False),
    sa.Column("price", sa.Numeric(10, 2), nullable=False),
    sa.Column("touched", sa.Integer, nullable=False),
    sa.Column("mood", sa.Enum("good", "bad", name="mood")),
    sa.Column("legacy", sa.Integer),
    sa.Column("spare", sa.Integer),
"""
OWNER = """
op.create_table("owner", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
"""
ITEM = f"""
op.create_table("item", {COLUMNS.format(primary_key="primary_key=True, autoincrement=False")})
op.create_index("ix_item_touched", "item", ["touched"])
op.create_unique_constraint("uq_item_old", "item", ["id", "touched"])
op.create_table(
    "receipt",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item_id", sa.BigInteger, sa.ForeignKey("item.id", name="fk_receipt_item")),
)
op.execute("CREATE VIEW item_owner AS SELECT id, owner_id FROM item")
"""
# No primary key yet, but a unique key by which its rows are found.
ENTRY = f"""
op.create_table("entry", {COLUMNS.format(primary_key="nullable=False")})
op.create_unique_constraint("uq_entry_id", "entry", ["id"])
"""
PARTED = f"""
op.create_table(
    "parted",
    {COLUMNS.format(primary_key="primary_key=True, autoincrement=False")}
    postgresql_partition_by="RANGE (id)",
)
op.execute("CREATE TABLE parted_old PARTITION OF parted FOR VALUES FROM (MINVALUE) TO (0)")
op.execute("CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (1000000000)")
op.execute("CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (1000000000) TO (1000000000000000000)")
op.execute(
    "CREATE TABLE parted_new (LIKE parted INCLUDING ALL,"
    " CONSTRAINT bounds CHECK (id >= 1000000000000000000 AND id < 2000000000000000000))"
)
"""
TABLES = {"item": ITEM, "entry": ENTRY, "parted": PARTED}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One revision.

    Attributes:
        name: its id.
        upgrade: lines of Python.
        phase: the folder it is in.
        table: where the clients work meanwhile.
        runs: the servers where it runs online.
        refused: server → what the refusal names (a rule, or words); exit 3.
        allow: rules about old code that is not here: these clients go on whatever the release.
        quick: part of every test run; the others of ``--full``.
    """

    name: str
    upgrade: str
    phase: Literal["expand", "contract"] = "expand"
    table: str = "item"
    runs: frozenset[str] = ALL
    refused: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    quick: bool = False

    def write(self, project: Project) -> None:
        """Put it into a project that has ``tables``."""
        depends_on = "tables" if self.phase == "contract" else ()
        allow = dict.fromkeys(self.allow, "the clients of this test keep to it")
        project.revision(self.phase, self.name, self.upgrade, depends_on=depends_on, allow=allow)


CASES = (
    Case(name="create_index", upgrade='op.create_index("ix_item_code", "item", ["code"])', quick=True),
    Case(
        name="unique_index",
        allow=("add-unique-old-writers",),
        upgrade='op.create_index("ux_item_email", "item", ["email"], unique=True)',
    ),
    Case(
        name="unique_constraint",
        allow=("add-unique-old-writers",),
        upgrade='op.create_unique_constraint("uq_item_code", "item", ["id", "code"])',
    ),
    Case(
        name="foreign_key",
        allow=("constraint-rejects-old-writes",),
        upgrade='op.create_foreign_key("fk_item_owner", "item", "owner", ["owner_id"], ["id"])',
        runs=POSTGRESQL,
        refused={"mariadb": "mysql-add-foreign-key", "mysql": "mysql-add-foreign-key"},
    ),
    Case(
        name="check",
        allow=("constraint-rejects-old-writes",),
        upgrade='op.create_check_constraint("ck_item_price", "item", "price >= 0")',
        runs=POSTGRESQL,
        refused={"mariadb": "mysql-add-check", "mysql": "mysql-add-check"},
    ),
    Case(
        name="add_column",
        upgrade='op.add_column("item", sa.Column("colour", sa.String(20)))',
        quick=True,
    ),
    Case(
        name="add_column_with_default",
        upgrade='op.add_column("item", sa.Column("rank", sa.Integer, nullable=False, server_default="0"))',
    ),
    Case(
        name="wider_type",
        allow=("change-column-type",),
        upgrade=(
            'op.alter_column("item", "name", type_=sa.String(60), existing_type=sa.String(40), existing_nullable=False)'
        ),
    ),
    Case(name="table_comment", upgrade='op.create_table_comment("item", "what we sell")'),
    Case(
        name="column_default",
        upgrade=(
            'op.alter_column("item", "touched", server_default="0",'
            " existing_type=sa.Integer(), existing_nullable=False)"
        ),
    ),
    Case(name="enum_value", upgrade="op.execute(\"ALTER TYPE mood ADD VALUE 'calm'\")", runs=POSTGRESQL),
    Case(
        name="enum_value_appended",
        allow=("change-column-type",),
        upgrade=(
            'op.alter_column("item", "mood", type_=sa.Enum("good", "bad", "calm", name="mood"),'
            ' existing_type=sa.Enum("good", "bad", name="mood"), existing_nullable=True)'
        ),
        runs=MYSQL,
    ),
    Case(
        name="replace_view",
        upgrade='op.execute("CREATE OR REPLACE VIEW item_owner AS SELECT id, owner_id, code FROM item")',
    ),
    Case(
        name="type_that_rewrites",
        allow=("change-column-type",),
        upgrade='op.alter_column("item", "legacy", type_=sa.BigInteger(), existing_type=sa.Integer())',
        runs=frozenset(),
        refused={
            "postgresql": "change-column-type-rewrite",
            "mariadb": "mysql-algorithm-copy",
            "mysql": "mysql-algorithm-copy",
        },
    ),
    Case(
        name="volatile_default",
        upgrade=(
            'op.add_column("item", sa.Column("luck", sa.Float, nullable=False,'
            ' server_default=sa.text("(random())" if op.get_bind().dialect.name == "postgresql" else "(rand())")))'
        ),
        runs=frozenset(),
        refused=dict.fromkeys(ALL, "add-column-volatile-default"),
    ),
    Case(
        name="exclusion_constraint",
        allow=("constraint-rejects-old-writes",),
        upgrade='op.create_exclude_constraint("ex_item", "item", ("id", "="), using="btree")',
        runs=frozenset(),
        refused={"postgresql": "add-exclusion-constraint"},
    ),
    Case(
        name="not_null",
        upgrade='op.alter_column("item", "note", nullable=False, existing_type=sa.String(40))',
        phase="contract",
        quick=True,
    ),
    Case(name="drop_index", upgrade='op.drop_index("ix_item_touched", "item")', phase="contract"),
    Case(
        name="drop_unique_constraint",
        upgrade='op.drop_constraint("uq_item_old", "item", type_="unique")',
        phase="contract",
    ),
    Case(name="drop_column", upgrade='op.drop_column("item", "legacy")', phase="contract"),
    Case(
        name="rename_column",
        upgrade='op.alter_column("item", "spare", new_column_name="spared", existing_type=sa.Integer())',
        phase="contract",
    ),
    Case(name="drop_table", upgrade='op.drop_table("receipt")', phase="contract"),
    Case(
        name="primary_key",
        upgrade='op.create_primary_key("pk_entry", "entry", ["id"])',
        phase="contract",
        table="entry",
        runs=POSTGRESQL,
        refused={"mariadb": "primary-key", "mysql": "primary-key"},
    ),
    Case(
        name="partitioned_index",
        upgrade='op.create_index("ix_parted_code", "parted", ["code"])',
        table="parted",
        runs=POSTGRESQL,
    ),
    Case(
        name="attach_partition",
        allow=("opaque-sql",),
        upgrade=(
            'op.execute("ALTER TABLE parted ATTACH PARTITION parted_new'
            ' FOR VALUES FROM (1000000000000000000) TO (2000000000000000000)")'
        ),
        table="parted",
        runs=POSTGRESQL,
    ),
    Case(
        name="detach_partition",
        allow=("opaque-sql",),
        upgrade=(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("ALTER TABLE parted DETACH PARTITION parted_old CONCURRENTLY")'
        ),
        phase="contract",
        table="parted",
        runs=POSTGRESQL,
    ),
)


def case_named(name: str) -> Case:
    """The case of that name."""
    return next(case for case in CASES if case.name == name)


def write_base(project: Project, tables: frozenset[str]) -> None:
    """The revision that all cases stand on: these tables, and what they refer to."""
    allow = {"opaque-sql": "new tables"}
    project.revision("expand", "tables", OWNER + "".join(TABLES[table] for table in sorted(tables)), allow=allow)


def fill(engine: sa.Engine, table: str, rows: int) -> None:
    """Rows 0 to ``rows`` of a table of ``tables``, and the owners; no client touches row 0."""
    first = (
        f"INSERT INTO {table} (id, code, name, email, note, owner_id, price, touched)"
        " VALUES (0, 0, 'held', 'old-0', 'old', 1, 1, 0), (1, 1, 'old', 'old-1', 'old', 1, 1, 0)"
    )
    with engine.begin() as connection:
        if not connection.execute(sa.text("SELECT count(*) FROM owner")).scalar():
            connection.execute(sa.text("INSERT INTO owner (id) VALUES (:id)"), [{"id": n + 1} for n in range(OWNERS)])
        connection.execute(sa.text(first))
    grow(engine, table, 1, rows)


def grow(engine: sa.Engine, table: str, have: int, rows: int) -> None:
    """From rows 0 to ``have`` to rows 0 to ``rows``."""
    # Doubling the rows is one statement for every server; each copies no more than a batch.
    copy = sa.text(
        f"INSERT INTO {table} (id, code, name, email, note, owner_id, price, touched)"
        f" SELECT id + :have, code + :have, name, {_text(engine, 'id + :have')}, note,"
        f" 1 + (owner_id + :have) % {OWNERS}, price, 0 FROM {table} WHERE id BETWEEN 1 AND :count"
    )
    while have < rows:
        count = min(have, rows - have, BATCH)
        with engine.begin() as connection:
            connection.execute(copy, {"have": have, "count": count})
        have += count
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ANALYZE {'' if engine.dialect.name == 'postgresql' else 'TABLE '}{table}")


def _text(engine: sa.Engine, number: str) -> str:
    return f"'old-' || ({number})" if engine.dialect.name == "postgresql" else f"concat('old-', {number})"
