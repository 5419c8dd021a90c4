"""Generated keys, gaps, batch sizes and clients: the end is what one statement makes of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from migrator.data.kinds import CopyMigration, DataMigration, DeleteMigration, TransformMigration, UpdateMigration
from migrator.model.data import DataProgress
from tests.integration.data.running import Runner
from tests.support.database import Database

pytestmark = pytest.mark.quick_on("sqlite", "postgresql")

Key = int | str
KEYS: dict[str, tuple[str, st.SearchStrategy[Key]]] = {
    "bigint": ("BIGINT", st.integers(-(2**62), 2**62) | st.integers(-5, 5)),
    "text": ("VARCHAR(20)", st.text(alphabet="abc %'\\_:?-", max_size=6).filter(lambda text: text == text.rstrip())),
}
ITEM = sa.table("item", sa.column("id"), sa.column("old"), sa.column("new"))
COPIED = sa.table("copied", sa.column("id"), sa.column("old"))


def doubled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"new": row["old"] * 2}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """``oracle`` are the statements that do it at once; ``client`` is what a client does beside it that commutes."""

    make: Callable[[int], DataMigration]
    oracle: Sequence[str]
    client: Sequence[str]


def copying(**options: Any) -> Callable[[int], DataMigration]:
    def make(batch_size: int) -> DataMigration:
        source = sa.select(ITEM.c.id, ITEM.c.old).where(ITEM.c.old > 0)
        return CopyMigration(name="x", source=source, target=COPIED, key=("id",), batch_size=batch_size, **options)

    return make


FILL = "UPDATE item SET new = old * 2 WHERE old > 0"
INSERT = "INSERT INTO copied (id, old) SELECT id, old FROM item WHERE old > 0"
STALE = sa.and_(ITEM.c.old > 0, ITEM.c.new.is_distinct_from(ITEM.c.old * 2))
KINDS = {
    "update": Kind(
        make=lambda size: UpdateMigration(
            name="x", table=ITEM, set={"new": ITEM.c.old * 2}, where=STALE, batch_size=size
        ),
        oracle=[FILL],
        client=["insert", "delete", "update"],
    ),
    "transform": Kind(
        make=lambda size: TransformMigration(
            name="x", table=ITEM, reads=("old",), writes=("new",), where=STALE, function=doubled, batch_size=size
        ),
        oracle=[FILL],
        client=["insert", "delete", "update"],
    ),
    "delete": Kind(
        make=lambda size: DeleteMigration(name="x", table=ITEM, where=ITEM.c.old > 0, batch_size=size),
        oracle=["DELETE FROM item WHERE old > 0"],
        client=["insert", "delete"],
    ),
    "copy": Kind(make=copying(), oracle=[INSERT], client=["insert"]),
    "update by copy": Kind(make=copying(on_conflict="update"), oracle=[INSERT], client=["insert", "update"]),
    "move": Kind(
        make=copying(remove_source=True), oracle=[INSERT, "DELETE FROM item WHERE old > 0"], client=["insert"]
    ),
}


def fill(database: Database, key_type: str, rows: Mapping[Key, int | None]) -> None:
    for table in ("item", "copied"):
        database.execute(f"DROP TABLE IF EXISTS {table}")
        database.execute(f"CREATE TABLE {table} (id {key_type} NOT NULL PRIMARY KEY, old INTEGER, new INTEGER)")
    if "migrator_data_migration" in database.tables():
        database.execute("DELETE FROM migrator_data_migration")
    if rows:
        with database.engine().begin() as connection:
            connection.execute(sa.insert(ITEM), [{"id": key, "old": old} for key, old in rows.items()])


@dataclass(kw_only=True)
class Client:
    """Does one thing after each batch, while there are any."""

    database: Database
    acts: list[tuple[str, Key, int | None]]

    def told(self, progress: DataProgress) -> None:
        if self.acts:
            self.act(self.acts.pop(0))

    def act(self, act: tuple[str, Key, int | None]) -> None:
        what, key, old = act
        with self.database.engine().begin() as connection:
            if what == "delete":
                connection.execute(sa.delete(ITEM).where(ITEM.c.id == key))
            elif what == "update":
                connection.execute(sa.update(ITEM).where(ITEM.c.id == key).values(old=old))
            elif not connection.scalar(sa.select(sa.func.count()).select_from(ITEM).where(ITEM.c.id == key)):
                connection.execute(sa.insert(ITEM).values(id=key, old=old))


def outcome(database: Database) -> list[Any]:
    return [sorted(database.rows(f"SELECT id, old, new FROM {table}")) for table in ("item", "copied")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", KEYS)
def test_the_end_is_what_one_statement_makes(
    database: Database, kind: str, key: str, generated: Callable[[int], int]
) -> None:
    chosen, (key_type, keys) = KINDS[kind], KEYS[key]
    olds = st.none() | st.integers(-1, 3)

    # Without shrinking, which takes minutes over real files and servers.
    @settings(
        max_examples=generated(8),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        rows=st.dictionaries(keys, olds, max_size=12),
        extra=st.lists(st.tuples(st.sampled_from(chosen.client), keys, olds), max_size=5),
        batch_size=st.integers(1, 5),
        max_count=st.none() | st.integers(1, 6),
    )
    def check(rows: dict[Key, int | None], extra: list[Any], batch_size: int, max_count: int | None) -> None:
        # A key that was there and is gone could be inserted again, which at once with the oracle it could not.
        acts = [one for one in extra if one[0] != "insert" or one[1] not in rows]
        acts = list({one[1]: one for one in acts}.values())
        fill(database, key_type, rows)
        for one in acts:
            Client(database=database, acts=[]).act(one)
        database.execute(*chosen.oracle)
        expected = outcome(database)

        fill(database, key_type, rows)
        client = Client(database=database, acts=list(acts))
        runner = Runner(database=database, migrations=[chosen.make(batch_size)])
        while runner(max_count, progress=client.told).exit_code == 1 or client.acts:
            if client.acts:
                client.told(DataProgress(name="x", state=runner.stored("x").state))
        assert runner().exit_code == 0
        assert outcome(database) == expected

    check()
