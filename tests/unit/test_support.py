"""The tests' own tools do what tests rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import pytest

from tests.servers import cache
from tests.support.kill import count_events, run_and_kill
from tests.support.poll import eventually
from tests.support.run import environment, finish, start


class Told(Protocol):
    def before(self, step: object) -> None: ...

    def after(self, step: object) -> None: ...


def write_three_lines(observer: Told, path: str) -> None:
    for number in range(3):
        observer.before(number)
        with Path(path).open("a") as file:
            file.write(f"{number}\n")
        observer.after(number)


def test_a_run_is_killed_at_the_event_that_was_named(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    killed = run_and_kill(write_three_lines, str(file), at=3)
    assert killed.killed
    assert killed.events == ["before 0", "after 0", "before 1"]
    assert file.read_text() == "0\n"


def test_the_places_where_a_run_could_be_killed_are_counted(tmp_path: Path) -> None:
    assert count_events(write_three_lines, str(tmp_path / "lines")) == 6


def test_waiting_ends_with_an_assertion() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.01 s: a miracle"):
        eventually(lambda: False, within=0.01, what="a miracle")


def test_a_command_gets_nothing_of_the_developers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATOR_DATABASE_URL", "sqlite://")
    monkeypatch.setenv("PGHOST", "elsewhere")
    kept = environment({"MIGRATOR_LOCK_TIMEOUT": 2, "HOME": None})
    assert not {"MIGRATOR_DATABASE_URL", "PGHOST", "HOME"} & kept.keys()
    assert kept["MIGRATOR_LOCK_TIMEOUT"] == "2"


def test_a_command_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    exit_code, stdout, stderr = run = finish(start("json.tool", "--help", folder=tmp_path))
    assert (exit_code, stderr) == (0, "")
    assert "json" in stdout
    assert run.output == stdout


def test_a_download_that_changed_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATOR_CACHE", str(tmp_path))
    fetched = []

    def fetch(downloads: Path, tree: Path) -> None:
        fetched.append(1)
        (downloads / "archive").write_text("packed")
        (tree / "program").write_text("right")

    tree = cache.cached_tree("thing", fetch)
    assert cache.cached_tree("thing", fetch) == tree
    assert len(fetched) == 1
    (tree / "program").write_text("tampered with")
    cache.cached_tree("thing", fetch)
    assert ((tree / "program").read_text(), len(fetched)) == ("right", 2)
    assert json.loads((tmp_path / "thing" / "manifest.json").read_text())["downloads"].keys() == {"archive"}
