"""Settings: where each comes from, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from migrator.dialects.durations import whole_milliseconds, whole_seconds
from migrator.errors import ConfigurationError
from migrator.scripts.settings import load_settings


def ini(path: Path, text: str) -> Path:
    file = path / "alembic.ini"
    file.write_text(f"[alembic]\nscript_location = migrations\n[migrator]\n{text}\n")
    return file


def test_the_file_is_overridden_by_the_environment_and_that_by_the_option(tmp_path: Path) -> None:
    file = ini(tmp_path, "lock_timeout = 1\nwait = 2\nlock_budget = 3")
    settings = load_settings(file, overrides={"lock_budget": "30", "wait": None}, environment={"MIGRATOR_WAIT": "20"})
    assert settings.lock_timeout == timedelta(seconds=1)
    assert settings.wait == timedelta(seconds=20)
    assert settings.lock_budget == timedelta(seconds=30)


def test_pyproject_has_its_own_table(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.migrator]\nlock-timeout = 0.5\ndatabases = ["postgresql", "mysql"]\n')
    settings = load_settings(file, overrides={}, environment={})
    assert settings.lock_timeout == timedelta(milliseconds=500)
    assert settings.databases == ("postgresql", "mysql")


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "1e99", "0.0001"])
def test_a_timeout_that_would_mean_no_limit_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"lock_timeout in alembic\.ini"):
        load_settings(ini(tmp_path, f"lock_timeout = {value}"), overrides={}, environment={})


def test_an_unknown_setting_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="lock_timeuot") as caught:
        load_settings(ini(tmp_path, "lock_timeuot = 1"), overrides={}, environment={})
    assert "lock_timeout" in caught.value.remedy


def test_small_tables_are_a_list_or_a_text_with_commas(tmp_path: Path) -> None:
    settings = load_settings(ini(tmp_path, "small_tables = countries, app.settings"), overrides={}, environment={})
    assert settings.small_tables == ("countries", "app.settings")


def test_durations_are_rounded_up() -> None:
    assert whole_milliseconds(timedelta(microseconds=1500)) == 2
    assert whole_seconds(timedelta(milliseconds=2001)) == 3
    assert whole_seconds(timedelta(seconds=2)) == 2


def test_zero_is_never_sent_to_a_server() -> None:
    with pytest.raises(ValueError, match="above zero"):
        whole_milliseconds(timedelta(0))
