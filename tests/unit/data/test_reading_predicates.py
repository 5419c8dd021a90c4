"""Whether a predicate may read other rows than the one that it is asked about."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migrator.data.kinds.update import may_read_rows

ITEM = sa.table("item", sa.column("id"), sa.column("old"), sa.column("new"))
OTHERS = sa.select(ITEM.c.id).where(ITEM.c.old == 1)


@pytest.mark.parametrize(
    ("where", "reads"),
    [
        pytest.param(ITEM.c.new.is_distinct_from(ITEM.c.old), False, id="columns"),
        pytest.param(sa.func.lower(ITEM.c.new) != sa.cast(ITEM.c.old, sa.Text), False, id="functions"),
        pytest.param(ITEM.c.id.in_([1, 2]), False, id="values"),
        pytest.param(ITEM.c.id.in_(OTHERS), True, id="in-subquery"),
        pytest.param(sa.exists(OTHERS), True, id="exists"),
        pytest.param(ITEM.c.id == OTHERS.scalar_subquery(), True, id="scalar-subquery"),
        pytest.param(sa.and_(sa.true(), sa.text("new IN (SELECT old FROM item)")), True, id="text"),
        pytest.param(sa.literal_column("(SELECT 1)") == ITEM.c.id, True, id="literal-column"),
    ],
)
def test_a_subquery_and_text_may(where: sa.ColumnElement[bool], reads: bool) -> None:
    assert may_read_rows(where) is reads
