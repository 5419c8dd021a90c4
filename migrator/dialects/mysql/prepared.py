"""``EXECUTE s``, ``EXECUTE IMMEDIATE '...'`` and ``SET STATEMENT ... FOR ...``: the statement that is really run.

Only a text that stands in the same file is taken: what is put together, asked for or prepared elsewhere stays unread.

Source: MySQL manual 8.4, "Prepared Statements"; MariaDB manual, "EXECUTE IMMEDIATE" and "SET STATEMENT".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from migrator.dialects.mysql.executable_comments import unwrapped
from migrator.dialects.mysql.text_routines import on_one_line
from migrator.dialects.mysql.text_settings import settings
from migrator.dialects.splitting import MYSQL, Piece, split
from migrator.model import operation as o

_FLAGS = re.IGNORECASE | re.DOTALL
_TEXT = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""
_VARIABLE = r"@(?:\w+|`[^`]+`)"
_SET = re.compile(rf"SET\s+(?P<variable>{_VARIABLE})\s*:?=\s*(?P<text>{_TEXT})", _FLAGS)
_PREPARE = re.compile(rf"PREPARE\s+(?P<name>\S+)\s+FROM\s*(?:(?P<text>{_TEXT})|(?P<variable>{_VARIABLE})|.*)", _FLAGS)
_EXECUTE = re.compile(r"EXECUTE\s+(?!IMMEDIATE\b)(?P<name>\S+)(?:\s+USING\s.*)?", _FLAGS)
_AT_ONCE = re.compile(rf"EXECUTE\s+IMMEDIATE\s*(?P<text>{_TEXT})(?:\s*USING\s.*)?", _FLAGS)
_FOR = re.compile(rf"SET\s+STATEMENT\s+(?P<settings>(?:{_TEXT}|[^'\"])*?)\s+FOR\s+(?P<text>.*)", _FLAGS)
_DROP = re.compile(r"(?:DEALLOCATE|DROP)\s+PREPARE\s+\S+", _FLAGS)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": r"\%", "_": r"\_"}


def executed(pieces: Sequence[Piece], *, mariadb: bool) -> tuple[Piece, ...]:
    """The statements of a file, with what is executed in the place of the statement that executes it."""
    texts = _Texts(mariadb=mariadb)
    return tuple(one if one.command else texts.after(one) for one in pieces)


class _Texts:
    """What variables and prepared statements are known to hold."""

    def __init__(self, *, mariadb: bool) -> None:
        self._mariadb = mariadb
        self._variables: dict[str, str] = {}
        self._prepared: dict[str, str] = {}

    def after(self, piece: Piece) -> Piece:
        """The piece, or what it runs."""
        if not re.match(r"\W*(?:SET|PREPARE|EXECUTE|DEALLOCATE|DROP)\b", piece.text, _FLAGS):
            # A routine that it calls, or a trigger that it fires, may set a variable.
            self._variables.clear()
            return piece
        words = on_one_line(piece.text)
        if match := _SET.fullmatch(words):
            self._variables[match["variable"].lower()] = _plain(match["text"])
        elif match := _PREPARE.fullmatch(words):
            self._prepare(match)
        elif match := _EXECUTE.fullmatch(words):
            return self._run(piece, self._prepared.get(_named(match["name"])))
        elif match := _AT_ONCE.fullmatch(words):
            return self._run(piece, _plain(match["text"]))
        elif match := _FOR.fullmatch(words):
            return self._run(piece, match["text"] if _are_harmless(match["settings"]) else None)
        elif not _DROP.fullmatch(words):
            self._variables.clear()
        return piece

    def _prepare(self, match: re.Match[str]) -> None:
        text = _plain(match["text"]) if match["text"] else self._variables.get((match["variable"] or "").lower())
        self._prepared.pop(_named(match["name"]), None)
        if text is not None:
            self._prepared[_named(match["name"])] = text

    def _run(self, piece: Piece, text: str | None) -> Piece:
        self._variables.clear()
        inside = () if text is None else split(unwrapped(text, mariadb=self._mariadb), MYSQL).pieces
        # The servers take one statement at a time; a client's command means nothing to them.
        return replace(piece, text=inside[0].text) if len(inside) == 1 and not inside[0].command else piece


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
