"""A lock lasts until its transaction ends: what a revision does after a change of a table goes on under it."""

from __future__ import annotations

import pytest

from migrator.model.finding import Severity
from migrator.model.phase import Phase
from tests.unit.check.cases import sql
from tests.unit.check.history import assert_clean, assert_found

RULE = "long-statement-under-lock"
CHILD = (
    'op.create_table("marks", sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")))\n'
)
INDEXED = CHILD.replace('sa.ForeignKey("users.id")', 'sa.ForeignKey("users.id"), index=True')
ALONE = 'op.create_table("marks", sa.Column("id", sa.Integer, primary_key=True))\n'
FILL = sql("INSERT INTO marks (id) SELECT id FROM posts")
FROM_SELECT = (
    'posts = sa.table("posts", sa.column("id"))\n'
    'marks = sa.table("marks", sa.column("id"))\n'
    'op.get_bind().execute(marks.insert().from_select(["id"], sa.select(posts.c.id)))'
)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(CHILD + FILL, id="rows by text"),
        pytest.param(CHILD + FROM_SELECT, id="rows by SQLAlchemy"),
        pytest.param(INDEXED + FILL, id="after an index of the new table"),
        pytest.param(CHILD + sql("CREATE TABLE copied AS SELECT * FROM posts"), id="a copied table"),
        pytest.param(CHILD + sql("SELECT 1") + "\n" + FILL, id="something short between"),
        pytest.param(ALONE + 'op.add_column("users", sa.Column("x", sa.Integer))\n' + FILL, id="after a column"),
        pytest.param(
            ALONE + sql("ALTER TABLE marks ADD FOREIGN KEY (id) REFERENCES users (id)") + "\n" + FILL,
            id="after a key of the new table",
        ),
    ],
)
def test_rows_of_a_big_table_under_a_lock_are_an_error(code: str) -> None:
    found = assert_found(RULE, code)
    assert found.severity is Severity.ERROR
    assert "users" in found.message


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(ALONE + FILL, id="nothing is locked"),
        pytest.param(
            CHILD + 'op.bulk_insert(sa.table("marks", sa.column("id")), [{"id": 1}])', id="rows that it lists"
        ),
        pytest.param(FILL.replace("marks", "fresh") + "\n" + CHILD, id="before the lock"),
        pytest.param(CHILD + 'op.create_index("i", "posts", ["id"])\n' + FILL, id="after a build outside"),
        pytest.param(
            CHILD + "with op.get_context().autocommit_block():\n    " + sql("SELECT 1") + "\n" + FILL,
            id="after a block that commits",
        ),
    ],
)
def test_what_no_lock_outlasts_passes(code: str) -> None:
    assert_clean(code, rule=RULE)


def test_a_query_of_another_table_is_a_doubt() -> None:
    code = 'op.add_column("users", sa.Column("x", sa.Integer))\n' + sql("SELECT count(*) FROM posts")
    assert assert_found(RULE, code).severity is Severity.WARNING


def test_rows_after_a_change_of_a_table_are_told_in_contract() -> None:
    code = 'op.drop_column("users", "age")\n' + sql("DELETE FROM posts WHERE id > 5")
    assert "users" in assert_found("mixed-ddl-and-dml", code, phase=Phase.CONTRACT).message
    listed = 'op.drop_column("users", "age")\n' + sql("INSERT INTO posts (id) VALUES (1)")
    assert_clean(listed, rule="mixed-ddl-and-dml", phase=Phase.CONTRACT)
