"""What the text of a CREATE TABLE says beyond the pragmas, in a form that doesn't depend on how it was written.

SQLite keeps the text as it was entered, and ALTER TABLE and batch rebuilds edit it: quotes, case, line breaks and the
place of a constraint (at its column or at the end) carry no meaning.

Source: SQLite documentation, CREATE TABLE and SQLite Keywords (run on 3.40).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<literal>[xX]?'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<word>(?!\d)[\w$]+)
      | (?P<number>\d[\w.]*)
      | (?P<sign>\|\||->>|->|<<|>>|<=|>=|<>|!=|==|.)""",
    re.X | re.S,
)
_PLAIN = re.compile(r"(?!\d)[\w$]+\Z")
_OF_TABLE = frozenset({"constraint", "primary", "unique", "check", "foreign"})
_OF_COLUMN = frozenset(
    "constraint primary unique check not null default collate references generated as".split()  # each begins a clause
)
# A quoted name among these stays quoted: bare, it would be the keyword.
_RESERVED = _OF_TABLE | (_OF_COLUMN - {"generated"})
# After these, a word that could begin a clause goes on with the one before it (SET NULL, NOT NULL, ALWAYS AS).
_GOES_ON = {("not", "null"), ("set", "null"), ("set", "default"), ("default", "null"), ("always", "as")}


@dataclass(frozen=True, kw_only=True)
class TableConstraint:
    """A constraint written as one of the table.

    Attributes:
        name: as it was given; empty without one.
        text: for a foreign key its own columns and whether it is deferred, the rest is in ``foreign_key_list``.
    """

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class TableText:
    """Attributes:
    options: ``without rowid``, ``strict``, in alphabetical order.
    constraints: in the text's order.
    columns: for each name in lower case what its definition says besides type, NOT NULL and default.
    """

    options: tuple[str, ...]
    constraints: tuple[TableConstraint, ...]
    columns: Mapping[str, tuple[str, ...]]

    def of_column(self, name: str) -> tuple[str, ...]:
        """What the text says of a column; empty for nothing more."""
        return self.columns.get(name.lower(), ())


def normalised(sql: str) -> str:
    """A statement or expression with one space between its tokens, names unquoted and in lower case (SQLite's names
    don't differ by case), without comments."""
    return " ".join(_tokens(sql))


def read_table(sql: str) -> TableText:
    """Take a table's text apart.

    Args:
        sql: the ``sql`` of an ordinary table in ``sqlite_master``.
    """
    tokens = list(_tokens(sql))
    opened = tokens.index("(")
    closed = _closing(tokens, opened)
    constraints: list[TableConstraint] = []
    columns: dict[str, tuple[str, ...]] = {}
    for piece in _pieces(tokens[opened + 1 : closed]):
        if piece[0] in _OF_TABLE:
            clauses = _clauses(piece, _OF_TABLE)
            constraints += [_of_table(name, clause) for name, clause in clauses]
        else:
            column, extras, own = _column(piece)
            columns[column] = extras
            constraints += own
    options = sorted(" ".join(piece) for piece in _pieces(tokens[closed + 1 :]))
    return TableText(options=tuple(options), constraints=tuple(constraints), columns=columns)


def _tokens(sql: str) -> Iterator[str]:
    for match in _TOKEN.finditer(sql):
        text = match[0]
        if match.lastgroup == "quoted":
            yield _unquoted(text)
        elif match.lastgroup == "literal":
            yield text
        elif match.lastgroup != "skip":
            yield text.lower()


def _unquoted(text: str) -> str:
    name = text[1:-1] if text[0] == "[" else text[1:-1].replace(text[0] * 2, text[0])
    name = name.lower()
    return name if _PLAIN.match(name) and name not in _RESERVED else '"' + name.replace('"', '""') + '"'


def _bare(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def _closing(tokens: Sequence[str], opened: int) -> int:
    depth = 0
    for place in range(opened, len(tokens)):
        depth += (tokens[place] == "(") - (tokens[place] == ")")
        if depth == 0:
            return place
    return len(tokens)


def _pieces(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Split at the commas outside parentheses."""
    depth, piece = 0, list[str]()
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == "," and depth == 0:
            yield piece
            piece = []
        else:
            piece.append(token)
    if piece:
        yield piece


def _clauses(tokens: Sequence[str], starts: frozenset[str]) -> list[tuple[str, list[str]]]:
    """The clauses with the names that CONSTRAINT gives them; SQLite wants no comma between those of a table."""
    clauses: list[tuple[str, list[str]]] = []
    depth, name, place = 0, "", 0
    while place < len(tokens):
        token = tokens[place]
        if depth == 0 and token == "constraint":
            name = _bare(tokens[place + 1])
            place += 2
            continue
        if depth == 0 and token in starts and not _goes_on(tokens, place):
            clauses.append((name, []))
            name = ""
        depth += (token == "(") - (token == ")")
        if clauses:
            clauses[-1][1].append(token)
        place += 1
    return clauses


def _goes_on(tokens: Sequence[str], place: int) -> bool:
    before = tokens[place - 1] if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    return (before, tokens[place]) in _GOES_ON or (tokens[place], after) == ("not", "deferrable")


def _column(piece: Sequence[str]) -> tuple[str, tuple[str, ...], list[TableConstraint]]:
    extras: list[str] = []
    constraints: list[TableConstraint] = []
    for name, clause in _clauses(piece[1:], _OF_COLUMN):
        if clause[0] in {"primary", "unique"}:
            words = 2 if clause[0] == "primary" else 1
            constraints.append(_of_table(name, [*clause[:words], "(", piece[0], ")", *clause[words:]]))
        elif clause[0] == "references":
            constraints.append(_of_table(name, ["foreign", "key", "(", piece[0], ")", *clause]))
        elif clause[0] == "check":
            constraints.append(_of_table(name, clause))
        elif clause[0] == "collate":
            extras.append(" ".join(clause))
        elif clause[0] in {"generated", "as"}:
            place = clause.index("(")
            extras.append("as " + " ".join(clause[place : _closing(clause, place) + 1]))
        elif clause[:2] == ["not", "null"] and (name or clause[2:]):
            extras.append(" ".join(filter(None, ["not null", name and f"named {name}", *clause[2:]])))
    return _bare(piece[0]), tuple(sorted(extras)), constraints


def _of_table(name: str, clause: Sequence[str]) -> TableConstraint:
    if clause[0] == "foreign":
        own = clause[: clause.index(")") + 1]
        return TableConstraint(name=name, text=" ".join([*own, *(["deferred"] if _deferred(clause) else [])]))
    if clause[0] == "check":
        return TableConstraint(name=name, text=" ".join(["check", *_within(clause[1:])]))
    return TableConstraint(name=name, text=" ".join(token for token in clause if token != "asc"))


def _deferred(clause: Sequence[str]) -> bool:
    text = " ".join(clause)
    return "deferrable initially deferred" in text and "not deferrable" not in text


def _within(tokens: Sequence[str]) -> Sequence[str]:
    """The expression in one pair of parentheses, however many stand around it."""
    while len(tokens) > 2 and tokens[0] == "(" and tokens[1] == "(" and _closing(tokens, 1) == len(tokens) - 2:
        tokens = tokens[1:-1]
    return tokens
