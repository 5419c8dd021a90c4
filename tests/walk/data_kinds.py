"""Each kind over one small database whose right end is known, for the walks: kills, and clients beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrator.data.kinds import CopyMigration, DataMigration, DeleteMigration, TransformMigration
from tests.integration.data.running import ITEM, Runner, add, items
from tests.support.database import Database

COPIED = sa.table("copied", *(sa.column(name) for name in ("id", "old", "times")))
BY_ID = {"id": ITEM.c.id, "old": ITEM.c.old}


def doubled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"new": row["old"] * 2, "touched": row["touched"] + 1}


def delete(**options: Any) -> DataMigration:
    return DeleteMigration(name="kind", table=ITEM, where=ITEM.c.old > 0, **options)


def copy(**options: Any) -> DataMigration:
    return CopyMigration(name="kind", source=ITEM, target=COPIED, columns=BY_ID, key=("id",), **options)


def update(**options: Any) -> DataMigration:
    return copy(on_conflict="update", **options)


def move(**options: Any) -> DataMigration:
    return copy(remove_source=True, **options)


def transform(**options: Any) -> DataMigration:
    wanted = sa.or_(ITEM.c.new.is_(None), ITEM.c.new != ITEM.c.old * 2)
    reads, writes = ("old", "touched"), ("new", "touched")
    return TransformMigration(
        name="kind", table=ITEM, reads=reads, writes=writes, where=wanted, function=doubled, **options
    )


@dataclass(frozen=True, kw_only=True)
class Kind:
    """``done`` is a query that counts the rows done; ``right`` are queries that find none when all is as it must be."""

    make: Callable[..., DataMigration]
    done: str
    right: tuple[str, ...]


KINDS = {
    "delete": Kind(
        make=delete,
        done="SELECT (SELECT count(*) FROM expected) - (SELECT count(*) FROM item)",
        right=("SELECT id FROM item WHERE old > 0",),
    ),
    "copy": Kind(
        make=copy,
        done="SELECT count(*) FROM copied",
        right=(
            "SELECT id FROM item i WHERE NOT EXISTS (SELECT 1 FROM copied c WHERE c.id = i.id)",
            "SELECT id FROM copied c WHERE NOT EXISTS (SELECT 1 FROM item i WHERE c.id = i.id AND c.old = i.old)",
        ),
    ),
    "update": Kind(
        make=update,
        done="SELECT count(*) FROM copied c JOIN item i ON c.id = i.id AND c.old = i.old",
        right=("SELECT i.id FROM item i LEFT JOIN copied c ON c.id = i.id AND c.old = i.old WHERE c.id IS NULL",),
    ),
    "move": Kind(
        make=move,
        done="SELECT (SELECT count(*) FROM expected) - (SELECT count(*) FROM item)",
        right=(
            "SELECT id FROM item",
            "SELECT e.id FROM expected e LEFT JOIN copied c ON c.id = e.id AND c.old = e.old WHERE c.id IS NULL",
            "SELECT c.id FROM copied c LEFT JOIN expected e ON c.id = e.id WHERE e.id IS NULL",
        ),
    ),
    "transform": Kind(
        make=transform,
        done="SELECT count(*) FROM item WHERE touched > 0",
        right=("SELECT id FROM item WHERE new IS NULL OR new <> old * 2 OR touched <> 1",),
    ),
}


def begin(database: Database, rows: int, *, kind: str) -> None:
    """The state before: ``rows`` items, what they were in ``expected``, and for *update* a target that differs."""
    for table in ("item", "copied", "expected"):
        database.execute(f"DROP TABLE IF EXISTS {table}")
    items(database, 0)
    add(database, range(1, rows + 1))
    database.execute(
        "CREATE TABLE copied (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, times INTEGER NOT NULL DEFAULT 0)",
        "CREATE TABLE expected AS SELECT id, old FROM item",
    )
    if kind == "update":
        database.execute("INSERT INTO copied (id, old) SELECT id, 0 FROM item WHERE id % 2 = 0")
    if "migrator_data_migration" in database.tables():
        database.execute("DELETE FROM migrator_data_migration")


def runner(url: str, kind: str, batch_size: int) -> Runner:
    database = Database(url=url, server="", dialect="")
    return Runner(database=database, migrations=[KINDS[kind].make(batch_size=batch_size)])


def wrong(database: Database, kind: str) -> list[Any]:
    """The rows that are not as they must be at the end."""
    return [row for query in KINDS[kind].right for row in database.rows(query)]
