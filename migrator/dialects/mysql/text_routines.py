"""Where a routine, a trigger or an event begins and ends in a text: its body holds statements of its own.

The body of a routine runs when somebody calls it, which is unread; that of a trigger with the writes of running code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrator.dialects.splitting import MYSQL, split

_ROUTINE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+(?:\s*@\s*\S+)?\s+)?(?:AGGREGATE\s+)?"
    r"(?:TRIGGER|PROCEDURE|FUNCTION|EVENT)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(r"END\s+(?:IF|CASE|LOOP|WHILE|REPEAT)\b", re.IGNORECASE)


def statements(text: str) -> Iterator[tuple[str, bool]]:
    """Each statement, and whether it makes a routine, a trigger or an event; one without such ones comes back whole."""
    parts = [one.text for one in split(text, MYSQL).pieces] if _ROUTINE.search(text) else []
    if not any(map(_ROUTINE.match, parts)):
        yield text, False
        return
    at = 0
    while at < len(parts):
        if not _ROUTINE.match(parts[at]):
            yield parts[at], False
            at += 1
            continue
        end = next((number for number in range(len(parts) - 1, at, -1) if _closes(parts, at, number)), at)
        yield "; ".join(parts[at : end + 1]), True
        at = end + 1


def on_one_line(text: str) -> str:
    """The statement without comments."""
    words = []
    at = 0
    while at < len(text):
        match = MYSQL.tokens.match(text, at)
        assert match is not None  # its last alternative takes any character
        at = match.end()
        if match["comment"] is not None:
            closed = text.find("*/", at)
            at = len(text) if closed < 0 else closed + 2
        skipped = match["comment"] is not None or match["line_comment"] is not None or match["space"] is not None
        words.append(" " if skipped else match.group())
    return " ".join("".join(words).split()) if "'" not in text else "".join(words).strip()


def _closes(parts: list[str], begins: int, ends: int) -> bool:
    """Whether a body without BEGIN, an IF or a loop alone, that begins in one part is closed by another."""
    others = range(begins + 1, ends)
    return bool(_CLOSES.match(parts[ends])) and not any(_ROUTINE.match(parts[one]) for one in others)
