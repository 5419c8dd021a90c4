"""OpenStack's lists of online migrations, in each form that its projects have."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from migrator.data.kinds import online_migrations
from migrator.data.modules import load_data_migrations
from migrator.errors import ConfigurationError


def fill_uuids(context: Any, max_count: int) -> tuple[int, int]:
    return max_count, max_count


def drop_keypairs(context: Any, max_count: int) -> tuple[int, int]:
    return 0, 0


class Api:
    """An object whose methods are online migrations, as Ironic has."""

    def update_to_latest(self, context: Any, max_count: int) -> tuple[int, int]:
        return max_count, 0


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ((), []),
        ((fill_uuids, drop_keypairs), ["fill_uuids", "drop_keypairs"]),
        ([fill_uuids], ["fill_uuids"]),
        (((Api(), "update_to_latest"),), ["update_to_latest"]),
        (
            ((object(), (fill_uuids, drop_keypairs)), (Api(), ("update_to_latest",))),
            ["fill_uuids", "drop_keypairs", "update_to_latest"],
        ),
        ((partial(fill_uuids),), ["fill_uuids"]),
        ((Api().update_to_latest, fill_uuids), ["update_to_latest", "fill_uuids"]),
    ],
)
def test_each_function_is_a_data_migration_of_its_name_in_the_order_of_the_list(listed: Any, names: Any) -> None:
    made = online_migrations(listed, requires=("2a",), batch_size=50)
    assert [one.name for one in made] == names
    assert all((one.requires, one.batch_size, one.has_predicate) == (("2a",), 50, False) for one in made)
    assert all(not one.commits_itself for one in made)


def test_without_a_context_of_theirs_functions_get_ours() -> None:
    seen: list[Any] = []

    def look(context: Any, max_count: int) -> tuple[int, int]:
        seen.append((context, max_count))
        return 0, 0

    (one,) = online_migrations((look,))
    one("ours", 7)
    (theirs,) = online_migrations((look,), context=lambda: "theirs")
    theirs("ours", 8)
    assert seen == [("ours", 7), ("theirs", 8)]
    assert theirs.commits_itself
    assert not online_migrations((look,), context=lambda: "theirs", commits_itself=False)[0].commits_itself


@pytest.mark.parametrize(
    "listed",
    [
        "fill_uuids",
        None,
        (3,),
        ((Api(), "missing"),),
        ((Api(), "x", "y"),),
        (fill_uuids, fill_uuids),
        ((fill_uuids, drop_keypairs),),
    ],
)
def test_what_is_no_such_list_is_refused(listed: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        online_migrations(listed)
    assert refused.value.remedy


def test_a_module_s_tuple_of_them_is_loaded_in_its_order(tmp_path: Path) -> None:
    text = """
    import migrator

    def second(context, max_count):
        return 0, 0

    def first(context, max_count):
        return 0, 0

    change = "nova"
    nova = migrator.online_migrations((first, second))
    also = nova[0]
    """
    (tmp_path / "nova.py").write_text(dedent(text))
    loaded = load_data_migrations(tmp_path)
    assert [(one.name, one.change) for one in loaded] == [("first", "nova"), ("second", "nova")]
