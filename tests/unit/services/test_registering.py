"""What is wrong with the arguments is said at once; nothing of it needs a database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import migrator
from migrator.errors import ConfigurationError
from migrator.services.shipping import shipped
from tests.support.project import Project
from tests.support.run import environment


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory without a project."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("MIGRATOR_CONFIG", "MIGRATOR_RELEASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that is the working directory."""
    made = Project(tmp_path / "project", "sqlite://")
    monkeypatch.chdir(made.path)
    return made


def register(engine: Any, name: Any = "api", **options: Any) -> migrator.Registration:
    registration: migrator.Registration = migrator.register(engine, name, **{"heads": ["b71e"], **options})
    return registration


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": ""}, "name of a service must not be empty"),
        ({"name": "a/b"}, "must not hold a slash"),
        ({"name": " api"}, "spaces"),
        ({"name": "a\x00b"}, "unprintable"),
        ({"name": None}, "must be a text"),
        ({"name": "x" * 65}, "longer than 64"),
        ({"instance": "x" * 129}, "longer than 128"),
        ({"instance": ""}, "instance of a service must not be empty"),
        ({"release": "x" * 65}, "longer than 64"),
        ({"release": 2026.46}, "release of a service must be a text"),
        ({"heads": "b71e"}, "heads must be a list"),
        ({"heads": [1]}, "heads must be a list"),
        ({"revisions": [""]}, "revisions must be a list"),
        ({"interval": timedelta()}, "interval must be a timedelta above zero"),
        ({"interval": 10}, "interval must be a timedelta"),
        ({"expiry": timedelta(seconds=-1)}, "expiry must be a timedelta"),
        ({"expiry": timedelta(seconds=15)}, "less than two intervals"),
        ({"heads": None}, "there is no alembic.ini here"),
        ({"heads": None, "config": "nowhere.ini"}, "no configuration file 'nowhere.ini'"),
        ({"config": "nowhere.ini"}, "no configuration file 'nowhere.ini'"),
    ],
)
def test_a_wrong_argument_is_refused_with_a_remedy(engine: sa.Engine, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        register(engine, **options)
    assert caught.value.remedy


@pytest.mark.parametrize("wrong", ["sqlite://", None, orm.Session()])
def test_what_is_no_engine_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="needs an Engine"):
        register(wrong)


def test_the_instance_is_host_and_process_by_default(engine: sa.Engine) -> None:
    with register(engine) as registration:
        assert registration.service.label == f"api/{socket.gethostname()}:{os.getpid()}"


def test_the_release_comes_from_the_argument_then_the_environment_then_the_project(
    engine: sa.Engine, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with register(engine) as registration:
        assert registration.service.release == ""
    project.write("pyproject.toml", '[tool.migrator]\nrelease = "1.0"\n')
    with register(engine) as registration:
        assert registration.service.release == "1.0"
    monkeypatch.setenv("MIGRATOR_RELEASE", "2.0")
    with register(engine) as registration:
        assert registration.service.release == "2.0"
    with register(engine, release="3.0") as registration:
        assert registration.service.release == "3.0"


def test_an_application_without_its_migrations_takes_the_release_of_the_environment(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATOR_RELEASE", "2.0")
    with register(engine) as registration:
        assert (registration.service.release, registration.service.heads) == ("2.0", ("b71e",))


def test_code_that_ships_with_no_migrations_says_so(engine: sa.Engine) -> None:
    with register(engine, heads=()) as registration:
        assert (registration.service.heads, registration.service.revisions) == ((), frozenset())


def test_a_project_ships_its_heads_and_the_revisions_of_its_branches(project: Project) -> None:
    project.revision("trunk", "t1")
    project.revision("expand", "e1")
    project.revision("contract", "c1", depends_on="e1")
    project.revision("expand", "e2")
    heads, revisions = shipped(None)
    assert sorted(heads) == ["c1", "e2"]
    assert revisions == {"expand_base", "e1", "e2", "contract_base", "c1"}


def test_a_project_that_cannot_be_read_names_the_other_ways(engine: sa.Engine) -> None:
    with pytest.raises(ConfigurationError) as caught:
        register(engine, heads=None)
    assert "config=FILE" in caught.value.remedy
    assert "heads=[...]" in caught.value.remedy


def test_the_minimum_version_of_an_unregistered_process_needs_an_engine() -> None:
    command = [sys.executable, "-c", "import migrator; migrator.minimum_version('api')"]
    told = subprocess.run(command, env=environment({}), stderr=subprocess.PIPE, text=True, check=False).stderr
    assert "ConfigurationError: minimum_version doesn't know which database to ask" in told
