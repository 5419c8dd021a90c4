"""What the planner sends to MySQL and MariaDB is what the servers do beside traffic, or refuse without doing it.

The expectations are those of DDL that ran on filled tables of the two servers with another session reading and writing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from migrator.dialects import pack_for
from migrator.dialects.planning import Request, planner
from migrator.model.plan import Plan
from tests.support.database import Database

pytestmark = pytest.mark.servers("mysql", "mariadb")

TABLES = (
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, v INTEGER)",
    "CREATE TABLE plain (id INTEGER PRIMARY KEY AUTO_INCREMENT, a INTEGER NOT NULL, b VARCHAR(50), c VARCHAR(50),"
    " v INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL, KEY a_idx (a)) DEFAULT CHARSET utf8mb4",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY AUTO_INCREMENT, parent_id INTEGER NOT NULL,"
    " status VARCHAR(20) NOT NULL DEFAULT 'new', code VARCHAR(50), title VARCHAR(60), amount DECIMAL(10, 2) NOT NULL,"
    " qty INTEGER NOT NULL, ref_id INTEGER, note TEXT, at DATETIME NOT NULL,"
    " kind ENUM('a','b') NOT NULL DEFAULT 'a',"
    " tags SET('x','y'), small SMALLINT, u INTEGER UNSIGNED, f FLOAT,"
    " lat VARCHAR(50) CHARACTER SET latin1, ch CHAR(10),"
    " tt TINYTEXT, old VARCHAR(20), KEY code_idx (code), KEY parent_idx (parent_id),"
    " CONSTRAINT parent_fk FOREIGN KEY (parent_id) REFERENCES parents (id),"
    " CONSTRAINT qty_ck CHECK (qty > 0)) DEFAULT CHARSET utf8mb4",
    "CREATE TABLE nokey (id INTEGER NOT NULL, v INTEGER, w INTEGER)",
    "CREATE TABLE packed (id INTEGER PRIMARY KEY, a INTEGER) ROW_FORMAT=COMPRESSED",
    "CREATE TABLE ranged (id INTEGER PRIMARY KEY, a INTEGER) PARTITION BY RANGE (id)"
    " (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
    "CREATE TABLE hashed (id INTEGER PRIMARY KEY, a INTEGER) PARTITION BY HASH (id) PARTITIONS 2",
    "INSERT INTO parents VALUES (1, 1)",
    "INSERT INTO plain (id, a, b) VALUES (1, 1, 'b'), (2, 2, 'b')",
    "INSERT INTO orders (id, parent_id, code, amount, qty, ref_id, at) VALUES (1, 1, 'c', 1, 1, 1, '2024-01-01'),"
    " (2, 1, 'd', 1, 1, 1, '2024-01-02')",
    "INSERT INTO nokey VALUES (1, 1, 1), (2, 2, 2)",
    "INSERT INTO packed VALUES (1, 1)",
    "INSERT INTO ranged VALUES (1, 1)",
    "INSERT INTO hashed VALUES (1, 1)",
)
NAMES = ("made", "orders", "orders2", "plain", "nokey", "packed", "ranged", "hashed", "parents")

AT_ONCE = "at once"
BESIDE = "beside traffic"
NO_FORM = "no form"
AS_IS = "as it is"
COPY = "[mysql-algorithm-copy]"
# Statement → what becomes of it: refused by a rule, or the form that the server takes; (MySQL, MariaDB) where they
# differ.  What stops writers, copies or scans under a lock is a rule or "no form".
Expected = Mapping[str, "str | tuple[str, str]"]
COLUMNS: Expected = {
    "ALTER TABLE orders ADD COLUMN c1 INTEGER NOT NULL DEFAULT 5": AT_ONCE,
    "ALTER TABLE orders ADD COLUMN c1 DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP": AT_ONCE,
    "ALTER TABLE orders ADD COLUMN c1 DATETIME(6) DEFAULT now(6) COMMENT 'stored, (uuid())'": AT_ONCE,
    "ALTER TABLE orders ADD COLUMN c1 JSON, ADD COLUMN c2 INTEGER": AT_ONCE,
    "ALTER TABLE orders ADD COLUMN c1 VARCHAR(36) DEFAULT (uuid())": "[add-column-volatile-default]",
    "ALTER TABLE orders ADD COLUMN c1 DOUBLE DEFAULT (rand())": "[add-column-volatile-default]",
    "ALTER TABLE orders ADD COLUMN c1 DOUBLE DEFAULT (rand()), ALGORITHM=INSTANT": (
        AT_ONCE + " if at all",
        "[add-column-volatile-default]",
    ),
    "ALTER TABLE orders ADD COLUMN c1 TEXT DEFAULT ('x')": ("[add-column-volatile-default]", AT_ONCE),
    "ALTER TABLE orders ADD COLUMN c1 INTEGER DEFAULT (qty + 1)": "[add-column-volatile-default]",
    "ALTER TABLE orders ADD COLUMN c1 INTEGER CHECK (c1 > 0)": ("[mysql-add-check]", AT_ONCE),
    "ALTER TABLE orders ADD COLUMN c1 INTEGER REFERENCES parents (id)": "[mysql-add-foreign-key]",
    "ALTER TABLE orders ADD COLUMN c1 INTEGER GENERATED ALWAYS AS (qty * 2) VIRTUAL": AT_ONCE,
    "ALTER TABLE orders ADD COLUMN c1 INTEGER GENERATED ALWAYS AS (qty * 2) STORED": "[add-stored-generated-column]",
    "ALTER TABLE orders ADD COLUMN c1 INTEGER GENERATED ALWAYS AS (qty) VIRTUAL, ADD INDEX c1_idx (c1)": (
        "[mysql-combined-alter-loses-instant]"
    ),
    "ALTER TABLE nokey ADD COLUMN ai INTEGER NOT NULL AUTO_INCREMENT UNIQUE": "[add-auto-increment-column]",
    "ALTER TABLE nokey ADD COLUMN ai INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY": "[add-auto-increment-column]",
    "ALTER TABLE orders ADD COLUMN c1 INTEGER, ADD INDEX c1_idx (c1)": BESIDE,
    "ALTER TABLE orders ADD COLUMN c1 INTEGER UNIQUE": BESIDE,
    "ALTER TABLE packed ADD COLUMN c1 INTEGER": NO_FORM,
    "ALTER TABLE ranged ADD COLUMN c1 INTEGER": AT_ONCE,
    "ALTER TABLE orders DROP COLUMN old": AT_ONCE,
    "ALTER TABLE packed DROP COLUMN a": BESIDE,
    "ALTER TABLE plain DROP COLUMN v": AT_ONCE,
    "ALTER TABLE orders RENAME COLUMN note TO remark": AT_ONCE,
    "ALTER TABLE orders CHANGE note remark TEXT NULL": AT_ONCE,
    "ALTER TABLE parents RENAME COLUMN id TO pid": (BESIDE, AT_ONCE),
    "ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'open'": AT_ONCE,
    "ALTER TABLE orders ALTER COLUMN status DROP DEFAULT": AT_ONCE,
}
TYPES: Expected = {
    "ALTER TABLE orders MODIFY status VARCHAR(20) NOT NULL DEFAULT 'new'": AT_ONCE,
    "ALTER TABLE orders MODIFY title VARCHAR(63) NULL": (BESIDE, AT_ONCE),
    "ALTER TABLE orders MODIFY title VARCHAR(64) NULL": NO_FORM,
    "ALTER TABLE orders MODIFY status VARCHAR(30)": BESIDE,
    "ALTER TABLE orders MODIFY ref_id INTEGER NOT NULL": BESIDE,
    "ALTER TABLE orders MODIFY ref_id INTEGER NOT NULL DEFAULT 0": BESIDE,
    "ALTER TABLE orders MODIFY code VARCHAR(40)": COPY,
    "ALTER TABLE orders MODIFY code TEXT": COPY,
    "ALTER TABLE orders MODIFY tt TEXT": COPY,
    "ALTER TABLE orders MODIFY ch VARCHAR(10)": COPY,
    "ALTER TABLE orders MODIFY small INTEGER": COPY,
    "ALTER TABLE orders MODIFY u INTEGER": COPY,
    "ALTER TABLE orders MODIFY id BIGINT NOT NULL AUTO_INCREMENT": NO_FORM,
    "ALTER TABLE orders CHANGE ref_id ref BIGINT": COPY,
    "ALTER TABLE orders MODIFY ref_id INTEGER(11)": AT_ONCE,
    "ALTER TABLE orders MODIFY amount DECIMAL(12, 4) NOT NULL": COPY,
    "ALTER TABLE orders MODIFY amount NUMERIC(10, 2) NOT NULL": AT_ONCE,
    "ALTER TABLE orders MODIFY f DOUBLE": COPY,
    "ALTER TABLE orders MODIFY at TIMESTAMP NOT NULL": COPY,
    "ALTER TABLE orders MODIFY at DATETIME(6) NOT NULL": COPY,
    "ALTER TABLE orders MODIFY kind ENUM('a','b','c') NOT NULL DEFAULT 'a'": AT_ONCE,
    "ALTER TABLE orders MODIFY kind ENUM('b','a') NOT NULL DEFAULT 'a'": NO_FORM,
    "ALTER TABLE orders MODIFY tags SET('x','y','z')": AT_ONCE,
    "ALTER TABLE orders MODIFY tags SET('x','y','z','p','q','r','s','t','u')": NO_FORM,
    "ALTER TABLE orders MODIFY lat VARCHAR(50) CHARACTER SET utf8mb4": NO_FORM,
    "ALTER TABLE orders MODIFY note TEXT AFTER id": (BESIDE, AT_ONCE),
}
INDEXES: Expected = {
    "CREATE INDEX n ON orders (ref_id)": BESIDE,
    "CREATE UNIQUE INDEX n ON orders (code DESC, note(10))": BESIDE,
    "CREATE INDEX n USING BTREE ON orders (ref_id) COMMENT 'a (b)'": BESIDE,
    "CREATE INDEX n ON ranged (a)": BESIDE,
    "CREATE INDEX n ON plain (v)": BESIDE,
    "CREATE INDEX n ON orders ((lower(code)))": "[mysql-lock-shared-or-exclusive]",
    "CREATE FULLTEXT INDEX n ON orders (note)": "[mysql-add-fulltext-or-spatial]",
    "ALTER TABLE orders ADD INDEX n (ref_id)": BESIDE,
    "ALTER TABLE orders ADD CONSTRAINT n UNIQUE (code)": BESIDE,
    "ALTER TABLE orders ADD FULLTEXT INDEX n (note)": "[mysql-add-fulltext-or-spatial]",
    "ALTER TABLE orders ADD INDEX n ((lower(code)))": "[mysql-lock-shared-or-exclusive]",
    "ALTER TABLE orders DROP INDEX code_idx, ADD INDEX code_idx2 (code)": BESIDE,
    "DROP INDEX code_idx ON orders": (BESIDE, AS_IS),
    "ALTER TABLE orders DROP INDEX code_idx": BESIDE,
    "ALTER TABLE orders RENAME INDEX code_idx TO code_idx2": (BESIDE, AT_ONCE),
    "ALTER TABLE nokey ADD PRIMARY KEY (id)": "[add-primary-key-builds-index]",
    "ALTER TABLE plain DROP PRIMARY KEY": "[add-primary-key-builds-index]",
}
CONSTRAINTS: Expected = {
    "ALTER TABLE orders ADD CONSTRAINT n FOREIGN KEY (ref_id) REFERENCES parents (id)": "[mysql-add-foreign-key]",
    "ALTER TABLE orders ADD CONSTRAINT n FOREIGN KEY (ref_id) REFERENCES parents (id), ALGORITHM=INPLACE": (
        "[mysql-add-foreign-key]"
    ),
    "ALTER TABLE orders DROP FOREIGN KEY parent_fk": (BESIDE, AT_ONCE),
    "ALTER TABLE orders ADD CONSTRAINT n CHECK (ref_id > 0)": "[mysql-add-check]",
    "ALTER TABLE orders DROP CONSTRAINT qty_ck": AT_ONCE,
}
TABLE_OPTIONS: Expected = {
    "ALTER TABLE orders COMMENT='ENGINE=MyISAM'": (BESIDE, AT_ONCE),
    "ALTER TABLE orders AUTO_INCREMENT=1000": (BESIDE, AT_ONCE),
    "ALTER TABLE orders ENGINE=InnoDB": "[mysql-change-engine]",
    "ALTER TABLE plain COMMENT='x' ENGINE=MyISAM, ALGORITHM=INSTANT": "[mysql-change-engine]",
    "ALTER TABLE orders FORCE": "[vacuum-full-or-cluster]",
    "ALTER TABLE orders FORCE, ALGORITHM=INPLACE, LOCK=NONE": BESIDE,
    "ALTER TABLE orders ROW_FORMAT=COMPRESSED": "[vacuum-full-or-cluster]",
    "OPTIMIZE TABLE orders": "[vacuum-full-or-cluster]",
    "ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4": "[mysql-convert-charset]",
    "ALTER TABLE plain PARTITION BY HASH (id) PARTITIONS 4": "[mysql-partition-table]",
    "ALTER TABLE ranged REMOVE PARTITIONING": "[mysql-partition-table]",
    "ALTER TABLE hashed ADD PARTITION PARTITIONS 1": "[mysql-partition-table]",
    "ALTER TABLE ranged ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))": AS_IS,
    "ALTER TABLE ranged TRUNCATE PARTITION p0, p1": AS_IS,
    "ALTER TABLE orders RENAME TO orders2": AS_IS,
    "RENAME TABLE orders TO orders2": AS_IS,
    "ALTER TABLE orders RENAME TO orders2, ADD COLUMN c1 INTEGER": "[mysql-combined-alter-loses-instant]",
    "ALTER TABLE orders MODIFY ref_id BIGINT, ALGORITHM=COPY": "[mysql-algorithm-copy]",
    "CREATE INDEX n ON orders (ref_id) LOCK=SHARED": "[mysql-lock-shared-or-exclusive]",
    "DROP TABLE orders": AS_IS,
    "TRUNCATE TABLE plain": AS_IS,
    "CREATE TABLE made (id INTEGER PRIMARY KEY, pid INTEGER, FOREIGN KEY (pid) REFERENCES parents (id))": AS_IS,
    "CREATE TRIGGER made_t BEFORE INSERT ON plain FOR EACH ROW BEGIN SET NEW.b = 'x'; SET NEW.c = 'y'; END": AS_IS,
}


@pytest.mark.parametrize(
    "expected",
    [COLUMNS, TYPES, INDEXES, CONSTRAINTS, TABLE_OPTIONS],
    ids=["columns", "types", "indexes", "constraints", "options"],
)
def test_each_statement_is_refused_by_name_or_done_as_asserted(database: Database, expected: Expected) -> None:
    made = 1 if database.server == "mariadb" else 0
    wanted = {sql: one if isinstance(one, str) else one[made] for sql, one in expected.items()}
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        found = {sql: outcome(connection, sql) for sql, one in wanted.items() if not one.endswith("if at all")}
    assert found == {sql: one for sql, one in wanted.items() if sql in found}


def taken(connection: sa.Connection, form: str) -> bool:
    """Whether the server ran it; False where it says that it can't do it in this form."""
    try:
        connection.exec_driver_sql(form)
    except sa.exc.DBAPIError as error:
        if error.orig is not None and pack_for(connection.dialect).errors.form_refused(error.orig):
            return False
        raise
    return True


def outcome(connection: sa.Connection, sql: str) -> str:
    """The rule that refuses a statement, or the form in which the server ran it."""
    plan = planned(fresh(connection), sql)
    if plan.blocking is not None:
        return f"[{plan.blocking.rule}]"
    (step,) = plan.steps
    for form in (step.sql, *step.choices):
        if not taken(connection, form):
            continue
        return AT_ONCE if "ALGORITHM=INSTANT" in form else BESIDE if "LOCK=NONE" in form else AS_IS
    return NO_FORM


def fresh(connection: sa.Connection) -> sa.Connection:
    """The tables anew, whatever a statement before did to them."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {', '.join(NAMES)}")
    for statement in TABLES:
        connection.exec_driver_sql(statement)
    return connection


def planned(connection: sa.Connection, sql: str) -> Plan:
    rules = planner("mysql")
    return rules.plan(
        Request(sql=sql, raw=True),
        rules.capabilities(connection),
        lambda schema, table: rules.facts(connection, schema, table),
    )


def test_a_default_that_varies_is_one_value_for_all_rows_where_the_server_adds_it_at_once(database: Database) -> None:
    """Why an assertion of the revision's own doesn't help there."""
    if database.server != "mariadb":
        pytest.skip("MySQL refuses it")
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        fresh(connection).exec_driver_sql("ALTER TABLE plain ADD COLUMN r DOUBLE DEFAULT (rand()), ALGORITHM=INSTANT")
        assert connection.exec_driver_sql("SELECT count(DISTINCT r) FROM plain").scalar() == 1


def test_what_is_allowed_by_name_runs(database: Database) -> None:
    statements = (
        "ALTER TABLE nokey ADD PRIMARY KEY (id)",
        "ALTER TABLE plain MODIFY id INTEGER NOT NULL, DROP PRIMARY KEY",
        "ALTER TABLE orders ADD CONSTRAINT n FOREIGN KEY (ref_id) REFERENCES parents (id)",
        "ALTER TABLE orders FORCE",
        "ALTER TABLE orders ENGINE=InnoDB",
        "ALTER TABLE orders ADD COLUMN s INTEGER GENERATED ALWAYS AS (qty) STORED",
    )
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        fresh(connection)
        for sql in statements:
            plan = planned(connection, sql)
            assert plan.blocking is not None, sql
            run_allowed(connection, plan)


def run_allowed(connection: sa.Connection, plan: Plan) -> None:
    (step,) = plan.steps
    assert any(taken(connection, form) for form in (step.sql, *step.choices)), step.sql


def test_the_facts_are_those_of_the_catalogue(database: Database) -> None:
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        fresh(connection)
        rules = planner("mysql")
        orders = rules.facts(connection, None, "orders")
        assert orders is not None
        assert orders.columns["status"].type == "varchar(20)"
        assert (orders.columns["status"].nullable, orders.columns["code"].nullable) == (False, True)
        assert orders.foreign_keys == {"parent_fk": (None, "parents")}
        assert orders.bytes
        assert not orders.partitioned
        ranged = rules.facts(connection, connection.engine.url.database, "ranged")
        assert ranged is not None
        assert (ranged.partitioned, ranged.nested) == (True, False)
        assert rules.facts(connection, None, "nowhere") is None


def test_a_default_can_be_set_afterwards_as_the_remedy_says(database: Database) -> None:
    with database.engine(isolation_level="AUTOCOMMIT").connect() as connection:
        assert outcome(connection, "ALTER TABLE orders ADD COLUMN u2 VARCHAR(36)") == AT_ONCE
        plan = planned(connection, "ALTER TABLE orders ALTER COLUMN u2 SET DEFAULT (uuid())")
        assert plan.blocking is None
        connection.exec_driver_sql(plan.steps[0].sql)
