"""``migrator check --since``: only what changed since a commit; and ``--strict``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.project import Project

NOWHERE = "postgresql://nobody@nowhere.invalid/none"


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


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


ADD = 'op.add_column("shop", sa.Column("{}", sa.Integer))'
CHANGED = {
    "its code": lambda text: text.replace("before", "after"),
    "its parent": lambda text: text.replace("'expand_base'", "'contract_base'"),
    "its id": lambda text: text.replace("revision = 'old'", "revision = 'other'", 1),
    "its downgrade": lambda text: text.replace("whatever", "something"),
    "a table that it gets": lambda text: text.replace("drop_table(", "drop_table(*[], "),
}
UNCHANGED = {
    "a comment": lambda text: text + "\n# mine\n",
    "its docstring": lambda text: text.replace('"""old"""', '"""Drop what was before."""'),
    "a function's docstring": lambda text: text.replace("None:\n", 'None:\n    "Drop it."\n', 1),
    "its layout": lambda text: text.replace('"before"', "'before'").replace("\n\n", "\n\n\n"),
    "a suppression": lambda text: text.replace("\ndef upgrade", "\nallow = {'drop-table': 'empty'}\ndef upgrade"),
    "a suppression around it": lambda text: text.replace(
        '    op.drop_table("before")',
        '    with migrator.allow("drop-table", reason="r"):\n        op.drop_table("before")',
    ).replace("import sqlalchemy as sa", "import migrator\nimport sqlalchemy as sa"),
}


def rewritten(project: Project, change: Callable[[str], str], name: str = "old") -> Path:
    file = project.path / "migrations" / "expand" / f"{name}.py"
    return project.write(f"migrations/expand/{name}.py", change(file.read_text()))


def rules_since(project: Project, reference: str = "main") -> list[str]:
    document = project.run("check", "--since", reference, "--format", "json").json()
    return sorted({one["rule"] for one in document["findings"]})


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_released_revision_that_does_something_else_is_refused(shop: Project, change: Callable[[str], str]) -> None:
    rewritten(shop, change)
    assert "changed-after-release" in rules_since(shop)


@pytest.mark.parametrize("change", UNCHANGED.values(), ids=UNCHANGED)
def test_what_does_nothing_in_a_released_revision_may_change(shop: Project, change: Callable[[str], str]) -> None:
    file = rewritten(shop, change)
    assert file.read_text() != git(shop.path, "show", "main:migrations/expand/old.py")
    assert "changed-after-release" not in rules_since(shop)


def test_a_revision_that_is_not_released_may_change(shop: Project) -> None:
    shop.revision("expand", "mine", ADD.format("x"))
    git(shop.path, "add", "--all")
    git(shop.path, "commit", "--quiet", "--message", "mine")
    shop.write("migrations/expand/mine.py", (shop.path / "migrations/expand/mine.py").read_text().replace('"x"', '"y"'))
    assert rules_since(shop) == []
    assert rules_since(shop, "HEAD") == ["changed-after-release"]


def test_a_released_revision_may_move_and_not_go(shop: Project) -> None:
    old = shop.path / "migrations" / "expand" / "old.py"
    moved = old.rename(old.with_name("renamed.py"))
    assert "changed-after-release" not in rules_since(shop)
    moved.unlink()
    outcome = shop.run("check", "--since", "main")
    assert "revision old (old.py) was there at main and is gone" in outcome.stdout


def test_suppressions_of_what_is_released_neither_end_nor_are_judged(shop: Project) -> None:
    unused = 'op.drop_table("three")\nwith migrator.allow("drop-view", reason="r"):\n    pass'
    expired = 'with migrator.allow("drop-table", reason="r", expires="2020-01-01"):\n    op.drop_table("two")'
    shop.revision("expand", "unused", unused)
    shop.revision("expand", "expired", expired)
    assert rules_since(shop) == ["drop-table", "suppression-without-reason", "unused-suppression"]
    git(shop.path, "add", "--all")
    git(shop.path, "commit", "--quiet", "--message", "the release")
    for name in ("unused", "expired"):
        rewritten(shop, lambda text: text + "\n# mine\n", name)
    document = shop.run("check", "--since", "HEAD", "--format", "json").json()
    assert [(one["rule"], one["revision"]) for one in document["findings"]] == [("drop-table", "unused")]


def released(project: Project) -> None:
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--message", "the release")


def drop_x(project: Project) -> None:
    project.revision("contract", "gone", 'op.drop_column("shop", "x")', depends_on="one")


def test_an_expand_may_not_add_what_a_contract_of_the_same_release_drops(shop: Project) -> None:
    shop.revision("expand", "one", ADD.format("x"))
    released(shop)
    drop_x(shop)
    shop.revision("expand", "back", ADD.format("x"), depends_on="gone")
    assert rules_since(shop, "HEAD") == ["re-added-name"]
    released(shop)
    shop.revision("expand", "more", ADD.format("y"))
    assert rules_since(shop, "HEAD") == []


def test_an_expand_may_add_what_a_contract_of_an_earlier_release_dropped(shop: Project) -> None:
    shop.revision("expand", "one", ADD.format("x"))
    drop_x(shop)
    released(shop)
    shop.revision("expand", "back", ADD.format("x"), depends_on="gone")
    assert rules_since(shop, "HEAD") == []


def test_a_contract_may_drop_what_an_expand_of_the_same_release_added(shop: Project) -> None:
    shop.revision("expand", "one", ADD.format("x"))
    drop_x(shop)
    assert rules_since(shop) == []


def test_one_contract_may_not_end_changes_of_two_releases(shop: Project) -> None:
    shop.revision("expand", "one", ADD.format("x"))
    released(shop)
    shop.revision("expand", "two", ADD.format("y"))
    shop.revision("contract", "gone", 'op.drop_column("shop", "x")', depends_on=("one", "two"))
    assert rules_since(shop, "HEAD") == ["two-changes-in-contract"]
    assert rules_since(shop) == []


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
