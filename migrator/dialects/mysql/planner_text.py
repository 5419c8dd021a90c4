"""Statements of MySQL and MariaDB taken apart, as far as the planner must know them: table, actions, options.

The server's own words count here, not the parser of the check: a form that nobody knows is still sent with its
assertion, and the server refuses what it can't do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.dialects.statement_heads import NAME, PART, split_name
from migrator.model.plan import TableName

_TOKEN = re.compile(
    r"""(?P<run>/\*M?!)|(?P<comment>/\*.*?\*/|--(?=\s|$)[^\n]*|\#[^\n]*)"""
    r"""|(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")|(?P<name>`(?:[^`]|``)*`)"""
    r"""|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<end>;)|(?P<space>\s+)|(?P<broken>['"`]|/\*)|(?P<other>[\w$@.]+|.)""",
    re.DOTALL,
)
_FLAGS = re.IGNORECASE | re.DOTALL
_ALTER = re.compile(
    rf"ALTER (?:ONLINE )?(?P<ignore>IGNORE )?TABLE (?:IF EXISTS )?{NAME}"
    rf"(?: (?:WAIT \d+|NOWAIT)(?= ))? (?P<rest>.*)$",
    _FLAGS,
)
_CREATE_INDEX = re.compile(
    r"CREATE (?:OR REPLACE )?(?:ONLINE |OFFLINE )?(?P<kind>(?:UNIQUE |FULLTEXT |SPATIAL |VECTOR )?)INDEX"
    rf" (?:IF NOT EXISTS )?(?P<index>{PART})(?: USING \w+)? ON {NAME} ?(?P<rest>.*)$",
    _FLAGS,
)
_DROP_INDEX = re.compile(
    rf"DROP INDEX (?:IF EXISTS )?(?P<index>{PART}) ON {NAME}(?P<rest>(?: .*)?)$",
    _FLAGS,
)
_OPTION = re.compile(r"(?:\b(ALGORITHM|LOCK) ?(?:=|\b) ?(\w+))", re.IGNORECASE)
_OPTION_ALONE = re.compile(rf"^(?:{_OPTION.pattern} ?)+$", re.IGNORECASE)
_LISTS = re.compile(
    r"(?:DROP|TRUNCATE|ANALYZE|CHECK|OPTIMIZE|REBUILD|REPAIR|REORGANIZE) PARTITION|ORDER BY", re.IGNORECASE
)
_REFERENCES = re.compile(rf"\bREFERENCES {NAME}", re.IGNORECASE)


class UnreadableError(ValueError):
    """The text can't be told apart: the server runs what stands in its comments, or a quote isn't closed."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a statement.

    ``text`` is what is sent, without comments and on one line; in ``words`` literals are ``''``, quoted names are
    `` `_` `` and what stands in parentheses is left out, so that a keyword in it is one of this level.
    """

    text: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Options:
    """The ALGORITHM and LOCK that a statement asks for itself, in upper case; empty for none."""

    algorithm: str = ""
    lock: str = ""

    @property
    def asserts_online(self) -> bool:
        """Whether the server has to refuse what it can't do so; see :attr:`refuses_blocking`."""
        return self.algorithm in ("INSTANT", "INPLACE", "NOCOPY") or self.lock == "NONE"

    @property
    def refuses_blocking(self) -> bool:
        """Whether the server has to refuse what keeps writers out, too: INPLACE alone lets it take a shared lock."""
        return self.algorithm == "INSTANT" or self.lock == "NONE"

    @property
    def blocks(self) -> bool:
        """Whether it asks for a form that keeps others out."""
        return self.lock in ("SHARED", "EXCLUSIVE") or (self.algorithm == "COPY" and self.lock != "NONE")


@dataclass(frozen=True, kw_only=True)
class TableChange:
    """An ALTER TABLE; ``sql`` is all of it without comments."""

    sql: str
    table: TableName
    actions: tuple[Piece, ...]
    options: Options
    ignores: bool = False


@dataclass(frozen=True, kw_only=True)
class IndexChange:
    """A CREATE INDEX or DROP INDEX; ``kind`` is UNIQUE, FULLTEXT, SPATIAL, VECTOR or empty."""

    sql: str
    table: TableName
    index: str
    options: Options
    creates: bool
    kind: str = ""
    expressions: bool = False


def pieces(sql: str) -> tuple[Piece, ...]:
    """The parts of one statement between its commas of the highest level.

    Raises:
        UnreadableError: see there; also for more than one statement.
    """
    return tuple(_pieces(sql))


def _pieces(sql: str) -> Iterator[Piece]:
    text: list[str] = []
    words: list[str] = []
    depth, ended = 0, False
    for match in _TOKEN.finditer(sql):
        kind, token = str(match.lastgroup), match.group()
        if kind in ("run", "broken"):
            raise UnreadableError
        if kind in ("comment", "space"):
            text.append(" ")
            words.append(" ")
            continue
        if kind == "end":
            ended = True
            continue
        if ended:
            raise UnreadableError
        if kind == "comma" and depth == 0:
            yield _piece(text, words)
            text, words = [], []
            continue
        depth -= kind == "close"
        text.append(token)
        if depth == 0:
            words.append({"string": "''", "name": "`_`"}.get(kind, token))
        depth += kind == "open"
    yield _piece(text, words)


def _piece(text: list[str], words: list[str]) -> Piece:
    joined = "".join(text).strip()
    # White space inside quotes stays as it is.
    folded = re.sub(r"('(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`)|\s+", lambda m: m[1] or " ", joined)
    return Piece(text=folded, words=" ".join("".join(words).split()))


def table_change(parts: tuple[Piece, ...]) -> TableChange | None:
    """Take an ALTER TABLE apart; None for any other statement."""
    match = _ALTER.match(parts[0].text)
    if match is None:
        return None
    head = _ALTER.match(parts[0].words)
    first = Piece(text=match["rest"], words=head["rest"] if head else "")
    actions = _with_lists([one for one in (first, *parts[1:]) if not _OPTION_ALONE.match(one.words)])
    options = _options(one.words for one in (first, *parts[1:]) if _OPTION_ALONE.match(one.words))
    return TableChange(
        sql=", ".join(one.text for one in parts),
        table=split_name(match[2]),
        actions=tuple(actions),
        options=options,
        ignores=bool(match["ignore"]),
    )


def _with_lists(actions: list[Piece]) -> list[Piece]:
    """A list of partitions or of columns to sort by is one action, its commas included."""
    for index, one in enumerate(actions):
        if _LISTS.match(one.words):
            rest = actions[index:]
            whole = Piece(text=", ".join(p.text for p in rest), words=", ".join(p.words for p in rest))
            return [*actions[:index], whole]
    return actions


def index_change(parts: tuple[Piece, ...]) -> IndexChange | None:
    """Take a CREATE INDEX or DROP INDEX apart; None for any other statement."""
    creates, drops = _CREATE_INDEX.match(parts[0].text), _DROP_INDEX.match(parts[0].text)
    match = creates or drops
    if match is None or len(parts) > 1:
        return None
    behind = (_CREATE_INDEX if creates else _DROP_INDEX).match(parts[0].words)
    return IndexChange(
        sql=parts[0].text,
        table=split_name(match[3] if creates else match[2]),
        index=split_name(match["index"])[1],
        options=_options([behind["rest"]] if behind else []),
        creates=bool(creates),
        kind=creates["kind"].strip().upper() if creates else "",
        expressions=bool(creates) and has_expression(match["rest"]),
    )


def has_expression(columns: str) -> bool:
    """Whether a list of columns, ``(a, (lower(b)))``, holds an expression."""
    return bool(re.match(r"[^(]*\(\s*\(|[^(]*\(.*,\s*\(", columns, re.DOTALL))


def references(text: str) -> tuple[TableName, ...]:
    """The tables that foreign keys in a text refer to."""
    return tuple(dict.fromkeys(split_name(one) for one in _REFERENCES.findall(text)))


def name_after(text: str, keywords: str) -> str:
    """The name behind some keywords (a regular expression) at the beginning; empty where it has another form."""
    match = re.match(rf"(?:{keywords}) ?({PART})", text, re.IGNORECASE)
    return split_name(match[1])[1] if match else ""


def _options(texts: Iterator[str] | list[str]) -> Options:
    found = {name.upper(): value.upper() for text in texts for name, value in _OPTION.findall(text)}
    clear = {name: value for name, value in found.items() if value != "DEFAULT"}
    return Options(algorithm=clear.get("ALGORITHM", ""), lock=clear.get("LOCK", ""))
