"""Files of SQL: found, read as text, their suppressions taken from the comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from migrator.dialects.splitting import Comment, Split
from migrator.errors import UsageError
from migrator.model.suppression import Suppression

STANDARD_INPUT = "-"
_SUFFIX = ".sql"
_WANTED = "name files of SQL, folders of *.sql files, or - for standard input"
_ALLOW = re.compile(r"migrator:\s*allow\b(?P<rest>.*)$", re.DOTALL)
# What stands in the brackets has to look like a rule's id: any other remark may name us too.
_MISSPELT = re.compile(
    r"(?P<written>migrator\b\s*:?\s*\w+)\s*(?P<rest>\[\s*[a-z]+(?:-[a-z]+)+\s*[\],].*)$", re.DOTALL | re.IGNORECASE
)
_RULES = re.compile(r"\s*\[(?P<rules>[^\]]*)\]")
_VALUE = re.compile(r"""\s*(?P<name>\w+)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[\w-]+))""")


@dataclass(frozen=True, kw_only=True)
class SQLFile:
    """One text; ``name`` is for messages."""

    name: str
    text: str


def read_files(paths: Sequence[str], standard_input: Callable[[], bytes]) -> tuple[SQLFile, ...]:
    """Read what the paths name; a folder's ``*.sql`` files in the order of their names, those of its folders too.

    Args:
        standard_input: called once for ``-``.

    Raises:
        UsageError: nothing is there, it can't be read, is no text, or holds nothing.
    """
    found: list[SQLFile] = []
    for path in paths:
        if path == STANDARD_INPUT:
            found.append(decoded("<stdin>", standard_input()))
            continue
        found.extend(decoded(str(one), _bytes(one)) for one in _files(Path(path)))
    return tuple(found)


def read_file(path: Path) -> SQLFile:
    """One file, as :func:`read_files`.

    Raises:
        UsageError: as there; also for a folder.
    """
    if path.is_dir():
        raise UsageError(f"{str(path)!r} is a folder, not a file of SQL", remedy="name one file")
    return decoded(str(path), _bytes(path))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    inside = sorted(one for one in path.rglob(f"*{_SUFFIX}") if one.is_file())
    if not inside:
        raise UsageError(f"the folder {str(path)!r} holds no *{_SUFFIX} file", remedy=_WANTED)
    return inside


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no {str(path)!r}", remedy=_WANTED) from None
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be read ({type(error).__name__})", remedy=_WANTED) from None


def decoded(name: str, content: bytes) -> SQLFile:
    """A file's bytes as text.

    Raises:
        UsageError: they are none.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{name}: line {line} is not UTF-8, so that nobody can tell what a server would make of it",
            remedy=f"convert it:  iconv -f latin1 -t utf-8 {name}",
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UsageError(f"{name}: line {line} holds a NUL byte, so it is no text", remedy=_WANTED)
    return SQLFile(name=name, text=text)


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """A suppression and the statement that it stands at: a place in the list; past its end for none."""

    suppression: Suppression
    statement: int


def suppressions_of(split: Split, name: str) -> tuple[Allowed, ...]:
    """The comments ``migrator: allow[rule-id] reason="..." expires=YYYY-MM-DD``, above a statement or on its lines; and
    those that somebody may take for one, like ``migrator: alow[rule-id]``, which accept nothing."""
    return tuple(one for comment in split.comments for one in _allowed(comment, name))


def _allowed(comment: Comment, name: str) -> list[Allowed]:
    match = _ALLOW.match(comment.text) or _MISSPELT.match(comment.text)
    if match is None:
        return []
    misspelt = match.groupdict().get("written") or ""
    rules = _RULES.match(match["rest"])
    values = {one["name"]: _text(one) for one in _VALUE.finditer(match["rest"], rules.end() if rules else 0)}
    named = [rule.strip() for rule in rules["rules"].split(",")] if rules else []
    expires, dated = _date(values.get("expires"))
    # What can't be read accepts nothing; without a reason it is a finding itself.
    reason = values.get("reason", "") if dated and not misspelt else ""
    at = comment.statements_before - 1 if comment.trailing else comment.statements_before
    return [
        Allowed(
            suppression=Suppression(
                rule=rule, reason=reason, expires=expires, file=name, line=comment.line, misspelt=misspelt
            ),
            statement=at,
        )
        for rule in [rule for rule in named if rule] or ["(no rule)"]
    ]


def _text(match: re.Match[str]) -> str:
    return next((match[name] for name in ("double", "single", "bare") if match[name] is not None), "")


def _date(text: str | None) -> tuple[date | None, bool]:
    """(the day, whether the text is one); without a text it counts for ever."""
    if text is None:
        return None, True
    try:
        return date.fromisoformat(text), True
    except ValueError:
        return None, False
