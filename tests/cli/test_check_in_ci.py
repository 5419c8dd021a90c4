"""The GitHub Action and GitLab's job, their scripts run by a shell as the runners do it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.project import Project
from tests.support.run import ROOT, Run, environment

NOWHERE = "postgresql://nobody@nowhere.invalid/none"
COMMAND = f"{sys.executable} -m migrator"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """A project in a repository: a harmless past, then a revision that drops a table."""
    project = Project(tmp_path, NOWHERE)
    project.revision("expand", "old", 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))')
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "the past"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)
    project.revision("expand", "new", 'op.drop_table("shop")')
    return project


def shell(script: str, project: Project, **variables: str) -> Run:
    """The runners' own way to call bash: any failure ends the script."""
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=project.path,
        env=environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return loaded


def gitlab_job() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "templates/gitlab-ci.yml").read_text())["migrator-check"]
    return loaded


def run_action(project: Project, **variables: str) -> Run:
    (step,) = action()["runs"]["steps"]
    assert set(step["env"]) == {"MIGRATOR_COMMAND", "MIGRATOR_SINCE", "MIGRATOR_ARGUMENTS"}
    given = {"MIGRATOR_COMMAND": COMMAND, "MIGRATOR_SINCE": "", "MIGRATOR_ARGUMENTS": "", **variables}
    return shell(step["run"], project, **given)


def run_job(project: Project, **variables: str) -> Run:
    job = gitlab_job()
    given = {**job["variables"], "MIGRATOR_COMMAND": COMMAND, **variables}
    return shell("\n".join(job["script"]), project, **given)


def test_the_action_annotates_what_changed_and_fails(shop: Project) -> None:
    done = run_action(shop, MIGRATOR_SINCE="HEAD")
    assert done.exit_code == 3, done.output
    assert "::error file=migrations/expand/new.py" in done.stdout


def test_the_action_passes_its_arguments_on(shop: Project) -> None:
    assert run_action(shop, MIGRATOR_ARGUMENTS="--dialect mysql --strict").exit_code == 3
    wrong = run_action(shop, MIGRATOR_ARGUMENTS="--dialect oracle")
    assert wrong.exit_code == 64, wrong.output


def test_what_an_input_of_the_action_says_is_no_part_of_its_script(shop: Project) -> None:
    done = run_action(shop, MIGRATOR_SINCE="HEAD; touch written", MIGRATOR_ARGUMENTS="; touch written")
    assert done.exit_code == 64, done.output
    assert not (shop.path / "written").exists()


def test_gitlabs_job_leaves_a_report_and_fails(shop: Project) -> None:
    done = run_job(shop, MIGRATOR_SINCE="HEAD")
    assert done.exit_code == 3, done.output
    assert "drop-table" in done.stdout
    report = gitlab_job()["artifacts"]["reports"]["codequality"]
    assert [one["check_name"] for one in json.loads((shop.path / report).read_text())] == ["drop-table"]


def test_both_pass_where_nothing_is_found(shop: Project) -> None:
    (shop.path / "migrations/expand/new.py").unlink()
    assert run_action(shop).exit_code == 0
    assert run_job(shop).exit_code == 0
