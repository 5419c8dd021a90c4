"""``migrator check`` from the command line: no database, exit codes, formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import run
from tests.support.project import Project, Template

NOWHERE = "postgresql://nobody:canary-9@nowhere.invalid/none"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """A project whose server doesn't exist."""
    project = Project(tmp_path, NOWHERE)
    project.revision("expand", "shop", 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))')
    return project


def test_a_good_project_exits_0_without_a_database(shop: Project) -> None:
    outcome = shop.run("check")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout == "no findings: 3 revisions, 1 statement, 1 database checked (postgresql)\n"
    assert outcome.stderr == ""


def test_a_dangerous_expand_exits_3_and_names_file_line_and_fix(shop: Project) -> None:
    shop.revision("expand", "two", 'op.drop_table("shop")')
    outcome = shop.run("check")
    assert outcome.exit_code == 3
    assert outcome.stdout.startswith("migrations/expand/two.py:12: error [drop-table]"), outcome.stdout
    assert 'op.drop_table("shop")' in outcome.stdout
    assert "1 error, 0 warnings" in outcome.stdout


def test_warnings_alone_exit_0(shop: Project) -> None:
    shop.revision(
        "expand",
        "two",
        'with migrator.allow("drop-table", reason="none"):\n    op.add_column("shop", sa.Column("x", sa.Integer))',
    )
    outcome = shop.run("check")
    assert outcome.exit_code == 0
    assert "0 errors, 1 warning" in outcome.stdout


def test_json_is_one_document_whatever_env_and_revisions_print(shop: Project) -> None:
    env = shop.path / "migrations" / "env.py"
    env.write_text("print('noise')\n" + env.read_text())
    shop.revision("expand", "two", 'print("noise")\nop.drop_table("shop")')
    outcome = shop.run("check", "--format", "json")
    document = outcome.json()
    assert outcome.exit_code == document["exit_code"] == 3
    assert [one["rule"] for one in document["findings"]] == ["drop-table"]
    assert document["checked"]["revisions"] == 4


def test_github_writes_annotations(shop: Project) -> None:
    shop.revision("expand", "two", 'op.drop_table("shop")')
    outcome = shop.run("check", "--format", "github", "--dialect", "sqlite")
    assert outcome.exit_code == 3
    assert outcome.stdout.startswith("::error file=migrations/expand/two.py,line=12,title=migrator check%3A drop-table")


def test_a_path_and_a_dialect_narrow_it(shop: Project) -> None:
    shop.revision("expand", "two", 'op.drop_table("shop")')
    outcome = shop.run("check", "migrations/contract", "--dialect", "mysql", "--dialect", "sqlite")
    assert outcome.exit_code == 0
    assert "1 revision, 0 statements, 2 databases checked (mysql, sqlite)" in outcome.stdout


@pytest.mark.parametrize("words", [["nowhere.py"], ["--dialect", "oracle"], ["--format", "xml"]])
def test_bad_usage_exits_64_with_a_next_step(shop: Project, words: list[str]) -> None:
    outcome = shop.run("check", *words)
    assert outcome.exit_code == 64
    assert "next:" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_revision_that_raises_is_a_finding_without_its_text(shop: Project) -> None:
    shop.revision("expand", "two", 'raise ValueError("canary-9")')
    outcome = shop.run("check")
    assert outcome.exit_code == 3
    assert "ValueError" in outcome.stdout
    assert "canary-9" not in outcome.output


def test_a_data_module_that_does_not_import_is_said(shop: Project) -> None:
    shop.data("fill", "raise KeyError(1)")
    outcome = shop.run("check")
    assert outcome.exit_code == 64
    assert "KeyError" in outcome.stderr


@pytest.mark.parametrize("template", ["async", "pyproject"])
def test_every_template_of_env_works(shop: Project, template: Template) -> None:
    shop.write_env(template)
    outcome = shop.run("check")
    assert outcome.exit_code == 0, outcome.output
    assert "(postgresql)" in outcome.stdout
    assert "note:" not in outcome.stdout


def test_the_models_of_env_give_their_naming_convention(shop: Project) -> None:
    env = shop.path / "migrations" / "env.py"
    convention = 'target_metadata = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})'
    env.write_text("import sqlalchemy as sa\n" + env.read_text().replace("target_metadata = None", convention))
    shop.revision("expand", "two", 'op.create_unique_constraint(None, "shop", ["id"])')
    document = shop.run("check", "--format", "json").json()
    assert "uq_shop_id" in document["findings"][0]["statement"]


def test_expand_refuses_what_check_refuses(tmp_path: Path) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'shop.db'}")
    project.revision("expand", "shop", 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))')
    assert project.run("upgrade").exit_code == 0
    project.revision("expand", "two", 'op.drop_table("shop")')
    outcome = project.run("expand")
    assert outcome.exit_code == 3
    assert "drop-table" in outcome.stderr
    allowed = 'with migrator.allow("drop-table", reason="never used"):\n    op.drop_table("shop")'
    project.revision("expand", "two", allowed, down_revision="shop")
    assert project.run("expand").exit_code == 0


def test_help_teaches() -> None:
    outcome = run.run("migrator", "check", "--help", folder=Path.cwd())
    assert outcome.exit_code == 0
    for word in ("--dialect", "github", "migrator.allow", "exit 3", "Examples:"):
        assert word in outcome.stdout
