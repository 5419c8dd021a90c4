"""The elements of an index, taken apart: what is indexed, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(r"""'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|.""", re.DOTALL)
_ORDER = re.compile(
    r"(?:\s+(?P<class_>\w+_ops))?(?:\s+(?P<way>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*\Z", re.IGNORECASE
)


def listed(text: str) -> list[str]:
    """The texts between the commas of the first parentheses; empty without any."""
    return [one.strip() for one in _parts(text)] if "(" in text else []


def _parts(text: str) -> Iterator[str]:
    depth = 0
    held: list[str] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        depth -= piece == ")"
        if depth == 0 and piece == ")":
            break
        if depth == 1 and piece == ",":
            yield "".join(held)
            held = []
        elif depth > 0:
            held.append(piece)
        depth += piece == "("
    yield "".join(held)


def ordered(element: str) -> tuple[str, str, str]:
    """(the element alone, its operator class, its order where that isn't the usual one: ``desc``, ``desc nulls last``);
    a class is known by its name's end, as all of PostgreSQL's and its extensions' have it."""
    match = _ORDER.search(element)
    assert match is not None  # it may be empty
    descends = (match["way"] or "").lower() == "desc"
    nulls = (match["nulls"] or "").lower()
    usual = nulls == ("first" if descends else "last")
    words = ["desc"] * descends + [f"nulls {nulls}"] * (bool(nulls) and not usual)
    return element[: match.start()], match["class_"] or "", " ".join(words)
