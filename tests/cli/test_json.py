"""JSON for machines: one document on stdout, JSON lines on stderr."""

from __future__ import annotations

import json

import pytest

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

COMMANDS = (
    ["check"],
    ["expand", "--dry-run"],
    ["expand"],
    ["wait", "--for", "expanded"],
    ["status"],
    ["online-data-migrations", "--max-count", "1"],
    ["online-data-migrations"],
    ["data", "status"],
    ["data", "pause", "rename"],
    ["data", "resume", "rename"],
    ["data", "cancel", "rename"],
    ["data", "retry", "rename"],
    ["data", "throttle", "rename", "--ratio", "0.5", "--for", "2h"],
    ["wait", "--for", "data"],
    ["contract"],
    ["wait", "--for", "contracted"],
    ["upgrade"],
    ["ledger"],
    ["ledger", "sync"],
)


@pytest.mark.servers("sqlite")
def test_every_command_prints_one_document_and_nothing_else(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b')")
    shop.release_b(project)
    shop.release_c(project)
    codes = {}
    for command in COMMANDS:
        outcome = project.run("--format", "json", *command)
        document = json.loads(outcome.stdout)
        assert document["schema"] == f"migrator/{'-'.join(command[:2]) if command[0] == 'data' else command[0]}@1"
        assert document["exit_code"] == outcome.exit_code
        assert {"outcome", "next"} <= document.keys()
        assert outcome.stderr == ""
        codes[" ".join(command)] = outcome.exit_code
    assert codes["online-data-migrations --max-count 1"] == 1
    assert {code for command, code in codes.items() if "--max-count" not in command} == {0}


@pytest.mark.servers("sqlite")
def test_progress_as_json_lines_goes_to_stderr(database: Database, project: Project) -> None:
    shop.release_a(project)
    outcome = project.run("expand", "--log-format", "json")
    lines = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert [line["message"] for line in lines if line["message"].startswith("applied")] == [
        "applied expand expand_base",
        "applied expand make_shop",
    ]
    assert "applied  expand" in outcome.stdout


@pytest.mark.servers("sqlite")
def test_status_has_what_a_pipeline_decides_by(database: Database, project: Project) -> None:
    shop.all_releases(project)
    document = project.run("status", "--format", "json").json()
    rename = {one["change"]: one for one in document["changes"]}["rename"]
    assert rename["state"] == "expand"
    assert [one["applied"] for one in rename["expand"]] == [False]
    assert rename["data"][0]["state"] == "waiting"
    assert rename["data"][0]["waiting_for"] == ["add_new"]
    assert rename["contract"][0]["revision"] == "drop_old"
    assert rename["blocks"][0]["name"] == "expand"
    assert document["next"] == ["migrator expand"]
