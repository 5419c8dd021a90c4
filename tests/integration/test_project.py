"""The project that tests write is one that plain Alembic takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.project import Project, Template


def test_alembic_sees_two_labelled_branches(project: Project) -> None:
    run = project.alembic("heads")
    assert run.exit_code == 0, run.output
    assert sorted(run.stdout.splitlines()) == [
        "contract_base (contract) (head)",
        "expand_base (expand) (head)",
    ]


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize("template", ["sync", "async", "pyproject"])
def test_each_template_has_the_same_history(project: Project, template: Template) -> None:
    project.write_env(template)
    project.revision("trunk", "t1")
    project.revision("expand", "e1", upgrade="op.execute('SELECT 1')", change="first")
    project.revision("contract", "c1", depends_on="e1", requires_data=["fill"], change="first")
    run = project.alembic("history", "--verbose")
    assert run.exit_code == 0, run.output
    for line in ("Rev: c1 (head)", "Rev: e1 (head)", "Rev: t1 (branchpoint)", "Branch names: expand"):
        assert line in run.stdout
    assert project.config.name == ("pyproject.toml" if template == "pyproject" else "alembic.ini")


@pytest.mark.servers("sqlite")
def test_a_revision_says_what_it_was_given(project: Project) -> None:
    text = project.revision(
        "contract",
        "c1",
        upgrade='with op.batch_alter_table("t") as t:\n    t.drop_column("old")',
        requires_data=["fill"],
        change="rename",
        allow={"drop-column": "nobody reads it"},
    ).read_text()
    names: dict[str, object] = {}
    exec(text, names)  # as Alembic would
    assert names["requires_data"] == ["fill"]
    assert names["change"] == "rename"
    assert names["allow"] == {"drop-column": "nobody reads it"}
    assert names["down_revision"] == "contract_base"


@pytest.mark.servers("sqlite")
def test_a_copy_is_another_release_on_the_same_database(project: Project, tmp_path: Path) -> None:
    old = project.copy(tmp_path / "old image")
    project.revision("expand", "e1")
    assert "e1 (expand) (head)" in project.alembic("heads").stdout
    assert "e1" not in old.alembic("heads").stdout
    assert old.url == project.url
