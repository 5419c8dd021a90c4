"""The values that a type's text lists."""

from __future__ import annotations

import re

_LISTED = re.compile(r"\s*(?:ENUM|SET)\s*\((?P<values>.*)\)", re.IGNORECASE | re.DOTALL)
_VALUE = re.compile(r"'((?:[^']|'')*)'")


def enum_values(type_text: str | None) -> tuple[str, ...]:
    """Those of ENUM('a','b') or SET(...), in order; empty for any other type."""
    match = _LISTED.match(type_text or "")
    return () if match is None else tuple(one.replace("''", "'") for one in _VALUE.findall(match["values"]))
