"""One way through a revision: what every unknown on it was taken to be."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import dataclass, field
from types import FrameType

_MOST_QUESTIONS = 2000
_MOST_REPEATS = 50
_LIBRARIES = ("sqlalchemy", "alembic", "migrator")
_MOST_ROUNDS = 3
OF_TYPE = ("finds a value of that type", "finds one of another type")
_SECOND = ("finds one only", "finds a second one")
WATCHING = "migrator.scripts.watching"
"""Its functions stand between a revision and what it calls, and count as the revision."""


class EndlessRevisionError(Exception):
    """A revision that goes round and round: it waits for what a recorder never has."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One question and the answer that it got on this way.

    ``line`` is the revision's own; ``answers`` words each answer as the end of "where line 7 ..."; ``usual`` is the
    answer of the line's first question, which a later one of the same line gets unless it is tried the other way.
    """

    line: int
    answers: tuple[str, ...]
    answer: int
    usual: int
    repeated: bool = False

    @property
    def said(self) -> str:
        """As ``line 7 finds a row``."""
        return f"line {self.line} {self.answers[self.answer]}"

    @property
    def is_of_type(self) -> bool:
        """Whether it is about the type of a value."""
        return self.answers == OF_TYPE

    @property
    def is_of_second(self) -> bool:
        """Whether it is about a second row."""
        return self.answers == _SECOND

    @property
    def deviates(self) -> bool:
        """Whether it is a later question of its line that got another answer than the first."""
        return self.repeated and self.answer != self.usual


@dataclass(frozen=True, kw_only=True)
class Unfollowed:
    """What could not be followed: the revision's line, and why, as the end of a sentence that names the line.

    ``misread``: a statement went out whose text isn't known, so that even what was seen was not judged.
    """

    line: int
    why: str
    misread: bool = False


@dataclass(kw_only=True)
class Way:
    """Answers questions by ``script`` and then by the first answer each, and keeps what it answered.

    Args:
        file: the revision's own, as Python compiled it.
        script: the first answers of this way; empty for the first way.
        several: whether to ask for a second row where one was found; else one stands for any number.
        row_loops: how many loops over rows the revision is in.
        rows_passed: through how many rows its loops have gone so far.
        filing: whether values are only put away, so that which of them are equal decides nothing yet.
    """

    file: str
    script: tuple[int, ...] = ()
    several: bool = False
    row_loops: int = 0
    rows_passed: int = 0
    filing: bool = False
    taken: list[Choice] = field(default_factory=list)
    unfollowed: dict[Unfollowed, None] = field(default_factory=dict)
    _first: dict[Hashable, int] = field(default_factory=dict)
    _seen: dict[Hashable, int] = field(default_factory=dict)
    _known: dict[Hashable, int] = field(default_factory=dict)
    _questions: int = 0
    _numbers: int = 0
    _seconds: set[tuple[int, ...]] = field(default_factory=set)

    def choose(self, answers: tuple[str, ...], *, about: Hashable = None) -> int:
        """The number of the answer that holds on this way.

        Args:
            answers: in words, the one that most statements hang on first.
            about: two questions about the same thing get the same answer; None for a new question each time.
        """
        self._questions += 1
        if self._questions > _MOST_QUESTIONS:
            raise EndlessRevisionError
        if about is not None and about in self._known:
            return self._known[about]
        if _rounds() > _MOST_ROUNDS:
            return len(answers) - 1  # a document that a function goes down into has an end
        lines = self.lines()
        key = (lines, answers)
        repeated = key in self._first
        usual = self._first.get(key, 0)
        position = len(self.taken)
        answer = min(self.script[position], len(answers) - 1) if position < len(self.script) else usual
        self._first.setdefault(key, answer)
        if about is not None:
            self._known[about] = answer
        line = lines[0] if lines else 0
        self.taken.append(Choice(line=line, answers=answers, answer=answer, usual=usual, repeated=repeated))
        return answer

    def number(self) -> int:
        """A new number for an unknown value; memory addresses would be used twice."""
        self._numbers += 1
        return self._numbers

    def finds_second(self) -> bool:
        """Whether a second row, or part of a value, comes where one was found; not deep in a document."""
        if not self.several or _rounds() > 1 or self.choose(_SECOND) == 0:
            return False
        self._seconds.add(self.lines())
        return True

    def again(self, question: Hashable) -> bool:
        """Whether the same lines have asked the same before, or the same lines anything too often: rows come to an
        end.  For the second row of another question it may be asked once more, and a second page may follow."""
        lines = self.lines()
        times = self._seen[lines] = self._seen.get(lines, 0) + 1
        key = (lines, question)
        asked = self._seen.get(key, 0)
        self._seen[key] = asked + 1
        if times > _MOST_REPEATS:
            return True
        if asked > bool(self._seconds - {lines}):
            return asked > 1 or not self.finds_second()
        return False

    def give_up(self, why: str, *, misread: bool = False) -> None:
        """Something can't be followed; the way goes on."""
        lines = self.lines()
        self.unfollowed[Unfollowed(line=lines[0] if lines else 0, why=why, misread=misread)] = None

    def lines(self) -> tuple[int, ...]:
        """The revision's own lines on the stack, innermost first; empty when it isn't there."""
        found = []
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename == self.file:
                found.append(frame.f_lineno)
            frame = frame.f_back
        return tuple(found)


def _rounds() -> int:
    """How often the function that asks is on the stack: it calls itself."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _LIBRARIES:
        frame = frame.f_back
    code, times = None if frame is None else frame.f_code, 0
    while frame is not None:
        times += frame.f_code is code
        frame = frame.f_back
    return times


def asked_by_user(depth: int = 2) -> bool:
    """Whether the caller's caller is no library: neither SQLAlchemy, Alembic nor we.

    Args:
        depth: how many frames up from this function.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and frame.f_globals.get("__name__") == WATCHING:
        frame = frame.f_back
    module = "" if frame is None else str(frame.f_globals.get("__name__"))
    return module.partition(".")[0] not in _LIBRARIES
