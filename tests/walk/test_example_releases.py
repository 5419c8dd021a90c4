"""The example's releases understand each other, and its data migrations carry over exactly what they must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from examples.inventory import release_a, release_b, release_c
from examples.inventory.database import make_engine
from examples.inventory.domain import Flavor
from examples.inventory.seed import FLAVORS, seed
from tests.support import run
from tests.support.database import Database
from tests.support.run import ROOT, Run

SMALL, LARGE, HUGE = FLAVORS[1], FLAVORS[3], FLAVORS[4]


def migrator(database: Database, *arguments: str) -> Run:
    words = ("--config", str(ROOT / "alembic.ini"), "--database-url", database.url, *arguments)
    return run.run("migrator", *words, folder=ROOT)


class Releases:
    """The three releases on one database; ``ids`` are three instances that A left behind."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.unpinned = folder / "unpinned"
        self.a = release_a.Inventory(engine)
        self.b = release_b.Inventory(engine, self.unpinned)
        self.c = release_c.Inventory(engine)
        self.ids: list[int] = []


@pytest.fixture
def releases(database: Database, tmp_path: Path) -> Iterator[Releases]:
    """All three on the expanded schema."""
    assert migrator(database, "expand", "--to", "1a10").exit_code == 0
    engine = make_engine(database.url)
    found = Releases(engine, tmp_path)
    found.ids = [instance.id for instance in seed(engine, 3)]
    assert migrator(database, "expand").exit_code == 0
    yield found
    engine.dispose()


def write(inventory: release_a.Inventory | release_b.Inventory | release_c.Inventory, id: int, host: str) -> None:
    inventory.migrate(id, host)
    inventory.resize(id, LARGE if host.isupper() else SMALL)


def test_old_code_and_pinned_code_read_each_others_writes(releases: Releases) -> None:
    id = releases.ids[0]
    for writer, host in ((releases.a, "one"), (releases.b, "TWO"), (releases.a, "three")):
        write(writer, id, host)
        assert releases.a.get(id) == releases.b.get(id)
        assert releases.a.get(id).host == host  # type: ignore[union-attr]  # it exists


def test_unpinned_code_reads_what_old_code_wrote_last_before_any_row_is_migrated(releases: Releases) -> None:
    never_filled, filled_then_changed, filled_last = releases.ids
    write(releases.b, filled_then_changed, "B")
    write(releases.a, filled_then_changed, "a")
    write(releases.a, filled_last, "a")
    write(releases.b, filled_last, "B")
    releases.unpinned.touch()
    for id in (never_filled, filled_then_changed, filled_last):
        assert releases.b.get(id) == releases.a.get(id)


def test_the_data_migrations_take_over_what_old_code_wrote_last(database: Database, releases: Releases) -> None:
    never_filled, filled_then_changed, differs_in_case = releases.ids
    write(releases.b, filled_then_changed, "B")
    write(releases.a, filled_then_changed, "a")
    write(releases.b, differs_in_case, "Host")
    releases.a.migrate(differs_in_case, "host")
    before = {id: releases.a.get(id) for id in releases.ids}
    assert migrator(database, "online-data-migrations").exit_code == 0
    assert {id: releases.c.get(id) for id in releases.ids} == before
    assert never_filled in before


def test_what_new_code_wrote_is_left_alone_and_keeps_no_contract_closed(database: Database, releases: Releases) -> None:
    releases.unpinned.touch()
    assert migrator(database, "online-data-migrations").exit_code == 0
    changed, *_ = releases.ids
    write(releases.c, changed, "C")
    added = releases.c.create("new", "C", HUGE)
    assert releases.b.get(changed) == releases.c.get(changed)
    assert releases.b.get(added) == releases.c.get(added)
    written = {id: releases.c.get(id) for id in (changed, added)}
    assert migrator(database, "online-data-migrations").exit_code == 0
    assert {id: releases.c.get(id) for id in (changed, added)} == written
    assert migrator(database, "contract").exit_code == 0
    assert {id: releases.c.get(id) for id in (changed, added)} == written


def test_what_old_code_writes_too_late_keeps_the_contract_closed(database: Database, releases: Releases) -> None:
    assert migrator(database, "online-data-migrations").exit_code == 0
    releases.a.migrate(releases.ids[0], "late")
    closed = migrator(database, "contract", "--format", "json")
    assert closed.exit_code == 4
    assert closed.json()["blocked"][0]["change"] == "compute_host"
    assert "host" in database.columns("instances")


def test_unpinned_code_writes_both_places_of_an_instance_that_new_code_made(releases: Releases) -> None:
    releases.unpinned.touch()
    id = releases.c.create("new", "C", SMALL)
    write(releases.b, id, "B")
    assert releases.a.get(id) == releases.b.get(id) == releases.c.get(id)


def test_any_flavor_name_survives_the_copy(database: Database, releases: Releases) -> None:
    names = ('quo"te', "back\\slash", "ünïcode ✓", "m1.tiny ", "", "null", "7")
    flavors = [Flavor(id=9, name=name, memory_mb=1, vcpus=1) for name in names]
    ids = [releases.a.create("odd", "h", flavor) for flavor in flavors]
    assert migrator(database, "online-data-migrations").exit_code == 0
    assert [releases.c.get(id).flavor for id in ids] == flavors  # type: ignore[union-attr]  # they exist
