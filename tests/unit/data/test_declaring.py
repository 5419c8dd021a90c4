"""Declarations that can't work are refused when they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.fences import fence_of
from migrator.data.kinds import (
    CopyMigration,
    DataMigration,
    DeleteMigration,
    Fence,
    FunctionMigration,
    TransformMigration,
    UpdateMigration,
)
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


SOURCE = sa.select(USERS.c.id, USERS.c.name).where(USERS.c.name.is_not(None))
KINDS: dict[str, tuple[Callable[..., DataMigration], dict[str, Any]]] = {
    "delete": (DeleteMigration, {"name": "x", "table": USERS, "where": USERS.c.id > 5}),
    "transform": (
        TransformMigration,
        {
            "name": "x",
            "table": USERS,
            "where": USERS.c.full_name.is_(None),
            "reads": ("name",),
            "writes": ("full_name",),
            "function": dict,
        },
    ),
    "copy": (CopyMigration, {"name": "x", "source": SOURCE, "target": OTHER, "key": ("id",)}),
}


@pytest.mark.parametrize(
    ("kind", "change", "word"),
    [
        *((kind, {"name": ""}, "name") for kind in KINDS),
        *((kind, {"batch_size": 0}, "batch_size") for kind in KINDS),
        ("delete", {"where": "id > 5"}, "where"),
        ("delete", {"where": OTHER.c.id == USERS.c.id}, "other"),
        ("delete", {"table": SOURCE}, "table"),
        ("transform", {"reads": "name"}, "reads"),
        ("transform", {"reads": ()}, "reads"),
        ("transform", {"reads": ("nome",)}, "nome"),
        ("transform", {"writes": (USERS.c.name,)}, "writes"),
        ("transform", {"function": None}, "function"),
        ("transform", {"function": 3}, "function"),
        ("transform", {"batch_function": list}, "function"),
        ("copy", {"source": sa.select(USERS.c.id, OTHER.c.name)}, "source"),
        ("copy", {"source": SOURCE.limit(5)}, "source"),
        ("copy", {"source": SOURCE.distinct()}, "source"),
        ("copy", {"source": SOURCE.order_by(USERS.c.id)}, "source"),
        ("copy", {"source": SOURCE.group_by(USERS.c.id)}, "source"),
        ("copy", {"source": SOURCE.join(OTHER, OTHER.c.id == USERS.c.id)}, "source"),
        ("copy", {"source": "users"}, "source"),
        ("copy", {"target": "other"}, "target"),
        ("copy", {"target": USERS}, "itself"),
        ("copy", {"source": USERS}, "columns"),
        ("copy", {"columns": {"id": USERS.c.id, "nome": USERS.c.name}}, "nome"),
        ("copy", {"columns": {"id": OTHER.c.id}}, "other"),
        ("copy", {"columns": {"name": USERS.c.name}}, "key"),
        ("copy", {"key": ()}, "key"),
        ("copy", {"key": "id"}, "key"),
        ("copy", {"on_conflict": "replace"}, "on_conflict"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_and_says_what_to_write(
    kind: str, change: dict[str, Any], word: str
) -> None:
    make, good = KINDS[kind]
    assert make(**good).has_predicate
    with pytest.raises(ConfigurationError, match=word) as refused:
        make(**{**good, **change})
    assert refused.value.remedy


@pytest.mark.parametrize("kind", ["delete", "transform"])
def test_the_fence_of_a_delete_and_of_a_transform_is_their_predicate(kind: str) -> None:
    make, good = KINDS[kind]
    fence = fence_of(make(**good))
    assert fence is not None
    assert (fence.table, fence.refuse) == (USERS, good["where"])


def test_a_copy_takes_the_columns_that_its_select_names() -> None:
    make, good = KINDS["copy"]
    made = make(**good)
    assert isinstance(made, CopyMigration)
    assert list(made.columns) == ["id", "name"]
    assert made.rows_of is USERS
    assert make(**{**good, "source": sa.select(USERS.c.id, USERS.c.name).select_from(USERS)}).has_predicate
