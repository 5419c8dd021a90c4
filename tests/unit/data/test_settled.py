"""When the text of an UPDATE proves that its predicate finds no changed row again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.settled import leaves_nothing
from migrator.dialects.writing import PlainColumn


class Marked(sa.TypeDecorator[str]):
    """A type of the user's own, which makes NULL of an empty text."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        return value or None


ITEM = sa.table(
    "item", *(sa.column(name) for name in ("id", "old", "new", "wide", "made", "gone")), sa.column("mark", Marked())
)
C = ITEM.c
COLUMNS = {
    "id": PlainColumn(kind="integer", nullable=False),
    "old": PlainColumn(kind="integer", nullable=True),
    "new": PlainColumn(kind="integer", nullable=True),
    "wide": PlainColumn(kind="bigint", nullable=True),
    "gone": PlainColumn(kind="integer", nullable=False),
    "mark": PlainColumn(kind="text", nullable=True),
}
"""``made`` is generated."""


@pytest.mark.parametrize(
    ("where", "values"),
    [
        pytest.param(C.new.is_distinct_from(C.old), {"new": C.old}, id="copied"),
        pytest.param(C.old.is_distinct_from(C.new), {"new": C.old}, id="copied-the-other-way-round"),
        pytest.param(sa.not_(C.new.is_not_distinct_from(C.old)), {"new": C.old}, id="copied-not-the-same"),
        pytest.param(sa.and_(C.id > 5, C.new.is_distinct_from(C.old)), {"new": C.old}, id="copied-and-more"),
        pytest.param(
            sa.and_(C.id > 5, sa.and_(C.id < 9, C.new.is_distinct_from(C.old)).self_group()),
            {"new": C.old},
            id="copied-in-brackets",
        ),
        pytest.param(C.new.is_distinct_from(C.old), {"new": C.old, "wide": C.wide + 1}, id="copied-with-another"),
        pytest.param(C.new.is_(None), {"new": 0}, id="filled-with-a-value"),
        pytest.param(C.new.is_(None), {"new": date(2026, 1, 1)}, id="filled-with-a-date"),
        pytest.param(C.new.is_(None), {"new": sa.literal(7)}, id="filled-with-a-literal"),
        pytest.param(C.new.is_(None), {"new": sa.false()}, id="filled-with-false"),
        pytest.param(C.new.is_(None), {"new": C.id}, id="filled-from-not-null"),
        pytest.param(C.new.is_(None), {"new": sa.func.coalesce(C.old, 0)}, id="filled-with-a-default"),
    ],
)
def test_it_is_proven(where: sa.ColumnElement[bool], values: dict[str, Any]) -> None:
    assert leaves_nothing(ITEM, where, values, COLUMNS)
    assert not leaves_nothing(ITEM, where, values, {})


OTHER = sa.table("other", sa.column("old"), sa.column("id"))


@pytest.mark.parametrize(
    ("where", "values"),
    [
        pytest.param(C.new.is_distinct_from(C.old), {"wide": C.old}, id="another-column-is-set"),
        pytest.param(C.new.is_distinct_from(C.old), {"new": C.old + 0}, id="an-expression-is-copied"),
        pytest.param(C.new.is_distinct_from(C.old), {"new": C.id}, id="another-column-is-copied"),
        pytest.param(C.new.is_distinct_from(C.old), {"new": C.old, "old": C.new}, id="they-are-swapped"),
        pytest.param(C.new.is_distinct_from(C.wide), {"new": C.wide}, id="the-types-differ"),
        pytest.param(C.made.is_distinct_from(C.old), {"made": C.old}, id="it-is-generated"),
        pytest.param(C.new.is_distinct_from(C.made), {"new": C.made}, id="its-source-is-generated"),
        pytest.param(C.new.is_distinct_from(OTHER.c.old), {"new": OTHER.c.old}, id="another-table"),
        pytest.param(C.new.is_distinct_from(5), {"new": 5}, id="a-value-that-its-column-may-change"),
        pytest.param(C.new != C.old, {"new": C.old}, id="unequal-but-null"),
        pytest.param(sa.or_(C.id > 5, C.new.is_distinct_from(C.old)), {"new": C.old}, id="or"),
        pytest.param(sa.not_(sa.and_(C.id > 5, C.new.is_distinct_from(C.old))), {"new": C.old}, id="not"),
        pytest.param(C.new.is_(None), {"new": C.old}, id="filled-from-nullable"),
        pytest.param(C.new.is_(None), {"new": None}, id="filled-with-none"),
        pytest.param(C.new.is_(None), {"new": sa.null()}, id="filled-with-null"),
        pytest.param(C.new.is_(None), {"new": sa.func.lower(C.id)}, id="filled-by-a-function"),
        pytest.param(C.new.is_(None), {"new": sa.func.coalesce(C.old, C.wide)}, id="filled-with-a-nullable-default"),
        pytest.param(C.new.is_(None), {"wide": 0}, id="another-column-is-filled"),
        pytest.param(C.new.is_not(None), {"new": 0}, id="found-where-it-is-filled"),
        pytest.param(C.gone.is_(None), {"gone": 0}, id="a-zero-date-is-null"),
        pytest.param(C.mark.is_(None), {"mark": ""}, id="a-type-makes-null-of-it"),
        pytest.param(C.mark.is_(None), {"mark": sa.literal("", Marked())}, id="a-literal-of-such-a-type"),
        pytest.param(sa.text("new IS NULL"), {"new": 0}, id="text"),
    ],
)
def test_it_is_not_proven(where: sa.ColumnElement[bool], values: dict[str, Any]) -> None:
    assert not leaves_nothing(ITEM, where, values, COLUMNS)
