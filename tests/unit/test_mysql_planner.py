"""How MySQL's and MariaDB's planner takes statements apart, without a server."""

from __future__ import annotations

import pytest

from migrator.dialects.mysql.locks import MySQLLocks
from migrator.dialects.mysql.planner_alter import DROP_INDEX_TAKES_ALGORITHM
from migrator.dialects.mysql.planner_columns import CHECK_WITH_COLUMN, EXPRESSION_DEFAULT, copies
from migrator.dialects.mysql.planner_steps import LOCK_WITH_INSTANT, SNAPSHOT_LOST_AT_ONCE
from migrator.dialects.planning import Request, planner
from migrator.model.plan import Blocks, Capabilities, ColumnFacts, Plan, TableFacts, TableName

CAPABILITIES = {
    "mysql": Capabilities(version="9.7", features=frozenset({DROP_INDEX_TAKES_ALGORITHM, SNAPSHOT_LOST_AT_ONCE})),
    "mariadb": Capabilities(
        version="10.11", features=frozenset({LOCK_WITH_INSTANT, CHECK_WITH_COLUMN, EXPRESSION_DEFAULT})
    ),
}
BOTH = pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
INPLACE = ", ALGORITHM=INPLACE, LOCK=NONE"
INSTANT = {"mysql": ", ALGORITHM=INSTANT", "mariadb": ", ALGORITHM=INSTANT, LOCK=NONE"}


def planned(
    dialect: str, sql: str, *, new: frozenset[TableName] = frozenset(), facts: TableFacts | None = None
) -> Plan:
    rules = planner(dialect)
    return rules.plan(Request(sql=sql, new_tables=new), CAPABILITIES[dialect], lambda schema, table: facts)


def sent(dialect: str, sql: str) -> str:
    """What is sent for a statement that isn't refused."""
    plan = planned(dialect, sql)
    assert plan.blocking is None, plan.blocking
    return plan.steps[0].sql


def rule(dialect: str, sql: str) -> str:
    blocking = planned(dialect, sql).blocking
    return blocking.rule if blocking else ""


@BOTH
def test_a_column_is_added_at_once_or_not_at_all(dialect: str) -> None:
    (step,) = planned(dialect, "ALTER TABLE t ADD COLUMN c INTEGER").steps
    assert step.sql == f"ALTER TABLE t ADD COLUMN c INTEGER{INSTANT[dialect]}"
    assert step.choices == ()
    assert (step.tables, step.blocks, step.bounded) == (((None, "t"),), Blocks.ALL, True)
    assert (step.scans, step.rewrites, step.waits_for) == (False, False, ())


@BOTH
def test_a_column_is_dropped_at_once_or_by_a_rebuild_beside_traffic(dialect: str) -> None:
    (step,) = planned(dialect, "ALTER TABLE `a b`.`t` DROP COLUMN c").steps
    assert step.sql == f"ALTER TABLE `a b`.`t` DROP COLUMN c{INSTANT[dialect]}"
    assert step.choices == (f"ALTER TABLE `a b`.`t` DROP COLUMN c{INPLACE}",)
    assert step.waits_for == step.tables == (("a b", "t"),)
    assert "replicas lag" in step.note


@BOTH
def test_an_index_is_built_beside_traffic_after_old_transactions_ended(dialect: str) -> None:
    (step,) = planned(dialect, "CREATE INDEX i ON t (a)").steps
    assert step.sql == "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE"
    assert step.waits_for == ((None, "t"),)
    assert (step.scans, step.rewrites) == (True, False)
    assert "1412" in step.note


@BOTH
def test_a_column_and_its_index_in_one_statement_say_what_two_would_spare(dialect: str) -> None:
    (step,) = planned(dialect, "ALTER TABLE t ADD COLUMN c INTEGER, ADD INDEX i (c)").steps
    assert step.sql.endswith(INPLACE)
    assert step.rewrites
    assert "two statements" in step.note


@BOTH
@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("ALTER TABLE t ADD COLUMN c INT -- why", "ALTER TABLE t ADD COLUMN c INT"),
        ("ALTER TABLE t ADD COLUMN c INT # why", "ALTER TABLE t ADD COLUMN c INT"),
        ("/* a; b */ ALTER TABLE t /* c */ ADD COLUMN c INT;", "ALTER TABLE t ADD COLUMN c INT"),
        ("alter  table t\n  add column c int", "alter table t add column c int"),
        (
            "ALTER TABLE t ADD COLUMN c INT COMMENT 'a,  b -- ; /* x'",
            "ALTER TABLE t ADD COLUMN c INT COMMENT 'a,  b -- ; /* x'",
        ),
        (
            "ALTER TABLE t ADD COLUMN c INT COMMENT 'it''s \\' #'",
            "ALTER TABLE t ADD COLUMN c INT COMMENT 'it''s \\' #'",
        ),
        ("ALTER TABLE t ADD COLUMN `unique` INT", "ALTER TABLE t ADD COLUMN `unique` INT"),
        ("ALTER TABLE t ADD COLUMN stored INT", "ALTER TABLE t ADD COLUMN stored INT"),
        ("ALTER TABLE t ADD period INT", "ALTER TABLE t ADD period INT"),
        ("ALTER TABLE t ADD COLUMN c INT, ALGORITHM=DEFAULT", "ALTER TABLE t ADD COLUMN c INT, ALGORITHM=DEFAULT"),
    ],
)
def test_the_assertion_stands_behind_all_that_the_statement_says(dialect: str, sql: str, kept: str) -> None:
    assert sent(dialect, sql) == kept + INSTANT[dialect]


@BOTH
@pytest.mark.parametrize(
    ("sql", "sends"),
    [
        (
            "ALTER TABLE t ADD INDEX i (a), ALGORITHM=INPLACE",
            "ALTER TABLE t ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE",
        ),
        ("ALTER TABLE t DROP COLUMN c, ALGORITHM=INSTANT", "ALTER TABLE t DROP COLUMN c, ALGORITHM=INSTANT"),
        ("ALTER TABLE t MODIFY c BIGINT, LOCK = NONE", "ALTER TABLE t MODIFY c BIGINT, LOCK = NONE"),
        ("CREATE INDEX i ON t (a) LOCK=NONE", "CREATE INDEX i ON t (a) LOCK=NONE"),
        ("CREATE INDEX i ON t (a) ALGORITHM=INPLACE", "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE"),
        ("ALTER TABLE t FORCE, ALGORITHM=INPLACE, LOCK=NONE", "ALTER TABLE t FORCE, ALGORITHM=INPLACE, LOCK=NONE"),
    ],
)
def test_an_assertion_of_its_own_is_kept_and_completed(dialect: str, sql: str, sends: str) -> None:
    assert sent(dialect, sql) == sends


@BOTH
@pytest.mark.parametrize(
    ("sql", "online"),
    [
        ("ALTER TABLE t ADD INDEX i (a), ALGORITHM=COPY", f"ALTER TABLE t ADD INDEX i (a){INPLACE}"),
        ("ALTER TABLE t ADD INDEX i (a), LOCK=SHARED", f"ALTER TABLE t ADD INDEX i (a){INPLACE}"),
        (
            "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=EXCLUSIVE",
            "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE",
        ),
    ],
)
def test_a_lock_of_its_own_is_refused_with_the_online_form_written_out(dialect: str, sql: str, online: str) -> None:
    blocking = planned(dialect, sql).blocking
    assert blocking is not None
    assert f'op.execute("{online}")' in blocking.remedy


@BOTH
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD COLUMN c INT; ALTER TABLE t FORCE",
        "ALTER TABLE t /*! FORCE */",
        "/*!50000 ALTER TABLE t FORCE */",
        "/*M! ALTER TABLE t FORCE */",
        "SET STATEMENT max_statement_time=1 FOR ALTER TABLE t FORCE",
        "ALTER TABLE t ADD COLUMN c INT COMMENT 'open",
    ],
)
def test_what_cannot_be_told_apart_is_refused(dialect: str, sql: str) -> None:
    assert rule(dialect, sql) == "opaque-sql"


@BOTH
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE t COMMENT='x' ENGINE=MyISAM, ALGORITHM=INSTANT", "mysql-change-engine"),
        ("ALTER TABLE t PARTITION BY HASH (a) PARTITIONS 2", "mysql-partition-table"),
        ("ALTER TABLE t ADD COLUMN c INT PARTITION BY HASH (a) PARTITIONS 2", "mysql-partition-table"),
        ("ALTER TABLE t ADD PARTITION (PARTITION p1)", "mysql-partition-table"),
        ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "mysql-partition-table"),
        ("ALTER TABLE t ORDER BY a, b", "mysql-require-algorithm-lock"),
        ("ALTER IGNORE TABLE t ADD UNIQUE (a)", "mysql-algorithm-copy"),
        ("ALTER TABLE t DROP COLUMN a, RENAME TO u", "mysql-combined-alter-loses-instant"),
        ("ALTER TABLE t ADD COLUMN (a INT, b INT AUTO_INCREMENT UNIQUE)", "add-auto-increment-column"),
        ("ALTER TABLE t ADD COLUMN (a INT, b DOUBLE DEFAULT (rand()))", "add-column-volatile-default"),
        ("DROP INDEX `PRIMARY` ON t", "add-primary-key-builds-index"),
        ("CREATE SPATIAL INDEX i ON t (a)", "mysql-add-fulltext-or-spatial"),
        ("OPTIMIZE LOCAL TABLE t", "vacuum-full-or-cluster"),
    ],
)
def test_what_no_assertion_helps_against_is_refused(dialect: str, sql: str, expected: str) -> None:
    assert rule(dialect, sql) == expected


@BOTH
@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("DROP TABLE IF EXISTS a, s.b", ((None, "a"), ("s", "b"))),
        ("RENAME TABLE a TO b, c TO d", ((None, "a"), (None, "c"))),
        ("TRUNCATE TABLE a", ((None, "a"),)),
        ("CREATE OR REPLACE TABLE a (id INT)", ((None, "a"),)),
        ("CREATE TABLE n (p INT, FOREIGN KEY (p) REFERENCES a (id))", ((None, "a"),)),
        ("CREATE OR REPLACE ALGORITHM=MERGE VIEW v AS SELECT 1", ((None, "v"),)),
        ("CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; END", ((None, "a"),)),
        ("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END", ()),
        ("CREATE TABLE n (id INT)", ()),
        ("INSERT INTO a VALUES (1)", ()),
        ("ALTER DATABASE d CHARACTER SET utf8mb4", ()),
    ],
)
def test_the_tables_that_are_locked_for_a_moment_are_named(
    dialect: str, sql: str, tables: tuple[TableName, ...]
) -> None:
    (step,) = planned(dialect, sql).steps
    assert (step.sql, step.tables) == (sql, tables)
    assert bool(step.lock) == bool(tables)


@BOTH
def test_a_table_of_the_revision_itself_needs_no_online_form(dialect: str) -> None:
    new: frozenset[TableName] = frozenset({(None, "t")})
    for sql in ("ALTER TABLE t FORCE", "CREATE INDEX i ON t (a)", "ALTER TABLE t ADD PRIMARY KEY (a)"):
        plan = planned(dialect, sql, new=new)
        assert plan.blocking is None
        assert (plan.steps[0].sql, plan.steps[0].tables) == (sql, ())
    added = planned(dialect, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)", new=new)
    assert added.blocking is None
    assert added.steps[0].tables == ((None, "u"),)


@BOTH
def test_what_is_known_of_the_column_tells_a_rebuild_from_a_change_of_the_catalogue(dialect: str) -> None:
    facts = TableFacts(columns={"c": ColumnFacts(type="varchar(20)", nullable=True)})
    wider = planned(dialect, "ALTER TABLE t MODIFY c VARCHAR(30) NULL", facts=facts).steps[0]
    assert (wider.rewrites, wider.note) == (False, "")
    filled = planned(dialect, "ALTER TABLE t MODIFY c VARCHAR(20) NOT NULL", facts=facts).steps[0]
    assert filled.rewrites
    assert filled.sql.endswith(INPLACE)
    copied = planned(dialect, "ALTER TABLE t MODIFY c TEXT", facts=facts).blocking
    assert copied is not None
    assert copied.rule == "mysql-algorithm-copy"


@pytest.mark.parametrize(
    ("before", "new", "expected"),
    [
        ("int(11)", "INTEGER", False),
        ("int", "BIGINT", True),
        ("int unsigned", "INT", True),
        ("tinyint(1)", "BOOL", False),
        ("varchar(50)", "VARCHAR(40)", True),
        ("varchar(50)", "VARCHAR(60)", False),
        ("decimal(10,2)", "NUMERIC(10, 2)", False),
        ("decimal(10,2)", "DECIMAL(12, 2)", True),
        ("datetime", "DATETIME(6)", True),
        ("datetime(6)", "DATETIME(6)", False),
        ("enum('a','b')", "ENUM('a','b','c')", False),
        ("longtext", "JSON", False),
        ("geometry", "POINT", False),
    ],
)
def test_a_copy_is_foretold_only_where_it_is_certain(before: str, new: str, expected: bool) -> None:
    assert copies(before, new) is expected


def test_a_mark_can_not_end_its_own_comment() -> None:
    marked = MySQLLocks().marked("ALTER TABLE t FORCE", "revision a*/ DROP %s")
    assert marked.startswith("/* migrator revision a__ DROP _s */ ALTER TABLE")
