"""A text with the drivers' own placeholders, as it comes through a raw cursor or ``exec_driver_sql``."""

from __future__ import annotations

import re
from typing import Any

_PLACES = re.compile(r"%(?:%|[sbt]|\((\w+)\)s)")


def as_the_server_reads(sql: str, bound: Any, placeholder: str) -> str:
    """The text with the server's placeholders for ``%s`` and ``%(name)s``, and each ``%%`` as one.

    Args:
        bound: its parameters; without any a driver leaves the text as it is.
        placeholder: the server's own, ``{}`` for the number; empty where drivers know no ``%s``.
    """
    if not bound or not placeholder or "%" not in sql:
        return sql
    numbers: dict[str, int] = {}

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        return placeholder.format(numbers.setdefault(found[1] or f"%{found.start()}", len(numbers) + 1))

    return _PLACES.sub(put, sql)
