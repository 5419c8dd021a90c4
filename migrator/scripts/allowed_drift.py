"""The settings that accept drift: what differs, by the name that the finding gives it, and why that is so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.errors import ConfigurationError

KEYS = ("allow_drift", "allow_database_drift")
_EXAMPLE = 'write [tool.migrator.allow_drift] with lines like  "users.flag" = "the reporting team\'s own column"'


def parse_allowed(value: Any, origin: str) -> Mapping[str, str]:
    """Name → reason; an ini file and a variable have a line ``NAME: REASON`` for each.

    Raises:
        ConfigurationError: something else than that.
    """
    if isinstance(value, str):
        lines = [line.strip() for line in value.splitlines() if line.strip()]
        # A name may hold a colon (a cast in an index), and is followed by one with a space.
        value = {name.strip(): reason.strip() for name, _, reason in (line.partition(": ") for line in lines)}
    if not isinstance(value, dict) or not all(isinstance(reason, str) for reason in value.values()):
        raise ConfigurationError(f"{origin} must be names with a reason each", remedy=_EXAMPLE)
    return {str(name).removesuffix(":"): reason for name, reason in value.items()}
