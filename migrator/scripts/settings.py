"""Settings: the file's section, then ``MIGRATOR_*`` variables, then options."""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from migrator.errors import ConfigurationError
from migrator.scripts import throttle_settings

KEYS = (
    "database_url",
    "lock_timeout",
    "lock_budget",
    "wait",
    "databases",
    "small_tables",
    "data_location",
    "release",
    "services",
    "silent_services",
    "release_pattern",
    "soak",
    *throttle_settings.KEYS,
)
SILENT_SERVICES = ("block", "gone")
LONGEST_SOAK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user may set; durations of the file and the environment are seconds, as decimals.

    ``data_location`` is the folder of the data migrations, relative to the configuration file; None means ``data``
    below Alembic's script location.

    ``small_tables`` are tables, with a schema where the revisions write one, on which no statement takes long.

    Of services: ``services`` must have registered before a contract; ``silent_services`` says whether one that fell
    silent blocks it (``block``) or counts as gone after its expiry (``gone``); ``release_pattern`` is a regular
    expression with a group ``release``, and perhaps ``service``, over what sessions on the server call themselves;
    ``soak`` is how long the last old one must have been gone.

    Of the pace of data migrations: ``data_window`` are the times of the day for all of them, ``throttle_ratio`` the
    share of the time in which a polite run rests (None: more beside others than alone), ``throttle_cores`` the cores
    of the database server, ``throttle_lag`` the most that a replica may be late, ``throttle_replicas`` URLs of
    replicas that are asked themselves, ``throttle_sql`` a query that gives a number and ``throttle_sql_limit`` the
    most that it may be, ``throttle_file`` a file (relative to the configuration file) that stops the work while it
    exists, ``throttle_function`` a ``package.module:function`` that returns why to stop, or None.
    """

    database_url: str | None = None
    lock_timeout: timedelta = timedelta(seconds=2)
    lock_budget: timedelta = timedelta(minutes=10)
    wait: timedelta = timedelta(seconds=60)
    databases: tuple[str, ...] = ()
    small_tables: tuple[str, ...] = ()
    data_location: str | None = None
    release: str = ""
    services: tuple[str, ...] = ()
    silent_services: str = "block"
    release_pattern: re.Pattern[str] | None = None
    soak: timedelta = timedelta()
    data_window: str = ""
    throttle_ratio: float | None = None
    throttle_cores: int = 8
    throttle_lag: timedelta = timedelta(seconds=5)
    throttle_replicas: tuple[str, ...] = ()
    throttle_sql: str = ""
    throttle_sql_limit: float | None = None
    throttle_file: str = ""
    throttle_function: str = ""


def load_settings(
    config_file: Path, *, overrides: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read and check the settings.

    Args:
        config_file: alembic.ini or pyproject.toml; the other one beside it is read first.  The sections
            ``[migrator]`` and ``[tool.migrator]`` may be missing.
        overrides: values of command-line options; None means not given.

    Raises:
        ConfigurationError: an unknown key or a value that can't be used; names the key and where it was set.
    """
    values: dict[str, Any] = {}
    beside = config_file.with_name("alembic.ini" if config_file.suffix == ".toml" else "pyproject.toml")
    for file in (beside, config_file):
        if file.is_file():
            values.update(_of_file(file))
    for name in KEYS:
        variable = f"MIGRATOR_{name.upper()}"
        if environment.get(variable):
            values[name] = (environment[variable], variable)
    for name, value in overrides.items():
        if value is not None:
            values[name] = (value, f"--{name.replace('_', '-')}")
    return Settings(**{name: _parsed(name, value, origin) for name, (value, origin) in values.items()})


def parse_seconds(value: Any, origin: str, *, zero: bool = False) -> timedelta:
    """Seconds as a decimal above zero (or from zero, where ``zero``).

    Raises:
        ConfigurationError: not a number, or too small; zero would mean "no limit" on most servers.
    """
    if isinstance(value, timedelta):
        return value
    try:
        seconds = Decimal(str(value).removesuffix("s"))
        duration = timedelta(seconds=float(seconds))
    except (InvalidOperation, OverflowError, ValueError):
        seconds, duration = Decimal(-1), timedelta(seconds=-1)
    if duration < timedelta(0) or (duration < timedelta(milliseconds=1) and not zero):
        least = "0 or more" if zero else "0.001 or more"
        raise ConfigurationError(
            f"{origin} must be a number of seconds, {least}", remedy=f"for example {origin.split()[0]} 2.5"
        )
    return duration


def _parsed(name: str, value: Any, origin: str) -> Any:
    if name in ("lock_timeout", "lock_budget", "throttle_lag"):
        return parse_seconds(value, origin)
    if name == "wait":
        return parse_seconds(value, origin, zero=True)
    if name == "soak":
        return _soak(value, origin)
    if name in ("throttle_cores", "throttle_ratio", "throttle_sql_limit"):
        return throttle_settings.parse_number(name, value, origin)
    if name in ("databases", "small_tables", "services", "throttle_replicas"):
        items = value.split(",") if isinstance(value, str) else value
        return tuple(str(item).strip() for item in items if str(item).strip())
    if not isinstance(value, str):
        raise ConfigurationError(f"{origin} must be a text", remedy=f'put it in quotes: {name} = "..."')
    if name == "silent_services" and value not in SILENT_SERVICES:
        raise ConfigurationError(
            f"{origin} must be one of {', '.join(SILENT_SERVICES)}", remedy='write silent_services = "block"'
        )
    return _pattern(value, origin) if name == "release_pattern" else value


def _soak(value: Any, origin: str) -> timedelta:
    soak = parse_seconds(value, origin, zero=True)
    if soak > LONGEST_SOAK:
        raise ConfigurationError(
            f"{origin} is longer than {LONGEST_SOAK.days} days, for which services that stopped are remembered",
            remedy="write a smaller number of seconds, for example soak = 3600",
        )
    return soak


def _pattern(value: str, origin: str) -> re.Pattern[str]:
    example = r"write for example release_pattern = '^(?P<service>[a-z]+)-(?P<release>[0-9.]+)$'"
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise ConfigurationError(f"{origin} is not a regular expression: {error}", remedy=example) from None
    if "release" not in pattern.groupindex:
        raise ConfigurationError(f"{origin} has no group called `release`", remedy=example)
    return pattern


def _of_file(file: Path) -> dict[str, tuple[Any, str]]:
    values: dict[str, tuple[Any, str]] = {}
    for key, value in _section(file).items():
        name = key.replace("-", "_")
        if name not in KEYS:
            raise ConfigurationError(
                f"unknown setting {key!r} in the migrator section of {file.name}",
                remedy=f"use one of: {', '.join(KEYS)}",
            )
        values[name] = (value, f"{key} in {file.name}")
    return values


def _section(config_file: Path) -> Mapping[str, Any]:
    if config_file.suffix == ".toml":
        try:
            document = tomllib.loads(config_file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{config_file.name} is not valid TOML: {error}", remedy="mend it") from None
        section = document.get("tool", {}).get("migrator", {})
        return section if isinstance(section, dict) else {}
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(config_file.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{config_file.name} can't be read as an ini file ({type(error).__name__})", remedy="mend it"
        ) from None
    return dict(parser["migrator"]) if parser.has_section("migrator") else {}
