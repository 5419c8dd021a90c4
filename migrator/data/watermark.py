"""Keys as text for our tables: the last one done only where that tells nothing about anybody, a failed row's always."""

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


def encode_any(bound: Bound) -> str | None:
    """The same for texts and bytes too; None for a key with a value of yet another type."""
    coded = [_code(value) or _code_of_text(value) for value in bound]
    return None if any(one is None for one in coded) else json.dumps(coded)


def decode(text: str) -> Bound:
    """The bound that :func:`encode` or :func:`encode_any` made this text of."""
    return tuple(_value(kind, value) for kind, value in json.loads(text))


def shown(text: str) -> tuple[str, ...]:
    """The same for a person, a text a column."""
    return tuple(str(value) for _, value in json.loads(text))


def _code_of_text(value: Any) -> list[Any] | None:
    if isinstance(value, str):
        return ["s", value]
    return ["x", bytes(value).hex()] if isinstance(value, bytes | bytearray | memoryview) else None


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
        case "x":
            return bytes.fromhex(value)
        case _:
            return value
