"""Changes of a small schema whose effect is known, for the agreement of the check with ``check --trace``."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.check.rule import Family

SCHEMAS = {
    "postgresql": """
CREATE TYPE mood AS ENUM ('new', 'done');
CREATE DOMAIN amount AS integer;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, CONSTRAINT customers_email UNIQUE (email));
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), note varchar(50),
    qty integer DEFAULT 0 NOT NULL, price numeric(10,2), total amount, state mood, at timestamp,
    CONSTRAINT qty_positive CHECK (qty >= 0)
);
CREATE INDEX orders_note ON orders (note);
CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 (id bigint, at date NOT NULL);
CREATE VIEW open_orders AS SELECT id FROM orders WHERE state = 'new';
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM orders;
""",
    "mysql": """
CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(60), UNIQUE KEY customers_email (email));
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint, note varchar(20), qty integer NOT NULL DEFAULT 0, price decimal(10,2),
    state enum('new','done'), body text, KEY orders_note (note), KEY orders_customer (customer_id),
    CONSTRAINT orders_of FOREIGN KEY (customer_id) REFERENCES customers (id)
) CHARACTER SET utf8mb4;
CREATE TABLE plain (id bigint PRIMARY KEY, a int, b int);
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id)
    (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200));
CREATE TABLE sums (id int PRIMARY KEY, a int, b int, total int AS (a * 2) VIRTUAL, KEY by_total (total));
CREATE TABLE loose (id int NOT NULL, a int, UNIQUE KEY loose_id (id));
CREATE TABLE bare (id int NOT NULL, a int) ENGINE=InnoDB;
CREATE VIEW open_orders AS SELECT id FROM orders WHERE state = 'new';
""",
}
SCHEMAS["mariadb"] = SCHEMAS["mysql"]


@dataclass(frozen=True, kw_only=True)
class TraceCase:
    """One change.

    Attributes:
        sql: the file.
        blocks: whether traffic stops for as long as a table is big; of the change's last statement.
        family: what the worst error is about; None where there is none.
        setup: what stands before it, besides the schema.
        condition: the word of the setting that a difference is explained with; empty where static and trace agree.
        only: the servers that can do it; empty for all of the dialect.
    """

    sql: str
    blocks: bool = False
    family: Family | None = None
    setup: str = ""
    condition: str = ""
    only: tuple[str, ...] = ()


def _lock(sql: str, *, setup: str = "", blocks: bool = True, condition: str = "", only: str = "") -> TraceCase:
    servers = (only,) if only else ()
    return TraceCase(sql=sql, blocks=blocks, family=Family.LOCK, setup=setup, condition=condition, only=servers)


def _safe(sql: str, *, setup: str = "", only: str = "") -> TraceCase:
    return TraceCase(sql=sql, setup=setup, only=(only,) if only else ())


def _other(family: Family, sql: str, *, setup: str = "", blocks: bool = False, only: str = "") -> TraceCase:
    return TraceCase(sql=sql, family=family, setup=setup, blocks=blocks, only=(only,) if only else ())


def _rows(sql: str) -> TraceCase:
    return _lock(sql, blocks=False, condition="the rows that it changes")


_POSTGRESQL = {
    "a column": _safe("ALTER TABLE orders ADD COLUMN c int"),
    "a column with a default": _safe("ALTER TABLE orders ADD COLUMN c timestamptz DEFAULT now() NOT NULL"),
    "a column that refers": _safe("ALTER TABLE orders ADD COLUMN c bigint REFERENCES customers (id)"),
    "a wider varchar": _safe("ALTER TABLE orders ALTER COLUMN at TYPE timestamp(6)"),
    "an index beside traffic": _safe("CREATE INDEX CONCURRENTLY i ON orders (qty)"),
    "a table": _safe("CREATE TABLE t (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id))"),
    "an enum's value": _safe("ALTER TYPE mood ADD VALUE 'lost'"),
    "validation": _safe(
        "ALTER TABLE orders VALIDATE CONSTRAINT c",
        setup="ALTER TABLE orders ADD CONSTRAINT c CHECK (price > 0) NOT VALID;",
    ),
    "a view": _safe("CREATE VIEW v AS SELECT 1 AS one"),
    "a default that varies": _lock("ALTER TABLE orders ADD COLUMN c uuid DEFAULT gen_random_uuid()"),
    "a serial": _lock("ALTER TABLE orders ADD COLUMN c bigserial"),
    "a stored column": _lock("ALTER TABLE orders ADD COLUMN c int GENERATED ALWAYS AS (qty * 2) STORED"),
    "another type": _lock("ALTER TABLE orders ALTER COLUMN qty TYPE bigint"),
    "a type with an index": _lock("ALTER TABLE orders ALTER COLUMN note TYPE varchar(20)"),
    "an index": _lock("CREATE INDEX i ON orders (qty)"),
    "a unique index": _lock("CREATE UNIQUE INDEX i ON orders (note)"),
    "a unique key": _lock("ALTER TABLE orders ADD CONSTRAINT u UNIQUE (note)"),
    "a check": _lock("ALTER TABLE orders ADD CONSTRAINT c CHECK (price > 0)"),
    "a foreign key": _lock("ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES customers (id)"),
    "not null": _lock("ALTER TABLE orders ALTER COLUMN note SET NOT NULL"),
    "a domain's check": _lock("ALTER DOMAIN amount ADD CONSTRAINT c CHECK (VALUE > 0)"),
    "a partition": _lock(
        "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    ),
    "a partition of which one end is checked": _lock(
        "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        setup="ALTER TABLE events_2026 ADD CONSTRAINT bound CHECK (at >= '2026-01-01');",
    ),
    "a partition of which both ends are checked": _safe(
        "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        setup="ALTER TABLE events_2026 ADD CONSTRAINT bound CHECK (at BETWEEN '2026-01-01' AND '2026-12-31');",
    ),
    "a new order of rows": _lock("CLUSTER orders USING orders_note"),
    "refreshed": _lock("REFRESH MATERIALIZED VIEW totals"),
    "reindexed": _lock("REINDEX TABLE orders"),
    "validated at once": _lock(
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (price > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT c"
    ),
    "with a zone": _lock(
        "SET TimeZone = 'UTC'; ALTER TABLE orders ALTER COLUMN at TYPE timestamptz", blocks=False, condition="TimeZone"
    ),
    "with a zone elsewhere": _lock(
        "SET TimeZone = 'Europe/Berlin'; ALTER TABLE orders ALTER COLUMN at TYPE timestamptz"
    ),
    "logged as it was": _safe("ALTER TABLE orders SET LOGGED"),
    "logged": _lock("ALTER TABLE totals_2 SET LOGGED", setup="CREATE UNLOGGED TABLE totals_2 (id int);"),
    "a domain over a domain": _lock(
        "ALTER TABLE orders ADD COLUMN c higher",
        setup="CREATE DOMAIN above AS int CHECK (VALUE > 0); CREATE DOMAIN higher AS above;",
    ),
    "a domain whose default varies": _lock(
        "ALTER TABLE orders ADD COLUMN c token", setup="CREATE DOMAIN token AS uuid DEFAULT gen_random_uuid();"
    ),
    "fewer fields of an interval": _lock(
        "ALTER TABLE spans ALTER COLUMN span TYPE interval hour", setup="CREATE TABLE spans (span interval);"
    ),
    "the index of a partition": _lock(
        "ALTER TABLE events ALTER COLUMN id TYPE bigint", setup="CREATE INDEX events_id ON events (id);"
    ),
    "more fields of an interval": _safe(
        "ALTER TABLE spans ALTER COLUMN span TYPE interval day to second",
        setup="CREATE TABLE spans (span interval day);",
    ),
    "a type by the column itself": _safe(
        "ALTER TABLE orders ALTER COLUMN note TYPE varchar(90) USING note::varchar(90)"
    ),
    "a column and a check not valid": _safe("ALTER TABLE orders ADD COLUMN c int, ADD CHECK (c > 0) NOT VALID"),
    "a session's own table": _safe(
        "CREATE TEMP TABLE mine AS SELECT 1 AS one; CREATE INDEX i ON mine (one); DROP TABLE mine"
    ),
    "an index of a new view": _safe(
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; CREATE UNIQUE INDEX i ON m (one);"
        " REFRESH MATERIALIZED VIEW CONCURRENTLY m"
    ),
    "a listed row": _safe("INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) DO NOTHING"),
    "a row of a key": _safe("UPDATE orders SET price = 0 WHERE id = 1"),
    "NULL as the default": _other(Family.OLD_CODE, "ALTER TABLE orders ALTER COLUMN qty SET DEFAULT NULL"),
    "a sequence from its start": _other(
        Family.OLD_CODE, "ALTER SEQUENCE numbers RESTART", setup="CREATE SEQUENCE numbers;"
    ),
    "a default partition that is searched": _lock(
        "CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        setup="CREATE TABLE events_rest PARTITION OF events DEFAULT;",
    ),
    "a default partition that is kept out": _safe(
        "CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        setup="CREATE TABLE events_rest PARTITION OF events DEFAULT;"
        "ALTER TABLE events_rest ADD CHECK (at < '2027-01-01' OR NOT at < '2028-01-01');",
    ),
    "a default partition of a list that is kept out": _safe(
        "CREATE TABLE kinds_b PARTITION OF kinds FOR VALUES IN ('b')",
        setup="CREATE TABLE kinds (kind text NOT NULL) PARTITION BY LIST (kind);"
        "CREATE TABLE kinds_rest PARTITION OF kinds DEFAULT; ALTER TABLE kinds_rest ADD CHECK (kind <> 'b');",
    ),
    "no collation": _lock(
        "ALTER TABLE words ALTER COLUMN word TYPE text",
        setup='CREATE TABLE words (word text COLLATE "C"); CREATE INDEX i ON words (word);',
    ),
    "the same collation": _safe(
        'ALTER TABLE words ALTER COLUMN word TYPE varchar COLLATE "C"',
        setup='CREATE TABLE words (word text COLLATE "C"); CREATE INDEX i ON words (word);',
    ),
    "a key beside its column": _lock(
        "ALTER TABLE orders ADD COLUMN c bigint, ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES customers (id)"
    ),
    "read under its lock": _lock("ALTER TABLE orders ADD COLUMN c int; CREATE TABLE copied AS SELECT * FROM orders"),
    "rows under a key's lock": _other(
        Family.LOCK,
        "CREATE TABLE marks (id bigint PRIMARY KEY REFERENCES customers (id)); INSERT INTO marks SELECT id FROM orders",
    ),
    "another key": _safe(
        "ALTER TABLE events_2026 DROP CONSTRAINT k, ADD CONSTRAINT k PRIMARY KEY USING INDEX i",
        setup="ALTER TABLE events_2026 ADD CONSTRAINT k PRIMARY KEY (id); CREATE UNIQUE INDEX i ON events_2026 (id);",
    ),
    "a text in a block": _safe("DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN c int', 'orders'); END $$"),
    "several at once": _safe(
        "ALTER TABLE orders ADD c text DEFAULT 'x', ALTER note SET STATISTICS 9, SET (fillfactor = 90)"
    ),
    "published": _other(Family.OLD_CODE, "CREATE PUBLICATION p FOR TABLE events_2026"),
    "numbers of the server's": _other(
        Family.OLD_CODE,
        "ALTER TABLE numbered ALTER COLUMN id SET GENERATED ALWAYS",
        setup="CREATE TABLE numbered (id int GENERATED BY DEFAULT AS IDENTITY);",
    ),
    "no parent": _other(
        Family.DESTRUCTIVE,
        "ALTER TABLE child NO INHERIT customers",
        setup="CREATE TABLE child () INHERITS (customers);",
    ),
    "a type that nobody has": _safe("DROP TYPE spare", setup="CREATE TYPE spare AS ENUM ('a');"),
    "a domain that nobody has": _safe("ALTER DOMAIN spare SET NOT NULL", setup="CREATE DOMAIN spare AS int;"),
    "no column": _other(Family.DESTRUCTIVE, "ALTER TABLE orders DROP COLUMN price"),
    "no table": _other(Family.DESTRUCTIVE, "DROP TABLE events"),
    "no rows": _other(Family.DESTRUCTIVE, "TRUNCATE events", blocks=True),
    "no view": _other(Family.DESTRUCTIVE, "DROP VIEW open_orders"),
    "no schema": _other(
        Family.DESTRUCTIVE, "DROP SCHEMA s CASCADE", setup="CREATE SCHEMA s; CREATE TABLE s.t (id int);"
    ),
    "another name": _other(Family.OLD_CODE, "ALTER TABLE orders RENAME COLUMN note TO remark"),
    "another table's name": _other(Family.OLD_CODE, "ALTER TABLE orders RENAME TO purchases"),
    "another value": _other(Family.OLD_CODE, "ALTER TYPE mood RENAME VALUE 'new' TO 'fresh'"),
    "no default": _other(Family.OLD_CODE, "ALTER TABLE orders ALTER COLUMN qty DROP DEFAULT"),
    "a column that must be given": _other(Family.OLD_CODE, "ALTER TABLE orders ADD COLUMN c int NOT NULL", blocks=True),
    "all rows": _rows("UPDATE orders SET price = 0"),
    "all rows of a key": _rows("DELETE FROM orders WHERE qty = 0"),
    "rows from rows": _rows("INSERT INTO customers (id) SELECT id FROM orders"),
    "code in a block": _other(Family.DATA, "DO $$ BEGIN EXECUTE 'SELECT ' || count(*) FROM orders; END $$"),
    "a setting": _other(Family.DATA, "SET standard_conforming_strings = off"),
    "triggers off": _other(Family.DATA, "SET session_replication_role = replica"),
    "other names": _safe("SET search_path = elsewhere"),
    "a prepared statement": _other(Family.DATA, "PREPARE s AS SELECT 1; EXECUTE s"),
    "a call": _other(Family.DATA, "CALL p()", setup="CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';"),
}
_PLACES = "CREATE TABLE places (id int PRIMARY KEY, p point SRID 4326);"
_MYISAM = "CREATE TABLE mine (id int PRIMARY KEY, a int) ENGINE=MyISAM;"
_HISTORY = "CREATE TABLE old (id int PRIMARY KEY) WITH SYSTEM VERSIONING;"
_MYSQL = {
    "a column": _safe("ALTER TABLE orders ADD COLUMN c int"),
    "a column with a default": _safe("ALTER TABLE orders ADD COLUMN c int NOT NULL DEFAULT 5"),
    "an index": _safe("ALTER TABLE orders ADD INDEX i (qty)"),
    "an index that says how": _safe("CREATE INDEX i ON orders (qty) ALGORITHM=INPLACE LOCK=NONE"),
    "a value at the end": _safe("ALTER TABLE orders MODIFY COLUMN state enum('new','done','lost')"),
    "a wider varchar": _safe("ALTER TABLE orders MODIFY COLUMN note varchar(60)"),
    "a default": _safe("ALTER TABLE orders ALTER COLUMN price SET DEFAULT 0"),
    "a table": _safe(
        "CREATE TABLE t (id int PRIMARY KEY, order_id bigint, FOREIGN KEY (order_id) REFERENCES orders (id))"
    ),
    "a key of a new table": _safe(
        "CREATE TABLE t (id bigint PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES orders (id)"
    ),
    "a virtual column": _safe("ALTER TABLE orders ADD COLUMN c int GENERATED ALWAYS AS (qty * 2) VIRTUAL"),
    "several columns": _safe("ALTER TABLE orders ADD COLUMN (c int, d enum('a','b') NOT NULL)"),
    "a procedure": _safe("CREATE DEFINER=CURRENT_USER PROCEDURE p() SELECT 1"),
    "another type": _lock("ALTER TABLE orders MODIFY COLUMN qty bigint NOT NULL DEFAULT 0"),
    "a column before a virtual one": _lock("ALTER TABLE sums ADD COLUMN c int AS (b) VIRTUAL AFTER id"),
    "a column beside an index": _lock("ALTER TABLE sums ADD COLUMN c int", only="mariadb"),
    "no column beside an index": _other(
        Family.DESTRUCTIVE, "ALTER TABLE sums DROP COLUMN b", blocks=True, only="mariadb"
    ),
    "a column INPLACE at most": _safe("ALTER TABLE orders ADD COLUMN c int, ALGORITHM=INPLACE", only="mariadb"),
    "no key of the rows": _lock("ALTER TABLE loose DROP INDEX loose_id"),
    "numbered from now on": _lock("ALTER TABLE loose MODIFY id int NOT NULL AUTO_INCREMENT"),
    "a foreign key": _lock("ALTER TABLE plain ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES customers (id)"),
    "a foreign key unchecked": _lock(
        "SET foreign_key_checks = 0; ALTER TABLE plain ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES customers (id)",
        blocks=False,
        condition="foreign_key_checks",
    ),
    "a check": _lock("ALTER TABLE orders ADD CONSTRAINT c CHECK (qty > 0)"),
    "a check that is enforced": _lock(
        "ALTER TABLE plain ALTER CHECK c ENFORCED",
        setup="ALTER TABLE plain ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED;",
        only="mysql",
    ),
    "a stored column": _lock("ALTER TABLE orders ADD COLUMN c int GENERATED ALWAYS AS (qty * 2) STORED"),
    "a full text": _lock("ALTER TABLE orders ADD FULLTEXT INDEX i (body)"),
    "not null": _lock("ALTER TABLE orders MODIFY COLUMN note varchar(20) NOT NULL"),
    "not null unstrict": _lock(
        "SET sql_mode = ''; ALTER TABLE orders MODIFY COLUMN note varchar(20) NOT NULL", only="mysql"
    ),
    "over the line of bytes": _lock("ALTER TABLE orders MODIFY COLUMN note varchar(100)", only="mysql"),
    "another key": _lock("ALTER TABLE plain DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)"),
    "partitioned": _lock("ALTER TABLE plain PARTITION BY HASH (id) PARTITIONS 4"),
    "an expression": _lock("ALTER TABLE orders ADD INDEX i ((qty * 2))", only="mysql"),
    "another engine": _lock("ALTER TABLE plain ENGINE=MyISAM"),
    "another character set": _lock(
        "ALTER TABLE orders DROP FOREIGN KEY orders_of; ALTER TABLE orders CONVERT TO CHARACTER SET latin1"
    ),
    "written anew": _lock("ALTER TABLE plain FORCE"),
    "optimized": _lock("OPTIMIZE TABLE plain"),
    "a copy by name": _lock("ALTER TABLE plain ADD COLUMN c int, ALGORITHM=COPY"),
    "no column": _other(Family.DESTRUCTIVE, "ALTER TABLE orders DROP COLUMN price"),
    "no table": _other(Family.DESTRUCTIVE, "DROP TABLE plain"),
    "no rows": _other(Family.DESTRUCTIVE, "TRUNCATE TABLE plain", blocks=True),
    "no view": _other(Family.DESTRUCTIVE, "DROP VIEW open_orders"),
    "no partition": _other(Family.DESTRUCTIVE, "ALTER TABLE parts DROP PARTITION p0"),
    "another name": _other(Family.OLD_CODE, "ALTER TABLE orders RENAME COLUMN note TO remark"),
    "another table's name": _other(Family.OLD_CODE, "RENAME TABLE plain TO simple"),
    "no default": _other(Family.OLD_CODE, "ALTER TABLE orders ALTER COLUMN qty DROP DEFAULT"),
    "no implicit default": _other(Family.OLD_CODE, "ALTER TABLE orders ALTER COLUMN price DROP DEFAULT", only="mysql"),
    "a column that must be given": _other(Family.OLD_CODE, "ALTER TABLE orders ADD COLUMN c int NOT NULL"),
    "a table out of the way": _other(Family.OLD_CODE, "ALTER TABLE plain RENAME TO simple"),
    "all rows": _rows("UPDATE orders SET price = 0"),
    "all rows of a key": _rows("DELETE FROM orders WHERE qty = 0"),
    "rows from rows": _rows("INSERT INTO customers (id) SELECT id FROM orders"),
    "unchecked keys": _safe("SET foreign_key_checks = 0"),
    "a setting": _other(Family.DATA, "SET sql_mode = 'ANSI_QUOTES'"),
    "the old way to alter": _other(Family.DATA, "SET old_alter_table = 1"),
    "a mode without strictness": _safe("SET sql_mode = ''"),
    "the time of a place": _safe("SET time_zone = '+00:00'"),
    "nothing to repair": _safe("REPAIR TABLE bare"),
    "the first key of the rows": _lock("ALTER TABLE bare ADD UNIQUE KEY bare_id (id)"),
    "a column beside the same type": _safe(
        "ALTER TABLE orders ADD COLUMN c int, MODIFY COLUMN note varchar(20) COMMENT 'x'"
    ),
    "a column beside a wider text": _lock(
        "ALTER TABLE orders ADD COLUMN c int, MODIFY COLUMN note varchar(40)", only="mysql"
    ),
    "several at once": _lock("CREATE TABLE t (id int PRIMARY KEY); OPTIMIZE TABLE t, plain"),
    "a column of another engine": _lock("ALTER TABLE mine ADD COLUMN c int", setup=_MYISAM),
    "words about another engine": _safe("ALTER TABLE mine COMMENT 'x'", setup=_MYISAM),
    "a virtual column beside a default": _lock(
        "ALTER TABLE plain ADD COLUMN c int AS (a) VIRTUAL, ALTER COLUMN b SET DEFAULT 1", only="mariadb"
    ),
    "a trigger's body": _safe(
        "CREATE TRIGGER t BEFORE INSERT ON plain FOR EACH ROW BEGIN IF NEW.a IS NULL THEN SET NEW.a = 1; END IF; END"
    ),
    "a place": _safe("ALTER TABLE places MODIFY p point SRID 4326", setup=_PLACES, only="mysql"),
    "another place": _lock("ALTER TABLE places MODIFY p point SRID 0", setup=_PLACES, only="mysql"),
    "any place": _safe("ALTER TABLE places MODIFY p point", setup=_PLACES, only="mysql"),
    "a table with a history": _safe("CREATE TABLE t (id int PRIMARY KEY) WITH SYSTEM VERSIONING", only="mariadb"),
    "a history": _lock("ALTER TABLE plain ADD SYSTEM VERSIONING", only="mariadb"),
    "no history": _lock("ALTER TABLE old DROP SYSTEM VERSIONING", setup=_HISTORY, only="mariadb"),
    "a column of a history": _safe(
        "SET system_versioning_alter_history = KEEP; ALTER TABLE old ADD COLUMN c int", setup=_HISTORY, only="mariadb"
    ),
    "a sequence anew": _other(
        Family.OLD_CODE, "CREATE OR REPLACE SEQUENCE s", setup="CREATE SEQUENCE s;", only="mariadb"
    ),
    "rows that are read under locks": _lock("CREATE TABLE t AS SELECT * FROM plain", blocks=False),
    "a value that is asked for": _other(Family.DATA, "SET @q = CONCAT('SELECT', ' 1')"),
    "an event": _other(Family.DATA, "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DO 1"),
    "a call": _other(Family.DATA, "CALL p()", setup="CREATE PROCEDURE p() DO 1;"),
}
CASES = {
    "postgresql": _POSTGRESQL,
    "mysql": {name: one for name, one in _MYSQL.items() if one.only != ("mariadb",)},
    "mariadb": {name: one for name, one in _MYSQL.items() if one.only != ("mysql",)},
}
