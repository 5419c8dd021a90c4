"""Which changes of a column's type are a change of PostgreSQL's catalogue alone.

Source: manual of 14 to 18, ALTER TABLE (a binary coercible type needs no rewrite), and measurement on 14, 15 and 18.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrator.model.plan import Domain

FREE_WITH_PLANS = (
    'statements of running code that were prepared before it fail once with "cached plan must not change result type"'
    " (table {table})"
)
_SYNONYMS = (
    (r"^character varying\b", "varchar"),
    (r"^decimal\b", "numeric"),
    (r"^bit varying\b", "varbit"),
    (r"^timestamp(\(\d\))? without time zone$", r"timestamp\1"),
    (r"^timestamp(\(\d\))? with time zone$", r"timestamptz\1"),
    (r"^time(\(\d\))? without time zone$", r"time\1"),
    (r"^time(\(\d\))? with time zone$", r"timetz\1"),
    (r"^(?:int|int4)$", "integer"),
    (r"^int8$", "bigint"),
    (r"^float(?:8|\((?:2[5-9]|[34]\d|5[0-3])\))?$", "double precision"),
    (r"^float(?:4|\((?:1?\d|2[0-4])\))$", "real"),
    (r"^int2$", "smallint"),
)
_FORM = re.compile(r"^([a-z ]+?)\s*(?:\((\d+)(?:,\s*(\d+))?\))?$")
_WIDENS = ("varchar", "varbit")
_PRECISE = ("timestamp", "timestamptz", "time", "timetz")
_FINEST = 6
# The same bytes in another order.
_UNORDERED = ({"text", "citext"}, {"citext", "varchar"})
# An interval's last field, the coarsest first; SECOND, and all fields, come after these.
_LEAST = {"year": 0, "month": 1, "day": 2, "hour": 3, "minute": 4}


def is_free(old: str, new: str, *, domains: Mapping[str, Domain] | None = None, utc: bool = False) -> bool:
    """Whether the change rewrites nothing, scans nothing and rebuilds no index (but see :func:`recollates`).

    Args:
        old, new: types as the server or SQLAlchemy writes them, in lower case.
        domains: one without a constraint is its base type, as far as storage goes.
        utc: the session's time zone is UTC, so that a timestamp is stored alike with and without a zone.
    """
    if domains and new in domains and domains[new].constrained:
        return False
    if domains and (old in domains or new in domains):
        return is_free(_base(old, domains), _base(new, domains), utc=utc)
    if {old, new} in _UNORDERED:
        return True
    before, after = _parsed(old), _parsed(new)
    if before is None or after is None:
        return old == new and bool(old)
    (name, size, scale), (new_name, new_size, new_scale) = before, after
    if utc and {name, new_name} == {"timestamp", "timestamptz"}:
        name = new_name
    if before == after:
        return True
    if name == "varchar" and new_name == "text":
        return True
    if name == "text" and new_name == "varchar":
        return new_size is None
    if (name, new_name) == ("cidr", "inet"):
        return True
    if (name, new_name) in (("char", "bpchar"), ("citext", "varchar")):
        return new_size is None
    if name.startswith("interval") and new_name.startswith("interval"):
        return _keeps_interval(name, size, new_name, new_size)
    if name != new_name:
        return False
    if name in _WIDENS:
        return new_size is None or (size is not None and new_size >= size)
    if name == "numeric":
        return new_size is None or (size is not None and new_size >= size and (scale or 0) == (new_scale or 0))
    if name in _PRECISE:
        return (_FINEST if new_size is None else new_size) >= (_FINEST if size is None else size)
    return False


def _keeps_interval(name: str, size: int | None, new_name: str, new_size: int | None) -> bool:
    """Whether the new fields go as far down as the old ones (interval_support of timestamp.c)."""
    least, new_least = (_LEAST.get(one.split()[-1], len(_LEAST)) for one in (name, new_name))
    finer = (_FINEST if new_size is None else new_size) >= (_FINEST if size is None else size)
    return new_least >= least and (least < len(_LEAST) or finer)


def _base(name: str, domains: Mapping[str, Domain]) -> str:
    return domains[name].base if name in domains else name


def recollates(old: str, new: str) -> bool:
    """Whether the values stay and their order doesn't, so that an index over them is built anew."""
    return {old, new} in _UNORDERED


def _parsed(type_: str) -> tuple[str, int | None, int | None] | None:
    text = type_.strip()
    for pattern, short in _SYNONYMS:
        text = re.sub(pattern, short, text)
    match = _FORM.match(text)
    if match is None:
        return None
    return match[1], int(match[2]) if match[2] else None, int(match[3]) if match[3] else None
