"""The small schema of the catalogue's tests on SQLite, and one change of each property.

SQLite alters little; what it can't is made anew: ``USERS`` with a piece of its text replaced.
"""

from __future__ import annotations

USERS = (
    "CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name varchar(40) NOT NULL, nick text DEFAULT 'x',"
    " age int CONSTRAINT age_ok CHECK (age > 0), team_id integer, doubled int GENERATED ALWAYS AS (age * 2) STORED,"
    " CONSTRAINT to_team FOREIGN KEY (team_id) REFERENCES teams (id), CONSTRAINT uq_name UNIQUE (name))"
)
AFTER_USERS = (
    "CREATE INDEX ix_nick ON users (nick)",
    "CREATE TRIGGER keeping AFTER UPDATE ON users BEGIN SELECT 1; END",
    "CREATE VIEW names AS SELECT id, name FROM users",
)
SCHEMA = (
    "CREATE TABLE teams (id integer PRIMARY KEY, code text UNIQUE)",
    "CREATE TABLE others (id integer, note text, PRIMARY KEY (id))",
    USERS,
    *AFTER_USERS,
)


def remade(piece: str, other: str) -> tuple[str, ...]:
    """Statements that make the table of users anew with another piece of text."""
    if USERS.count(piece) != 1:
        raise ValueError(f"{piece!r} doesn't stand in the table once")
    return ("DROP VIEW names", "DROP TABLE users", USERS.replace(piece, other), *AFTER_USERS)


CHANGES: dict[str, str | tuple[str, ...]] = {
    "a table is added": "CREATE TABLE more (id int)",
    "a table is dropped": "DROP TABLE others",
    "a table is renamed": "ALTER TABLE others RENAME TO elsewhere",
    "a table's option": ("DROP TABLE others", "CREATE TABLE others (id integer PRIMARY KEY, note text) WITHOUT ROWID"),
    "a strict table": ("DROP TABLE others", "CREATE TABLE others (id integer PRIMARY KEY, note text) STRICT"),
    "a column is added": "ALTER TABLE others ADD COLUMN extra int",
    "a column is dropped": "ALTER TABLE others DROP COLUMN note",
    "a column is renamed": "ALTER TABLE others RENAME COLUMN note TO remark",
    "a column's type": remade("nick text", "nick blob"),
    "a column's length": remade("varchar(40)", "varchar(41)"),
    "a column's collation": remade("nick text", "nick text COLLATE nocase"),
    "a column's nullability": remade("nick text", "nick text NOT NULL"),
    "a column's NOT NULL on conflict": remade("(40) NOT NULL", "(40) NOT NULL ON CONFLICT REPLACE"),
    "a column's default": remade("'x'", "'X'"),
    "a column's default is dropped": remade(" DEFAULT 'x'", ""),
    "a column's identity": remade(" AUTOINCREMENT", ""),
    "a column's expression": remade("age * 2", "age * 3"),
    "a column is virtual": remade("STORED", "VIRTUAL"),
    "a column is generated no more": remade(" GENERATED ALWAYS AS (age * 2) STORED", ""),
    "a constraint is added": remade("name))", "name), CONSTRAINT nick_ok CHECK (nick <> ''))"),
    "an unnamed constraint is added": remade("name))", "name), CHECK (nick <> ''))"),
    "a constraint is dropped": remade(" CONSTRAINT age_ok CHECK (age > 0)", ""),
    "a constraint's name": remade("age_ok", "age_fine"),
    "a constraint's definition": remade("age > 0", "age > 1"),
    "a foreign key is dropped": remade(" CONSTRAINT to_team FOREIGN KEY (team_id) REFERENCES teams (id),", ""),
    "a foreign key's name": remade("to_team", "of_team"),
    "a foreign key's action": remade("teams (id)", "teams (id) ON DELETE CASCADE"),
    "a foreign key is deferred": remade("teams (id)", "teams (id) DEFERRABLE INITIALLY DEFERRED"),
    "a foreign key's table": remade("teams (id)", "others (id)"),
    "a primary key": ("DROP TABLE others", "CREATE TABLE others (id integer, note text, PRIMARY KEY (id, note))"),
    "a unique constraint": remade(", CONSTRAINT uq_name UNIQUE (name)", ""),
    "a unique constraint's name": remade("uq_name", "one_name"),
    "a unique constraint's columns": remade("UNIQUE (name)", "UNIQUE (name, age)"),
    "an index is added": "CREATE INDEX ix_age ON users (age)",
    "an index is dropped": "DROP INDEX ix_nick",
    "an index's columns": ("DROP INDEX ix_nick", "CREATE INDEX ix_nick ON users (nick, age)"),
    "an index is unique": ("DROP INDEX ix_nick", "CREATE UNIQUE INDEX ix_nick ON users (nick)"),
    "an index is partial": ("DROP INDEX ix_nick", "CREATE INDEX ix_nick ON users (nick) WHERE age > 1"),
    "a trigger is dropped": "DROP TRIGGER keeping",
    "a trigger's definition": (
        "DROP TRIGGER keeping",
        "CREATE TRIGGER keeping AFTER UPDATE ON users BEGIN SELECT 2; END",
    ),
    "a view is dropped": "DROP VIEW names",
    "a view's definition": ("DROP VIEW names", "CREATE VIEW names AS SELECT id, name FROM users WHERE age > 3"),
}

# The same table in other words, as ALTER TABLE and batch rebuilds leave it.
SAME_USERS = """CREATE TABLE "users" (
    "id" INTEGER NOT NULL -- the key
        PRIMARY KEY AUTOINCREMENT,
    name VARCHAR( 40 ) not null,
    [nick] TEXT DEFAULT 'x',
    `age` INT,
    team_id INTEGER CONSTRAINT to_team REFERENCES "teams" ON DELETE NO ACTION,
    doubled INT AS ("age"*2) STORED,
    CONSTRAINT uq_name UNIQUE ("name"),
    CONSTRAINT age_ok CHECK ((age > 0))
)"""

# Nothing of the shape changes; a snapshot must not see it.
NOT_SEEN = (
    "INSERT INTO users (name, age) VALUES ('a', 3)",
    "ALTER TABLE others ADD COLUMN gone int DEFAULT 5",
    "ALTER TABLE others DROP COLUMN gone",
    "DROP VIEW names",
    "DROP TABLE users",
    SAME_USERS.replace(" NOT NULL -- the key", " -- the key"),
    *AFTER_USERS,
    "ANALYZE",
)

# What Alembic's batch mode reflects whole.  It loses AUTOINCREMENT, the spelling "int", and the name and action of a
# foreign key that is written at its column or without the column that it refers to.
REBUILDABLE = (
    "CREATE TABLE teams (id integer PRIMARY KEY)",
    "CREATE TABLE users (id integer PRIMARY KEY NOT NULL, name varchar(40) NOT NULL, nick text DEFAULT 'x',"
    " age integer, team_id integer, CONSTRAINT age_ok CHECK (age > 0), CONSTRAINT uq_name UNIQUE (name),"
    " CONSTRAINT to_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE)",
    "CREATE INDEX ix_nick ON users (nick)",
)
