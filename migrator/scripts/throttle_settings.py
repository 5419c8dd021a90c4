"""The settings of the pace of data migrations: how each is read and what it must be."""

from __future__ import annotations

from typing import Any

from migrator.errors import ConfigurationError

TEXTS = ("throttle_sql", "throttle_file", "throttle_function", "data_window")
KEYS = (*TEXTS, "throttle_sql_limit", "throttle_replicas", "throttle_lag", "throttle_cores", "throttle_ratio")
LARGEST_RATIO = 0.99


def parse_number(name: str, value: Any, origin: str) -> float | int:
    """``throttle_cores``, ``throttle_ratio`` or ``throttle_sql_limit``.

    Raises:
        ConfigurationError: it isn't a number of that kind.
    """
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if name == "throttle_cores":
        if number != number or number < 1 or number != int(number):
            raise ConfigurationError(
                f"{origin} must be a whole number above 0: the cores of the database server",
                remedy="write throttle_cores = 8",
            )
        return int(number)
    if name == "throttle_ratio" and not 0 <= number <= LARGEST_RATIO:
        raise ConfigurationError(
            f"{origin} must be from 0 to {LARGEST_RATIO}: the share of the time in which a run rests",
            remedy="write throttle_ratio = 0.5",
        )
    if number != number:
        raise ConfigurationError(f"{origin} must be a number", remedy=f"write {name} = 10")
    return number
