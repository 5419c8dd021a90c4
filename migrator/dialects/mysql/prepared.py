"""``EXECUTE s``, ``EXECUTE IMMEDIATE '...'`` and ``SET STATEMENT ... FOR ...``: the statement that is really run.

Only a text that stands in the same file is taken, or two between which ``IF(..., 'one', 'other')`` chooses: both are
judged.  What is put together, asked for or prepared elsewhere stays unread.

Source: MySQL manual 8.4, "Prepared Statements"; MariaDB manual, "EXECUTE IMMEDIATE" and "SET STATEMENT".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from migrator.dialects.mysql.executable_comments import unwrapped
from migrator.dialects.mysql.text_routines import on_one_line
from migrator.dialects.mysql.text_settings import settings
from migrator.dialects.splitting import MYSQL, Piece, split
from migrator.model import operation as o

_FLAGS = re.IGNORECASE | re.DOTALL
_TEXT = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""
_VARIABLE = r"@(?:\w+|`[^`]+`)"
_SET = re.compile(rf"SET\s+(?P<variable>{_VARIABLE})\s*:?=\s*(?P<text>{_TEXT})", _FLAGS)
_CHOICE = re.compile(
    rf"SET\s+(?P<variable>{_VARIABLE})\s*:?=\s*(?P<begin>\()?\s*(?P<asked>(?P<query>SELECT\s+)?"
    rf"IF\s*\((?P<condition>.*),\s*(?P<one>{_TEXT})\s*,\s*(?P<other>{_TEXT})\s*\)(?P<source>\s+FROM\s.*?)?)"
    r"\s*(?P<end>\))?",
    _FLAGS,
)
_PREPARE = re.compile(rf"PREPARE\s+(?P<name>\S+)\s+FROM\s*(?:(?P<text>{_TEXT})|(?P<variable>{_VARIABLE})|.*)", _FLAGS)
_EXECUTE = re.compile(r"EXECUTE\s+(?!IMMEDIATE\b)(?P<name>\S+)(?:\s+USING\s.*)?", _FLAGS)
_AT_ONCE = re.compile(rf"EXECUTE\s+IMMEDIATE\s*(?P<text>{_TEXT})(?:\s*USING\s.*)?", _FLAGS)
_FOR = re.compile(rf"SET\s+STATEMENT\s+(?P<settings>(?:{_TEXT}|[^'\"])*?)\s+FOR\s+(?P<text>.*)", _FLAGS)
_DROP = re.compile(r"(?:DEALLOCATE|DROP)\s+PREPARE\s+\S+", _FLAGS)
Texts: TypeAlias = tuple[str, ...]
"""The statements of which one is run; none where that isn't known."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": r"\%", "_": r"\_"}


def executed(pieces: Sequence[Piece], *, mariadb: bool) -> tuple[Piece, ...]:
    """The statements of a file, with what is executed in the place of the statement that executes it."""
    texts = _Texts(mariadb=mariadb)
    return tuple(ran for one in pieces for ran in ((one,) if one.command else texts.after(one)))


class _Texts:
    """What variables and prepared statements are known to hold."""

    def __init__(self, *, mariadb: bool) -> None:
        self._mariadb = mariadb
        self._variables: dict[str, Texts] = {}
        self._prepared: dict[str, Texts] = {}

    def after(self, piece: Piece) -> tuple[Piece, ...]:
        """The piece, or what it may run."""
        if not re.match(r"\W*(?:SET|PREPARE|EXECUTE|DEALLOCATE|DROP)\b", piece.text, _FLAGS):
            # A routine that it calls, or a trigger that it fires, may set a variable.
            self._variables.clear()
            return (piece,)
        words = on_one_line(piece.text)
        if match := _SET.fullmatch(words):
            self._variables[match["variable"].lower()] = (_plain(match["text"]),)
        elif (match := _CHOICE.fullmatch(words)) and _is_whole(match):
            self._variables[match["variable"].lower()] = (_plain(match["one"]), _plain(match["other"]))
            return (replace(piece, text=match["asked"] if match["query"] else f"SELECT {match['asked']}"),)
        elif match := _PREPARE.fullmatch(words):
            self._prepare(match)
        elif match := _EXECUTE.fullmatch(words):
            return self._run(piece, self._prepared.get(_named(match["name"]), ()))
        elif match := _AT_ONCE.fullmatch(words):
            return self._run(piece, (_plain(match["text"]),))
        elif match := _FOR.fullmatch(words):
            return self._run(piece, (match["text"],) if _are_harmless(match["settings"]) else ())
        elif not _DROP.fullmatch(words):
            self._variables.clear()
        return (piece,)

    def _prepare(self, match: re.Match[str]) -> None:
        known = self._variables.get((match["variable"] or "").lower(), ())
        self._prepared[_named(match["name"])] = (_plain(match["text"]),) if match["text"] else known

    def _run(self, piece: Piece, texts: Texts) -> tuple[Piece, ...]:
        self._variables.clear()
        inside = [split(unwrapped(text, mariadb=self._mariadb), MYSQL).pieces for text in texts]
        # The servers take one statement at a time; a client's command means nothing to them.
        if not inside or any(len(one) != 1 or one[0].command for one in inside):
            return (piece,)
        return tuple(replace(piece, text=one[0].text) for one in inside)


def _is_whole(match: re.Match[str]) -> bool:
    """Whether the choice is the variable's whole value, by the brackets of its condition, and comes from one SELECT."""
    if len({bool(one) for one in match.group("begin", "query", "end")}) > 1:
        return False
    if match["source"] and not match["query"]:
        return False
    depth = 0
    for mark in re.findall(r"[()]", re.sub(_TEXT, "", match["condition"])):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return False
    return depth == 0 and not re.search(r"\bUNION\b", match["source"] or "", _FLAGS)


def _named(name: str) -> str:
    return name.strip("`").lower()


def _plain(literal: str) -> str:
    """What a string in quotes says."""
    mark = literal[0]
    found = re.compile(rf"\\(.)|{mark}{mark}", re.DOTALL)
    return found.sub(lambda one: mark if one[1] is None else _ESCAPES.get(one[1], one[1]), literal[1:-1])


def _are_harmless(words: str) -> bool:
    found = settings(f"SET {words}")
    return bool(found) and all(isinstance(one, o.Harmless | o.LockTimeout) for one in found)
