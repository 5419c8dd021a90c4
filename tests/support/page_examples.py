"""The examples of the rules' pages, as statements over a schema in which each of them can run."""

from __future__ import annotations

import re
from datetime import date

from migrator.check.catalogue import page
from migrator.check.judge import judge_fully
from migrator.check.planned import Planning
from migrator.check.sql import check_sql
from migrator.check.sql_files import SQLFile
from migrator.dialects.checking import check_rules
from migrator.model.finding import Finding
from migrator.model.phase import Phase
from migrator.scripts.recorder import record_history
from tests.unit.check.history import history

TODAY = date(2026, 6, 1)
# These are about files, the graph, the models or a suppression: no statement shows them.
_OF_FILES = """
changed-after-release contract-before-expand contract-without-data contract-without-expand drop-still-mapped
empty-revision expand-needs-contract irreversible-migration model-import-in-migration non-linear-history not-analysable
order-dependent orm-in-migration outside-branches re-added-name revision-id-too-long
suppression-without-reason trace-differs two-changes-in-contract unknown-data-migration unresolved-depends-on
unused-suppression wrong-folder
"""
# Of models, which no statement shows; test_drift.py runs theirs.
_OF_MODELS = " model-without-migration migration-without-model model-differs models-not-compared"
NOT_RUN = frozenset((_OF_FILES + _OF_MODELS).split())
_POSTGRESQL = """
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE DOMAIN positive_integer AS integer CHECK (VALUE > 0);
CREATE DOMAIN quantity AS integer;
CREATE TABLE users (
    id bigint NOT NULL, name varchar(50), email varchar(50), age integer, state varchar(10) DEFAULT 'new',
    full_name text, code varchar(50) CHECK (code <> '')
);
CREATE UNIQUE INDEX users_id ON users (id);
ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_id;
ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE (email);
CREATE INDEX ix_users_email ON users (email);
CREATE TABLE accounts_of (user_id bigint);
CREATE TABLE orders (id bigint NOT NULL, user_id bigint, qty integer, price integer, amount quantity, code text,
    state varchar(10) DEFAULT 'new');
CREATE INDEX orders_by_user ON orders (user_id);
CREATE TABLE rooms (room int4range, during tsrange);
CREATE TABLE events (user_id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE MATERIALIZED VIEW totals AS SELECT user_id, count(*) AS n FROM orders GROUP BY user_id;
CREATE UNIQUE INDEX totals_user ON totals (user_id);
CREATE VIEW active AS SELECT id FROM orders;
CREATE TABLE a (x integer);
"""
_MYSQL = """
CREATE TABLE users (
    id bigint NOT NULL PRIMARY KEY, name varchar(50), email varchar(50), age integer, state varchar(10) DEFAULT 'new',
    full_name text, code varchar(50), UNIQUE KEY uq_users_email (email), KEY ix_users_email (email)
);
CREATE TABLE orders (id int PRIMARY KEY, user_id bigint, qty int, price int, code varchar(9), note varchar(50),
    remark varchar(70), state varchar(10) DEFAULT 'new') CHARACTER SET utf8mb3;
CREATE TABLE docs (id int PRIMARY KEY, body text);
CREATE TABLE events (id int PRIMARY KEY) PARTITION BY RANGE (id)
    (PARTITION p2020 VALUES LESS THAN (2021), PARTITION p2026 VALUES LESS THAN (2027));
CREATE VIEW active AS SELECT id FROM orders;
"""
SCHEMAS = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MYSQL}
# What is at stake is another server's syntax, or another server does it online, or not at all.
_ONLY = {
    "add-enum-value": ("postgresql",),
    "change-collation": ("postgresql",),
    "drop-cascade": ("postgresql",),
    "lock-timeout-too-long": ("postgresql",),
    "mismatched-foreign-key-type": ("postgresql",),
    "add-auto-increment-column": ("postgresql",),
    "add-column-volatile-default": ("postgresql",),
    "add-primary-key-builds-index": ("postgresql",),
    "constraint-rejects-old-writes": ("postgresql",),
    "drop-partition": ("mysql", "mariadb"),
    "drop-primary-key": ("postgresql",),
    "drop-trigger": ("postgresql",),
    "drop-sequence": ("postgresql", "mariadb"),
    "explicit-lock-table": ("postgresql",),
    "mysql-lock-shared-or-exclusive": ("mysql",),
    "opaque-sql": ("postgresql",),
    "rename-object": ("postgresql",),
    "trigger-on-existing-table": ("postgresql",),
    "vacuum-full-or-cluster": ("postgresql",),
}
# What to do instead is no statement of a schema revision.
NO_GOOD_STATEMENT = frozenset({"drop-database", "unbatched-backfill"})
_EXTRAS = {
    "drop-extension": "CREATE EXTENSION x;",
    "drop-materialized-view": "CREATE MATERIALIZED VIEW x AS SELECT 1 AS one;",
    "drop-routine": "CREATE FUNCTION x() RETURNS integer {body};",
    "drop-schema": "CREATE SCHEMA x;",
    "drop-sequence": "CREATE SEQUENCE x;",
    "rename-schema": "CREATE SCHEMA shop; CREATE SCHEMA store; CREATE TABLE shop.users (id bigint);",
    "replace-routine": "CREATE FUNCTION steady() RETURNS integer {body};",
    "mariadb-replace-routine": "CREATE FUNCTION steady(a INT) RETURNS INT DETERMINISTIC RETURN a + 1;",
    "sequence-starts-over": "CREATE SEQUENCE orders_id_seq;",
    "drop-trigger": "{function} CREATE TRIGGER x BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fill();",
    "drop-type": "CREATE TYPE x AS ENUM ('a');",
    "drop-view": "CREATE VIEW x AS SELECT id FROM orders;",
    "rename-column": "ALTER TABLE users DROP COLUMN full_name;",
    "drop-foreign-key-locks-parent": "{posts}",
    "drop-not-null": "ALTER TABLE users {not_null};",
    "drop-table-with-foreign-keys": "{posts}",
    "mysql-implicit-default-backfill": "ALTER TABLE users DROP COLUMN age;",
    "primary-key-using-nullable-index": "ALTER TABLE users DROP CONSTRAINT users_pkey;"
    " CREATE UNIQUE INDEX users_code ON users (code);",
    "remove-enum-value": "ALTER TABLE users ADD COLUMN kind enum('a', 'b') NOT NULL;",
    "add-column-not-null-no-default": "ALTER TABLE users DROP COLUMN age;",
    "add-unique-old-writers": "ALTER TABLE users DROP CONSTRAINT uq_users_email;",
    "create-index-not-concurrently": "DROP INDEX ix_users_email;",
    "add-primary-key-builds-index": "ALTER TABLE users DROP CONSTRAINT users_pkey;",
    "attach-partition-without-check": "CREATE TABLE events_2026 (user_id bigint, at date NOT NULL);",
    "trigger-on-existing-table": "{function}",
}
_IN_CONTRACT = "# in contract\n"
_POSTS = """CREATE TABLE posts (
    id bigint PRIMARY KEY, user_id bigint, CONSTRAINT fk_posts_user FOREIGN KEY (user_id) REFERENCES users (id));"""
_NOT_NULL = {
    "postgresql": "ALTER COLUMN email SET NOT NULL",
    "mysql": "MODIFY email varchar(50) NOT NULL",
    "mariadb": "MODIFY email varchar(50) NOT NULL",
}
_FUNCTION = "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
_BODIES = {
    "postgresql": "LANGUAGE sql AS 'SELECT 1'",
    "mysql": "DETERMINISTIC RETURN 1",
    "mariadb": "DETERMINISTIC RETURN 1",
}


def shown(rule: str) -> tuple[str, ...]:
    """The dialects in which the examples of a rule's page are written."""
    about = page(rule).entry.dialects
    return tuple(one for one in _ONLY.get(rule, tuple(SCHEMAS)) if one in about)


def schema(rule: str, dialect: str) -> str:
    """The schema for a rule's examples."""
    parts = {"body": _BODIES[dialect], "function": _FUNCTION, "posts": _POSTS, "not_null": _NOT_NULL[dialect]}
    return SCHEMAS[dialect] + _EXTRAS.get(rule, "").format(**parts)


def is_python(code: str) -> bool:
    """Whether an example is the body of ``upgrade()``, else it is SQL."""
    return bool(re.search(r"^\s*(?:op\.|with |migrator\.|#)", sent(code)))


def sent(code: str) -> str:
    """The example without the line that says its phase."""
    return code.removeprefix(_IN_CONTRACT)


def phase_of(code: str) -> Phase:
    """As its first line says, else expand."""
    return Phase.CONTRACT if code.startswith(_IN_CONTRACT) else Phase.EXPAND


def findings(rule: str, code: str, dialect: str) -> tuple[Finding, ...]:
    """What the check says of an example."""
    if not is_python(code):
        files = [SQLFile(name="change.sql", text=sent(code))]
        before = SQLFile(name="schema.sql", text=schema(rule, dialect))
        return check_sql(files, phase=phase_of(code), dialect=dialect, baseline=before, today=TODAY).findings
    graph = history(code, phase=phase_of(code), before=_before(rule, dialect))
    recording = record_history(graph, dialect, follow_unknowns=True)["change"]
    return judge_fully(recording, dialect=dialect, today=TODAY, planning=Planning.for_server(dialect, None)).findings


def statements(rule: str, code: str, dialect: str) -> list[str]:
    """What an example sends: SQL as it is, operations in the form that the planner gives them."""
    if not is_python(code):
        return [piece.text for piece in check_rules(dialect).split(sent(code)).pieces]
    graph = history(code, phase=phase_of(code), before=_before(rule, dialect))
    recording = record_history(graph, dialect)["change"]
    planning = Planning.for_server(dialect, None)
    found: list[str] = []
    for item in recording.items:
        plans = planning.plans(item, frozenset(), text=True)
        # The last choice is the one that the server takes whatever it must do for it.
        planned = [(step.sql, *step.choices)[-1] for plan in plans for step in plan.steps]
        found += planned or item.statements
    return found


def _before(rule: str, dialect: str) -> str:
    pieces = check_rules(dialect).split(schema(rule, dialect)).pieces
    return "\n".join(f"op.execute({piece.text!r})" for piece in pieces)
