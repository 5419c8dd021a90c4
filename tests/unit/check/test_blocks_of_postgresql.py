"""What DO blocks run and what SELECT does to sequences, as far as constants tell."""

from __future__ import annotations

import pytest

from tests.unit.check.sql_history import POSTGRESQL, errors_in

NUMBERS = "CREATE SEQUENCE s;"
BAD = (
    (
        "EXECUTE over names",
        "DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['orders', 'users'] LOOP"
        " EXECUTE format('DROP TABLE %I', t); END LOOP; END $$",
        "drop-table",
    ),
    (
        "a name that the loop changes",
        "DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['a', 'b'] LOOP t := lower('Users');"
        " EXECUTE format('COMMENT ON TABLE %I IS NULL', t); END LOOP; END $$",
        "opaque-sql",
    ),
    (
        "a name that a query gives",
        "DO $$ DECLARE t text := 'users'; BEGIN SELECT note INTO t FROM users LIMIT 1;"
        " EXECUTE 'COMMENT ON TABLE ' || t || ' IS NULL'; END $$",
        "opaque-sql",
    ),
    (
        "a name of two blocks",
        "DO $$ DECLARE t text := 'a'; BEGIN DECLARE t text := 'b'; BEGIN"
        " EXECUTE 'COMMENT ON TABLE ' || t || ' IS NULL'; END; END $$",
        "opaque-sql",
    ),
    (
        "an array that grows",
        "DO $$ DECLARE every text[] := ARRAY['orders']; t text; BEGIN every := every || lower('Users')::text;"
        " FOREACH t IN ARRAY every LOOP EXECUTE format('COMMENT ON TABLE %I IS NULL', t); END LOOP; END $$",
        "opaque-sql",
    ),
    (
        "too many numbers",
        "DO $$ BEGIN FOR i IN 1..100000 LOOP EXECUTE 'CREATE TABLE t_' || i || ' ()'; END LOOP; END $$",
        "opaque-sql",
    ),
    ("a column's from the first on", "SELECT setval(pg_get_serial_sequence('users', 'id'), 1)", "sequence-starts-over"),
    ("set to anything", "SELECT setval('s', (SELECT age FROM users LIMIT 1))", "opaque-sql"),
    ("set, and something else done", "SELECT setval('s', 900), lo_unlink(5)", "opaque-sql"),
)
HARMLESS = (
    (
        "EXECUTE over names",
        "DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY '{orders, users}'::text[] LOOP"
        " EXECUTE format('ALTER TABLE %I ADD COLUMN x int', t); END LOOP; END $$",
    ),
    (
        "EXECUTE over numbers",
        "DO $$ DECLARE name text := 'part'; BEGIN FOR i IN REVERSE 3..1 LOOP"
        " EXECUTE format('CREATE TABLE %s_%s (id int CHECK (id < %s))', name, i, i + 1); END LOOP; END $$",
    ),
    (
        "EXECUTE over an array that has a name",
        "DO $$ DECLARE every text[] := ARRAY['orders', 'users']; t text; BEGIN FOREACH t IN ARRAY every LOOP"
        " EXECUTE format('GRANT SELECT ON %I TO app', t); END LOOP; END $$",
    ),
    ("beyond those of a query", "SELECT setval('s', coalesce(max(id), 1)) FROM users"),
    ("of a column", "SELECT setval(pg_get_serial_sequence('users', 'id'), GREATEST(nextval('s'), 5)), setval('s', 9)"),
    ("as it stands", "SELECT setval('s', (SELECT last_value FROM s), true)"),
)


@pytest.mark.parametrize(("text", "rule"), [pytest.param(*one[1:], id=one[0]) for one in BAD])
def test_what_harms_is_an_error(text: str, rule: str) -> None:
    assert rule in errors_in(text, schema=POSTGRESQL + NUMBERS)


@pytest.mark.parametrize("text", [pytest.param(one[1], id=one[0]) for one in HARMLESS])
def test_what_harms_nobody_passes(text: str) -> None:
    assert errors_in(text, schema=POSTGRESQL + NUMBERS) == []
