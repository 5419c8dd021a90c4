"""``migrator check --trace`` over histories of every shape: unsplit, with several heads, broken, in batches."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.project import Project
from tests.support.tracing import USERS, traced

pytestmark = pytest.mark.servers("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18")


def linear(project: Project) -> Callable[[str, str, str], Path]:
    """A project of plain Alembic's; gives what writes a revision (id, Python of its parent, body)."""
    for folder in ("expand", "contract", "data"):
        shutil.rmtree(project.path / "migrations" / folder)
    kept = [line for line in project.config.read_text().splitlines() if not line.startswith("version_locations")]
    project.config.write_text("\n".join(kept))

    def write(id: str, parent: str, upgrade: str) -> Path:
        head = f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{id}"\ndown_revision = {parent}\n'
        return project.write(f"migrations/versions/{id}.py", f"{head}\n\ndef upgrade():\n    {upgrade}\n")

    return write


def test_a_history_that_nobody_split_is_traced_to_its_heads(project: Project, database: Database) -> None:
    plain = linear(project)
    plain("a", "None", USERS)
    plain("b", '"a"', 'op.add_column("users", sa.Column("age", sa.Integer))')
    plain("c", '"a"', 'op.create_table("posts", sa.Column("id", sa.Integer, primary_key=True))')
    _, document = traced(project, database)
    statements = document["trace"]["statements"]
    assert sorted(one["revision"] for one in statements) == ["a", "b", "c"]
    assert {one["measured"] for one in statements} == {"passes"}
    assert any("no branches expand and contract" in note for note in document["notes"])


def test_several_heads_of_a_branch_are_found_and_traced(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    for id in ("e1", "e2"):
        change = f'op.add_column("users", sa.Column("{id}", sa.Integer))'
        project.revision("expand", id, change, down_revision="expand_base")
    code, document = traced(project, database)
    assert (code, [one["rule"] for one in document["findings"]]) == (3, ["non-linear-history"])
    assert {one["revision"] for one in document["trace"]["statements"]} >= {"e1", "e2"}


def test_a_revision_that_waits_for_itself_is_found_and_traced(project: Project, database: Database) -> None:
    project.revision("expand", "e1", USERS, depends_on="e1")
    code, document = traced(project, database)
    assert (code, [one["rule"] for one in document["findings"]]) == (3, ["unresolved-depends-on"])
    assert [one["revision"] for one in document["trace"]["statements"]] == ["e1"]


def test_behind_a_revision_that_doesnt_import_nothing_is_traced_and_that_is_said(
    project: Project, database: Database
) -> None:
    project.revision("expand", "e1", USERS)
    project.revision("expand", "e2", 'op.drop_table("users")', head="import nowhere_to_be_found")
    code, document = traced(project, database)
    assert (code, {one["revision"] for one in document["trace"]["statements"]}) == (3, {"e1"})
    assert any("from revision e2 on, which doesn't import" in note for note in document["notes"])


def test_the_statements_of_a_batch_belong_to_the_lines_that_asked_for_them(
    project: Project, database: Database
) -> None:
    project.revision("trunk", "t1", USERS)
    batch = """
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("age", sa.Integer))
    batch.alter_column(
        "id", type_=sa.BigInteger, existing_type=sa.Integer, existing_nullable=False,
    )
    batch.create_index("ix_name", ["name"])
"""
    file = project.revision("expand", "e1", batch)
    _, document = traced(project, database)
    lines = file.read_text().splitlines()
    measured = {
        lines[one["line"] - 1].strip().split("(")[0]: (one["measured"], one["agrees"])
        for one in document["trace"]["statements"]
        if one["revision"] == "e1"
    }
    assert measured == {
        "batch.add_column": ("passes", True),
        "batch.alter_column": ("blocks", True),
        "batch.create_index": ("passes", True),
    }


def test_what_the_users_code_prints_is_no_part_of_the_report(project: Project, database: Database) -> None:
    project.revision("expand", "e1", f'print("hello")\n{USERS}', head='print("imported")')
    code, document = traced(project, database)
    assert code == 0
    assert len(document["trace"]["statements"]) == 1
