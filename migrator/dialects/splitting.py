"""Text of several statements → the statements with their lines and the comments between them.

Only as much of a dialect's grammar as tells where a statement ends: quotes, comments, ``DELIMITER`` of MySQL's client,
the data behind psql's ``COPY ... FROM stdin``, the bodies of triggers and routines.  What each statement means is read
by the dialect's own reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FLAGS = re.IGNORECASE | re.DOTALL
_ROUTINE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:TEMP|TEMPORARY|CONSTRAINT|AGGREGATE)\s+)?(?:DEFINER\s*=\s*\S+\s+)?"
    r"(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE)\b",
    _FLAGS,
)
_COPIES_IN = re.compile(r"COPY\b.*\bFROM\s+STDIN\b", _FLAGS)
_END_OF_BLOCK = re.compile(r"\s+(IF|LOOP|WHILE|REPEAT|FOR)\b", re.IGNORECASE)
_DELIMITER = re.compile(r"DELIMITER[ \t]+(\S+)[ \t]*(?:\r?\n|$)", re.IGNORECASE)
_DATA_END = re.compile(r"^\\\.\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment's text without its marks, the line where it begins, and how many statements began before it."""

    text: str
    line: int
    statements_before: int
    trailing: bool
    """Whether it stands behind the end of a statement, on the same line."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One statement without its end mark; lines count from 1.  ``command``: it is one of the client's own."""

    text: str
    line: int
    last_line: int
    command: bool = False


@dataclass(frozen=True, kw_only=True)
class Split:
    """All of a text, in order."""

    pieces: tuple[Piece, ...]
    comments: tuple[Comment, ...]


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a dialect quotes and comments with."""

    tokens: re.Pattern[str]
    nested_comments: bool = False
    client_commands: bool = False
    delimiters: bool = False
    atomic_only: bool = False
    """Whether the body of a routine is a quoted string unless it says BEGIN ATOMIC."""


def _tokens(*patterns: str) -> re.Pattern[str]:
    every = (*patterns, r"(?P<word>\w+)", r"(?P<space>\s+)", r"(?P<other>.)")
    return re.compile("|".join(every), re.DOTALL)


_LINE_COMMENT = r"(?P<line_comment>--[^\n]*)"
_DASHES = r"(?P<line_comment>--(?=\s|$)[^\n]*|\#[^\n]*)"
_QUOTE = r"'(?:[^']|'')*(?:'|$)"
_BACKSLASH_QUOTE = r"'(?:[^'\\]|\\.|'')*(?:'|$)"
_DOUBLE = r'"(?:[^"]|"")*(?:"|$)'

POSTGRESQL = Marks(
    tokens=_tokens(
        _LINE_COMMENT,
        r"(?P<comment>/\*)",
        rf"(?P<quoted>[eE]{_BACKSLASH_QUOTE}|{_QUOTE}|{_DOUBLE}|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|$))",
    ),
    nested_comments=True,
    client_commands=True,
    atomic_only=True,
)
MYSQL = Marks(
    tokens=_tokens(
        _DASHES,
        r"(?P<comment>/\*)",
        rf"""(?P<quoted>{_BACKSLASH_QUOTE}|"(?:[^"\\]|\\.|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$))""",
    ),
    delimiters=True,
)
SQLITE = Marks(
    tokens=_tokens(
        _LINE_COMMENT,
        r"(?P<comment>/\*)",
        rf"(?P<quoted>{_QUOTE}|{_DOUBLE}|`(?:[^`]|``)*(?:`|$)|\[[^\]]*(?:\]|$))",
    ),
    client_commands=False,
)


def split(text: str, marks: Marks) -> Split:
    """Take a text apart.  Whatever it holds, it comes back: a quote that isn't closed runs to the end."""
    splitter = _Splitter(text=text, marks=marks)
    pieces = tuple(splitter.pieces())
    return Split(pieces=pieces, comments=tuple(splitter.comments))


@dataclass(kw_only=True)
class _Splitter:
    text: str
    marks: Marks
    comments: list[Comment] = field(default_factory=list)
    _at: int = 0
    _start: int = -1
    _end: int = 0
    _depth: int = 0
    _last_word: str = ""
    _delimiter: str = ";"
    _count: int = 0
    _ended_at: int = -1
    _line: int = 1
    _line_at: int = 0

    def pieces(self) -> Iterator[Piece]:
        """The statements; fills ``comments`` on the way."""
        while self._at < len(self.text):
            ready = self._own_line() if self._start < 0 else None
            if ready is not None:
                yield from ready
                continue
            if self.text.startswith(self._delimiter, self._at) and self._depth <= 0:
                finished = list(self._finish())
                yield from finished
                self._at += len(self._delimiter)
                self._ended_at = self._at
                self._skip_data(finished)
                continue
            self._token()
        yield from self._finish()

    def _own_line(self) -> list[Piece] | None:
        """What clients read by the line, where a statement may begin."""
        if self.marks.client_commands and self.text.startswith("\\", self._at):
            end = self.text.find("\n", self._at)
            end = len(self.text) if end < 0 else end
            line = self.line_of(self._at)
            piece = Piece(text=self.text[self._at : end].strip(), line=line, last_line=line, command=True)
            self._at = end
            self._count += 1
            return [piece]
        found = _DELIMITER.match(self.text, self._at) if self.marks.delimiters else None
        if found is None:
            return None
        self._delimiter = found[1]
        self._at = found.end()
        return []

    def _token(self) -> None:
        match = self.marks.tokens.match(self.text, self._at)
        assert match is not None  # the last alternative takes any character
        kind = str(match.lastgroup)
        if match["line_comment"] is not None:
            self._comment(match["line_comment"].lstrip("-# "), match.end())
        elif match["comment"] is not None:
            self._block(match.start())
        elif kind == "space":
            self._at = match.end()
        else:
            if self._start < 0:
                self._start, self._depth, self._last_word = match.start(), 0, ""
                self._count += 1
            if match["word"] is not None:
                self._word(match["word"].upper(), match)
            self._at = self._end = match.end()

    def _comment(self, text: str, end: int) -> None:
        line = self.line_of(self._at)
        behind = self._start < 0 and self._ended_at >= 0 and "\n" not in self.text[self._ended_at : self._at]
        self.comments.append(
            Comment(text=text.strip(), line=line, statements_before=self._count, trailing=behind or self._start >= 0)
        )
        self._at = end

    def _block(self, start: int) -> None:
        depth, at = 1, start + 2
        while depth and at < len(self.text):
            opened = self.text.find("/*", at) if self.marks.nested_comments else -1
            closed = self.text.find("*/", at)
            if closed < 0:
                at = len(self.text)
            elif 0 <= opened < closed:
                depth, at = depth + 1, opened + 2
            else:
                depth, at = depth - 1, closed + 2
        self._comment(self.text[start + 2 : at].removesuffix("*/"), at)

    def _word(self, word: str, match: re.Match[str]) -> None:
        """Follow the blocks of a routine's body."""
        if not self._in_routine(word):
            self._last_word = word
            return
        opens = (
            (word == "CASE" and self._last_word != "END" and self._depth > 0)
            or (word == "BEGIN" and not self.marks.atomic_only)
            or (word == "ATOMIC" and self._last_word == "BEGIN")
        )
        if opens:
            self._depth += 1
        elif word == "END" and self._depth > 0 and not _END_OF_BLOCK.match(self.text, match.end()):
            self._depth -= 1
        self._last_word = word

    def _in_routine(self, word: str) -> bool:
        if word not in ("BEGIN", "ATOMIC", "CASE", "END"):
            return False
        return bool(_ROUTINE.match(self.text, self._start))

    def _finish(self) -> Iterator[Piece]:
        if self._start >= 0:
            first, last = self.line_of(self._start), self.line_of(max(self._start, self._end - 1))
            yield Piece(text=self.text[self._start : self._end], line=first, last_line=last)
        self._start, self._depth = -1, 0

    def _skip_data(self, finished: list[Piece]) -> None:
        """The rows behind psql's COPY ... FROM stdin are no statements."""
        if not self.marks.client_commands or not any(_COPIES_IN.match(one.text) for one in finished):
            return
        ended = _DATA_END.search(self.text, self._at)
        self._at = ended.end() if ended is not None else len(self.text)

    def line_of(self, offset: int) -> int:
        """The line of a place; asked for growing places it counts each line once."""
        if offset < self._line_at:
            return self.text.count("\n", 0, offset) + 1
        self._line += self.text.count("\n", self._line_at, offset)
        self._line_at = offset
        return self._line
