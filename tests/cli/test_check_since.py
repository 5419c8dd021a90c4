"""``migrator check --since``: only what changed since a commit; and ``--strict``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.project import Project

NOWHERE = "postgresql://nobody@nowhere.invalid/none"


def git(folder: Path, *words: str) -> None:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """A project in a repository, with one dangerous revision that is committed on main."""
    project = Project(tmp_path, NOWHERE)
    project.revision("expand", "old", 'op.drop_table("before")')
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "the past")
    git(tmp_path, "checkout", "--quiet", "-b", "feature")
    return project


def test_nothing_changed_nothing_is_judged(shop: Project) -> None:
    outcome = shop.run("check", "--since", "main")
    assert outcome.exit_code == 0, outcome.output
    assert "note: no revision changed since main" in outcome.stdout
    assert "0 revisions" in outcome.stdout
    assert shop.run("check").exit_code == 3


def test_what_is_new_changed_or_not_committed_is_judged(shop: Project) -> None:
    shop.revision("expand", "committed", 'op.drop_table("one")')
    git(shop.path, "add", "--all")
    git(shop.path, "commit", "--quiet", "--message", "mine")
    shop.revision("expand", "fresh", 'op.drop_table("two")')
    document = shop.run("check", "--since", "main", "--format", "json").json()
    assert document["checked"]["revisions"] == 2
    assert sorted(one["revision"] for one in document["findings"]) == ["committed", "fresh"]


def test_what_others_changed_meanwhile_is_not(shop: Project) -> None:
    git(shop.path, "checkout", "--quiet", "main")
    path = shop.path / "migrations" / "expand" / "old.py"
    path.write_text(path.read_text() + "\n# theirs\n")
    git(shop.path, "commit", "--quiet", "--all", "--message", "theirs")
    git(shop.path, "checkout", "--quiet", "feature")
    assert shop.run("check", "--since", "main", "--format", "json").json()["checked"]["revisions"] == 0


def test_an_edit_of_a_revision_counts(shop: Project) -> None:
    path = shop.path / "migrations" / "expand" / "old.py"
    path.write_text(path.read_text() + "\n# mine\n")
    outcome = shop.run("check", "--since", "HEAD")
    assert outcome.exit_code == 3
    assert "1 revision," in outcome.stdout


@pytest.mark.parametrize("reference", ["nowhere", "--upload-pack=x", "main:migrations", "a\nb"])
def test_a_commit_that_is_not_there_is_said(shop: Project, reference: str) -> None:
    outcome = shop.run("check", f"--since={reference}")
    assert outcome.exit_code == 64
    assert "git knows no commit" in outcome.stderr
    assert "next:" in outcome.stderr


def test_a_folder_without_a_repository_is_said(tmp_path: Path) -> None:
    outcome = Project(tmp_path, NOWHERE).run("check", "--since", "main")
    assert outcome.exit_code == 64
    assert "is in no git repository" in outcome.stderr


def test_a_machine_without_git_is_said(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(shop.path / "empty"))
    outcome = shop.run("check", "--since", "main")
    assert outcome.exit_code == 64
    assert "git isn't installed" in outcome.stderr


def test_strict_fails_for_a_warning(shop: Project) -> None:
    shop.revision("contract", "away", 'op.drop_table("shop")')
    git(shop.path, "add", "--all")
    assert shop.run("check", "migrations/contract").exit_code == 0
    outcome = shop.run("check", "migrations/contract", "--strict")
    assert outcome.exit_code == 3
    assert "0 errors, 1 warning" in outcome.stdout


@pytest.mark.parametrize("name", ["gitlab", "sarif", "junit"])
def test_the_reports_for_ci_are_written(shop: Project, name: str) -> None:
    outcome = shop.run("check", "--format", name)
    assert outcome.exit_code == 3
    assert "drop-table" in outcome.stdout
    assert "migrations/expand/old.py" in outcome.stdout
