"""The last key done, as text for our table: only where that tells nothing about anybody."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from migrator.dialects.keys import Bound


def encode(bound: Bound) -> str | None:
    """JSON of a key of whole numbers, UUIDs, dates and times, decimals, booleans; None for any other key.

    A text or binary key is a row's own value (an e-mail address) and stays out of our tables.
    """
    coded = [_code(value) for value in bound]
    return None if any(one is None for one in coded) else json.dumps(coded)


def decode(text: str) -> Bound:
    """The bound that :func:`encode` made this text of."""
    return tuple(_value(kind, value) for kind, value in json.loads(text))


def _code(value: Any) -> list[Any] | None:
    if isinstance(value, bool | int):
        return ["b" if isinstance(value, bool) else "i", value]
    if isinstance(value, datetime | date):
        return ["t" if isinstance(value, datetime) else "d", value.isoformat()]
    if isinstance(value, UUID | Decimal):
        return ["u" if isinstance(value, UUID) else "n", str(value)]
    return None


def _value(kind: str, value: Any) -> Any:
    match kind:
        case "t":
            return datetime.fromisoformat(value)
        case "d":
            return date.fromisoformat(value)
        case "u":
            return UUID(value)
        case "n":
            return Decimal(value)
        case _:
            return value
