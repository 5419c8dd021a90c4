"""Declarations that can't work are refused when they are made."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.fences import fence_of
from migrator.data.kinds import Fence, FunctionMigration, UpdateMigration
from migrator.errors import ConfigurationError

USERS = sa.table("users", sa.column("id"), sa.column("name"), sa.column("full_name"))
OTHER = sa.table("other", sa.column("id"), sa.column("name"))
GOOD: dict[str, Any] = {
    "name": "full_name",
    "table": USERS,
    "set": {"full_name": USERS.c.name},
    "where": USERS.c.full_name.is_distinct_from(USERS.c.name),
}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"table": "users"}, "table"),
        ({"set": {}}, "set"),
        ({"set": {"fullname": 1}}, "fullname"),
        ({"set": {USERS.c.name: 1}}, "set"),
        ({"set": {"full_name": OTHER.c.name}}, "other"),
        ({"where": "name IS NULL"}, "where"),
        ({"where": sa.text("name IS NULL")}, "where"),
        ({"where": USERS.c.id == OTHER.c.id}, "other"),
        ({"requires": "2a"}, "requires"),
        ({"requires": (1,)}, "requires"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
    ],
)
def test_an_update_that_cannot_work_is_refused_and_says_what_to_write(change: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as refused:
        UpdateMigration(**{**GOOD, **change})
    assert refused.value.remedy


def test_other_tables_are_welcome_inside_a_subquery() -> None:
    name = sa.select(OTHER.c.name).where(OTHER.c.id == USERS.c.id).scalar_subquery()
    exists = sa.exists().where(OTHER.c.id == USERS.c.id)
    made = UpdateMigration(**{**GOOD, "set": {"full_name": name}, "where": exists})
    assert made.requires == ()


def test_the_fence_of_an_update_is_its_predicate_and_always_the_same_object() -> None:
    made = UpdateMigration(**GOOD)
    fence = fence_of(made)
    assert fence is not None
    assert (fence.table, fence.refuse) == (USERS, made.where)
    assert fence_of(made) is fence
    own = Fence(table=USERS, refuse=sa.true())
    assert fence_of(UpdateMigration(**GOOD, fence=own)) is own


@pytest.mark.parametrize("change", [{"function": 3}, {"remaining": 3}, {"remaining": USERS.c.id}, {"name": None}])
def test_a_function_that_cannot_work_is_refused(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"name": "flavor", "function": lambda context, max_count: (0, 0)}
    assert fence_of(FunctionMigration(**good)) is None
    assert not FunctionMigration(**good).has_predicate
    with pytest.raises(ConfigurationError):
        FunctionMigration(**{**good, **change})


def test_a_fence_needs_a_table_and_an_expression() -> None:
    with pytest.raises(ConfigurationError):
        Fence(table="users", refuse=sa.true())  # type: ignore[arg-type]  # the point of the test
