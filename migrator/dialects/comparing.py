"""One form for all spellings of a type, a default and an expression, so that schemas can be compared."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from migrator.dialects import part_named
from migrator.dialects.schema_model import ModelTable, Reflected, TextType
from migrator.model.shape import Value

_TOKEN = re.compile(
    r"""(?P<text>[eEnN]?'(?:[^'\\]|''|\\.)*')|(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    |(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)
    |(?P<sign>::|<>|!=|<=|>=|\|\||->>|->|\#>>|\#>|@>|<@|!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|&&|[^\s])""",
    re.VERBOSE,
)
_COLLATE = re.compile(r"""\s+collate\s*(?:"[^"]*"|`[^`]*`|[\w.]+)""")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NOW = frozenset({"now", "current_timestamp", "transaction_timestamp", "localtimestamp"})
_TRUE = frozenset({"true", "t", "1", "b'1'", "yes", "on"})
_FALSE = frozenset({"false", "f", "0", "b'0'", "no", "off"})


class Comparing(ABC):
    """One dialect's part; all texts that it returns are for comparison and for a message, not for a statement."""

    type_names: Mapping[str, str]
    """Another spelling → the one that is kept, in lower case and without sizes."""
    comments: bool = True
    """Whether the server keeps comments."""
    numbering: bool = True
    """Whether it matters if a server numbers rows itself (SQLite always does)."""
    names_primary_keys: bool = False
    index_methods: bool = False
    """Whether the method of an index (USING) is kept."""
    index_lengths: bool = False
    """Whether an index may hold the beginning of a text only."""
    deferrable_keys: bool = False
    """Whether a unique constraint may be deferred, and a foreign key says how it matches."""
    left_to_server: frozenset[str] = frozenset()
    """Attributes that a table or the server chooses where the models say nothing, so that anything will do."""
    usual_classes: frozenset[str] = frozenset()
    """Operator classes of an index that go without saying."""
    restrict_is_default: bool = False
    """Whether a foreign key's RESTRICT and NO ACTION are one thing."""

    @abstractmethod
    def plain_type(self, text: str) -> str:
        """A type that has no other spelling; ``text`` is in lower case and has single spaces outside quotes."""

    def type(self, text: str) -> str:
        """The one spelling of a column's type, in lower case; values of an enum stay as they are."""
        lowered = re.sub(r"'(?:[^']|'')*'|[^']+", lambda one: _lowered(one[0]), " ".join(text.split()))
        return self.plain_type(_COLLATE.sub("", re.sub(r"\s*([(,])\s*|\s*(\))", r"\1\2", lowered)).strip())

    def is_boolean(self, type_: str) -> bool:
        """Whether a type, as :meth:`type` spells it, holds yes or no."""
        return type_ == "boolean"

    def collation(self, column: Reflected, given: Reflected | None) -> Mapping[str, Value]:
        """The column's own collation, empty for none; None where it wasn't read.

        Args:
            given: as :attr:`ModelTable.given`.
        """
        if isinstance(column["type"], TextType):
            return {"collation": None}
        return {"collation": str(column.get("collation") or getattr(column["type"], "collation", None) or "")}

    def table_options(self, given: Reflected) -> Mapping[str, str]:
        """What is said of a whole table; empty where nothing is.

        Args:
            given: as :attr:`ModelTable.given`.
        """
        return {}

    # -- expressions -------------------------------------------------------------------------------------------------

    def expression(self, text: str) -> str:
        """Words and literals in lower case with single spaces, without parentheses, casts and quoting of names."""
        return " ".join(self.rewritten(tokens(text)))

    def rewritten(self, words: Sequence[str]) -> Sequence[str]:
        """The tokens without what the server itself adds or spells otherwise."""
        return words

    def default(self, text: str | None, type_: str) -> str:
        """A server default; empty for none.

        Args:
            type_: the column's, as :meth:`type` spells it.
        """
        if text is None:
            return ""
        words = list(self.rewritten(tokens(text)))
        if [one.lower() for one in words] == ["null"]:
            return ""
        if words and words[0] in _NOW:
            rest = [one for one in words[1:] if not _NUMBER.fullmatch(one)]
            return " ".join(["now", *("now" if one in _NOW else one for one in rest)])
        if len(words) == 2 and words[0] == "-":
            words = ["".join(words)]
        return self._literal(words[0], type_) if len(words) == 1 else " ".join(words)

    def _literal(self, word: str, type_: str) -> str:
        bare = word[1:-1].replace("''", "'") if word.startswith("'") else word
        if self.is_boolean(type_) and bare.lower() in _TRUE | _FALSE:
            return "true" if bare.lower() in _TRUE else "false"
        if _NUMBER.fullmatch(bare) and not type_.startswith(("char", "varchar", "text", "enum")):
            with suppress(InvalidOperation):
                return f"{Decimal(bare).normalize():f}"
        if "json" in type_:
            with suppress(ValueError):
                return json.dumps(json.loads(bare), sort_keys=True)
        return word if word.startswith("'") or not _NUMBER.fullmatch(bare) else f"'{bare}'"

    # -- what the server makes by itself -----------------------------------------------------------------------------

    def is_implied_index(self, index: Reflected, table: ModelTable) -> bool:
        """Whether the server made the index for something else (a foreign key)."""
        return False

    def is_implied_check(self, check: Reflected, table: ModelTable) -> bool:
        """Whether the server made the check for something else (a type)."""
        return False

    # -- reading a database ------------------------------------------------------------------------------------------

    @abstractmethod
    def read_only(self, connection: Connection, limit: timedelta) -> None:
        """From now on this session writes nothing, and each of its questions takes no longer than that.

        Args:
            connection: in autocommit.
        """

    def foreign_names(self, connection: Connection, schema: str | None) -> frozenset[str]:
        """Tables and sequences that are part of something else: partitions, sequences of columns, an extension's."""
        return frozenset()

    @abstractmethod
    def complete(self, connection: Connection, schema: str | None, tables: Mapping[str, ModelTable]) -> None:
        """Add what SQLAlchemy's reflection leaves out of these tables."""

    def is_unreflected_type(self, type_: Any) -> bool:
        """Whether reflection couldn't tell the type."""
        return type(type_).__name__ == "NullType"


def tokens(text: str) -> list[str]:
    """Words in lower case, texts in single quotes, names without quotes; no parentheses, no semicolon."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match[0]
        if kind == "name":
            found.append(token[1:-1])
        elif kind == "word":
            found.append(token.lower())
        elif kind == "text":
            # Alembic's autogenerate doubles it for a driver that wants that; to LIKE both are the same.
            found.append(re.sub("%+", "%", token[token.index("'") :]))
        elif token == "!=":
            found.append("<>")
        elif token not in ("(", ")", ";"):
            found.append(token)
    return found


def may_be_equal(one: str, other: str) -> bool:
    """Whether two expressions have the same names, values and signs, so that only their wording may differ.

    Signs don't count where a word stands for one (IN, BETWEEN, NOT, LIKE), which servers write as signs; no server
    turns ``a > b`` around.
    """
    words, others = tokens(one), tokens(other)
    names, other_names = _names_of(words), _names_of(others)
    if set(names) != set(other_names):
        return False
    if names != other_names and not _TURNED & {*words, *others}:
        return False
    reworded = _REWORDED & {*words, *others}
    return bool(reworded) or _signs_of(words) == _signs_of(others)


# Servers turn the arguments of these around.
_TURNED = frozenset("position locate instr trim interval overlay".split())
_REWORDED = frozenset("in any all not between like ilike similar case regexp rlike".split())
_GRAMMAR = _REWORDED | frozenset("array and or is null cast as when then else end".split())


def _names_of(words: Sequence[str]) -> list[str]:
    """Each once, in their order."""
    bare = (one.strip("'") for one in words)
    return list(dict.fromkeys(one for one in bare if re.search(r"\w", one) and one not in _GRAMMAR))


def _signs_of(words: Sequence[str]) -> frozenset[str]:
    return frozenset(one for one in words if not re.search(r"\w", one) and one not in (",", ".", "[", "]"))


def _lowered(part: str) -> str:
    return part if part.startswith("'") else part.lower()


def comparing(name: str) -> Comparing:
    """The rules of ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.

    Raises:
        ConfigurationError: for any other name.
    """
    rules: Comparing = part_named(name, "comparing").comparing(name)
    return rules
