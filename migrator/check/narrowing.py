"""Whether a type holds every value of another, as far as their texts tell."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TYPE = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z ]*?)\s*(?:\((?P<sizes>[\d, ]+)\))?(?P<rest>\s+[A-Za-z ]+)?\s*$")
_ENDLESS = 10**9
INTEGERS: Mapping[str, int] = {
    "TINYINT": 1,
    "SMALLINT": 2,
    "MEDIUMINT": 3,
    "INT": 4,
    "INTEGER": 4,
    "BIGINT": 8,
}
_TEXTS = {"VARCHAR", "CHAR", "CHARACTER VARYING", "CHARACTER", "TEXT", "LONGTEXT"}
_NUMBERS = {"NUMERIC", "DECIMAL"}
_INEXACT = {"REAL", "FLOAT", "DOUBLE", "DOUBLE PRECISION"}
_TIMES = {"TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "TIME"}
_FINEST = 6  # digits of a second where PostgreSQL is told none


def narrows(before: str, after: str) -> bool:
    """Whether some value of ``before`` surely doesn't fit ``after``; False where the texts don't tell."""
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        return False
    (old_name, old_sizes, old_signed), (new_name, new_sizes, new_signed) = old, new
    if old_name in _TEXTS and new_name in _TEXTS:
        return _length(old_name, old_sizes) > _length(new_name, new_sizes)
    if old_name in INTEGERS and new_name in INTEGERS:
        return INTEGERS[old_name] > INTEGERS[new_name] or (old_signed != new_signed)
    if old_name in _NUMBERS and new_name in _NUMBERS:
        return _narrower(old_sizes, new_sizes)
    if old_name in _TIMES and new_name in _TIMES and bool(old_sizes or new_sizes):
        return (*old_sizes, _FINEST)[0] > (*new_sizes, _FINEST)[0]
    return old_name in _NUMBERS and (new_name in INTEGERS or new_name in _INEXACT)


def _parts(text: str) -> tuple[str, tuple[int, ...], bool] | None:
    """Name, sizes, and whether it is signed."""
    match = _TYPE.match(text.upper().replace(" UNSIGNED", "") if text else "")
    if match is None:
        return None
    sizes = tuple(int(one) for one in (match["sizes"] or "").replace(" ", "").split(",") if one)
    return match["name"].strip(), sizes, "UNSIGNED" not in text.upper()


def _length(name: str, sizes: tuple[int, ...]) -> int:
    return sizes[0] if sizes else 1 if name in ("CHAR", "CHARACTER") else _ENDLESS


def _narrower(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    if not new:
        return False
    if not old:
        return True
    (old_digits, old_scale), (new_digits, new_scale) = (*old, 0)[:2], (*new, 0)[:2]
    return old_scale > new_scale or old_digits - old_scale > new_digits - new_scale
