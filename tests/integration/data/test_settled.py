"""Where text and catalogue prove that a batch leaves nothing to do, nobody asks; where they don't, somebody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.kinds import UpdateMigration
from migrator.dialects import pack_for
from migrator.dialects.writing import PlainColumn
from migrator.model.data import DataState
from tests.integration.data.running import Runner, learned
from tests.support.database import Database

POSTGRESQL = ("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
pytestmark = pytest.mark.servers(*POSTGRESQL, "mariadb", "mysql")
ITEM = sa.table("item", sa.column("id"), sa.column("old"), sa.column("new"))
COPY = UpdateMigration(
    name="copy", table=ITEM, set={"new": ITEM.c.old}, where=ITEM.c.new.is_distinct_from(ITEM.c.old), batch_size=10
)
PLAIN = "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, new INTEGER)"


def filled(database: Database, count: int = 30) -> None:
    with database.engine().begin() as connection:
        connection.execute(sa.insert(ITEM), [{"id": n, "old": n} for n in range(1, count + 1)])
    learned(database, "copy", 10)


def plain(database: Database, url: str = "", schema: str | None = None) -> dict[str, PlainColumn]:
    engine = sa.create_engine(url or database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        table = sa.table("item", schema=schema)
        return dict(pack_for(engine.dialect).writing.plain_columns(connection, table))


@contextmanager
def questions() -> Iterator[list[str]]:
    """What is asked of the rows by a batch, after its change or with it."""
    asked: list[str] = []

    def see(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        found = " ".join(statement.split())
        after = found.startswith(("SELECT item.id FROM item", "SELECT id FROM item"))
        if found.startswith("WITH migrator_changed") or (after and "LIMIT" not in found):
            asked.append(found)

    sa.event.listen(sa.Engine, "before_cursor_execute", see)
    try:
        yield asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", see)


def test_a_copy_of_one_column_to_another_of_its_type_asks_nothing_after_its_batches(database: Database) -> None:
    database.execute(PLAIN)
    filled(database)
    with questions() as asked:
        report = Runner(database=database, migrations=[COPY])()
    assert (report.exit_code, report.done, asked) == (0, 30, [])
    assert database.scalar("SELECT count(*) FROM item WHERE new = old") == 30


def test_a_copy_to_a_wider_column_asks(database: Database) -> None:
    database.execute(PLAIN.replace("new INTEGER", "new BIGINT"))
    filled(database)
    with questions() as asked:
        report = Runner(database=database, migrations=[COPY])()
    assert (report.exit_code, report.done, len(asked)) == (0, 30, 3)


def test_a_number_that_its_column_rounds_is_not_taken_for_done(database: Database) -> None:
    database.execute("CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old DECIMAL(6,2), new DECIMAL(6,0))")
    filled(database, 1)
    database.execute("UPDATE item SET old = 1.5")
    report = Runner(database=database, migrations=[COPY])()
    assert (report.rows[0].state, report.rows[0].done) == (DataState.BLOCKED, 0)


SPOILERS: dict[str, dict[str, tuple[str, ...]]] = {
    "a trigger": {
        "postgresql": (
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.new := NULL; RETURN NEW; END'",
            "CREATE TRIGGER spoiling BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION spoil()",
        ),
        "mysql": ("CREATE TRIGGER spoiling BEFORE UPDATE ON item FOR EACH ROW SET NEW.new = NULL",),
    },
    "a cascade": {
        "postgresql": (
            "ALTER TABLE item ADD UNIQUE (new)",
            "ALTER TABLE item ADD FOREIGN KEY (old) REFERENCES item (new) ON UPDATE CASCADE",
        ),
        "mysql": (
            "ALTER TABLE item ADD UNIQUE (new)",
            "CREATE TABLE child (n INTEGER, FOREIGN KEY (n) REFERENCES item (new) ON UPDATE CASCADE)",
        ),
    },
}


@pytest.mark.parametrize("what", SPOILERS)
def test_where_something_may_change_what_is_set_no_column_is_plain(database: Database, what: str) -> None:
    database.execute(PLAIN)
    assert set(plain(database)) == {"id", "old", "new"}
    database.execute(*SPOILERS[what][database.dialect])
    assert plain(database) == {}


def test_a_row_that_a_trigger_puts_back_is_not_taken_for_done(database: Database) -> None:
    database.execute(PLAIN)
    filled(database)
    database.execute(*SPOILERS["a trigger"][database.dialect])
    report = Runner(database=database, migrations=[COPY])()
    assert (report.rows[0].state, report.rows[0].done) == (DataState.BLOCKED, 0)


def test_generated_columns_are_not_plain_and_the_others_say_whether_they_may_be_null(database: Database) -> None:
    database.execute(
        "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, short VARCHAR(10), name VARCHAR(20) NOT NULL,"
        " same VARCHAR(20), made INTEGER GENERATED ALWAYS AS (old * 2) STORED)"
    )
    found = plain(database)
    assert {name: one.nullable for name, one in found.items()} == {
        "id": False,
        "old": True,
        "short": True,
        "name": False,
        "same": True,
    }
    kinds = {name: one.kind for name, one in found.items()}
    assert kinds["same"] == kinds["name"] != kinds["short"]
    assert kinds["id"] == kinds["old"]


def test_of_a_view_and_of_a_table_that_is_not_there_nothing_is_plain(database: Database) -> None:
    assert plain(database) == {}
    database.execute(
        "CREATE TABLE base (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, new INTEGER)",
        "CREATE VIEW item AS SELECT id, old, new FROM base",
    )
    assert plain(database) == {}


@pytest.mark.servers(*POSTGRESQL)
def test_parts_count_with_their_triggers_and_children_that_inherit_are_left_alone(database: Database) -> None:
    database.execute(
        f"{PLAIN} PARTITION BY RANGE (id)", "CREATE TABLE part PARTITION OF item FOR VALUES FROM (0) TO (100)"
    )
    assert set(plain(database)) == {"id", "old", "new"}
    trigger = SPOILERS["a trigger"]["postgresql"]
    database.execute(trigger[0], trigger[1].replace("ON item", "ON part"))
    assert plain(database) == {}
    database.execute("DROP TABLE item", PLAIN, "CREATE TABLE child () INHERITS (item)")
    assert plain(database) == {}


@pytest.mark.servers(*POSTGRESQL)
def test_a_domain_is_not_plain(database: Database) -> None:
    database.execute("CREATE DOMAIN number AS integer", PLAIN.replace("new INTEGER", "new number"))
    assert set(plain(database)) == {"id", "old"}


@pytest.mark.servers("mariadb", "mysql")
def test_a_time_stamp_is_not_plain_nor_what_changes_by_itself(database: Database) -> None:
    database.execute(
        "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, at TIMESTAMP NULL,"
        " seen DATETIME DEFAULT CURRENT_TIMESTAMP,"
        " moved DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)"
    )
    assert set(plain(database)) == {"id", "seen"}


@pytest.mark.servers("mariadb", "mysql")
def test_who_is_not_shown_triggers_finds_no_plain_column(database: Database, make_login: Callable[..., str]) -> None:
    database.execute(PLAIN)
    url = make_login("none")
    account = f"`{sa.make_url(url).username}`@'%'"
    database.execute(f"GRANT SELECT, UPDATE ON item TO {account}")
    assert plain(database, url) == {}
    database.execute(f"GRANT TRIGGER ON item TO {account}")
    assert set(plain(database, url)) == {"id", "old", "new"}
    assert set(plain(database, make_login("all"))) == {"id", "old", "new"}
