"""Statements over tables of MySQL and MariaDB that sqlglot doesn't know, or only in part, action by action.

Each action is read by a closed table of its first words, else by sqlglot in a statement of its own; what neither knows
is unread.  What an action costs is the planner's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from migrator.dialects.mysql.planner_text import Piece, UnreadableError, index_change, name_after, pieces, table_change
from migrator.dialects.mysql.text_definitions import plain_definition, plain_table
from migrator.dialects.statement_heads import NAME, PART, split_name
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
ReadOne = Callable[[str], Read]
Action = Callable[[Piece, str, "str | None"], Read]
_PARTITIONED = re.compile(r"\bPARTITION BY\b", re.IGNORECASE)
_FLAGS = re.IGNORECASE | re.DOTALL
_OPTIONS = (
    r"(?:DEFAULT )?(?:CHARACTER SET|CHARSET|COLLATE)|CONVERT TO|ENGINE|ROW_FORMAT|KEY_BLOCK_SIZE|FORCE|STATS_\w+"
    r"|COMMENT|ENCRYPTION|ENCRYPTED|AUTO_INCREMENT|ORDER BY|PAGE_\w+|COMPRESSION|TRANSACTIONAL|CHECKSUM|MAX_ROWS"
    r"|MIN_ROWS|AVG_ROW_LENGTH|PACK_KEYS|DELAY_KEY_WRITE|INSERT_METHOD|TABLESPACE|PARTITION BY|REMOVE PARTITIONING"
    r"|ADD PARTITION|(?:COALESCE|REORGANIZE|REBUILD|ANALYZE|CHECK|OPTIMIZE|REPAIR) PARTITION|(?:DISABLE|ENABLE) KEYS"
    r"|(?:DISCARD|IMPORT) (?:TABLESPACE|PARTITION)|(?:ADD|DROP) SYSTEM VERSIONING|AUTOEXTEND_SIZE|UNION|CONNECTION"
    r"|(?:DATA|INDEX) DIRECTORY|WITH(?:OUT)? VALIDATION"
)
_SEVERAL = re.compile(r"ADD(?: COLUMN)? ?\((?P<inside>.*)\)", _FLAGS)
_UNENFORCED = re.compile(
    r" (?:CONSTRAINT (?:\S+ )?)?CHECK ?\([^()]*(?:\([^()]*\)[^()]*)*\) NOT ENFORCED\b", re.IGNORECASE
)
_IF_EXISTS = re.compile(r"^((?:MODIFY|CHANGE)(?: COLUMN)?|RENAME (?:COLUMN|INDEX|KEY)) IF EXISTS ", re.IGNORECASE)
_ONE_COLUMN = re.compile(r"(?:FIRST|AFTER `?[\w$]+`?|INVISIBLE|VISIBLE)$", re.IGNORECASE)


def altered(words: str, read_one: ReadOne) -> Read:
    """The operations of an ALTER TABLE; empty where it can't be taken apart.

    Args:
        words: the statement without comments.
        read_one: reads a statement by sqlglot.
    """
    try:
        change = table_change(pieces(words))
        if change is None:
            return ()
        schema, table = change.table
        each = (part for piece in change.actions for part in _columns_apart(piece))
        return tuple(one for piece in each for one in _action(piece, table, schema, read_one))
    except UnreadableError:
        return ()


def _columns_apart(piece: Piece) -> tuple[Piece, ...]:
    """``ADD (a int, KEY (a))`` as an action each."""
    listed = _SEVERAL.fullmatch(piece.text)
    if listed is None:
        return (piece,)
    return tuple(
        Piece(text=f"ADD {one.text}", words=f"ADD {one.words}") for one in pieces(listed["inside"]) if one.text
    )


def _action(piece: Piece, table: str, schema: str | None, read_one: ReadOne) -> Read:
    for pattern, action in _ACTIONS:
        if re.match(rf"(?:{pattern})(?![\w$])", piece.words, re.IGNORECASE):
            return action(piece, table, schema)
    where = f"`{schema}`.`{table}`" if schema else f"`{table}`"
    # Where a column stands and whether SELECT * shows it changes nothing for code that names its columns.
    text = _IF_EXISTS.sub(r"\1 ", _UNENFORCED.sub("", piece.text))
    while (end := _ONE_COLUMN.search(text)) is not None:
        text = text[: end.start()].rstrip()
    return read_one(f"ALTER TABLE {where} {plain_definition(text)}")


def _harmless(what: str) -> Action:
    return lambda piece, table, schema: (o.Harmless(what=what),)


def _option(piece: Piece, table: str, schema: str | None) -> Read:
    words = " ".join(piece.words.split()[:3]).lower()
    return (o.Act(kind=o.ActKind.TABLE_OPTION, table=table, schema=schema, other=words),)


def _drop_partition(piece: Piece, table: str, schema: str | None) -> Read:
    names = re.sub(r"^DROP PARTITION (?:IF EXISTS )?", "", piece.text, flags=re.IGNORECASE).split(",")
    kind = o.ActKind.DROP_PARTITION
    return tuple(o.Act(kind=kind, table=table, schema=schema, other=one.strip(" `")) for one in names)


def _truncate_partition(piece: Piece, table: str, schema: str | None) -> Read:
    return (o.Truncate(table=table, schema=schema),)


def _converted(piece: Piece, table: str, schema: str | None) -> Read:
    """CONVERT PARTITION ... TO TABLE (MariaDB): its rows are no longer those of the table."""
    name = name_after(piece.text, "CONVERT PARTITION")
    return (o.Act(kind=o.ActKind.DROP_PARTITION, table=table, schema=schema, other=name),)


def _exchange(piece: Piece, table: str, schema: str | None) -> Read:
    """Rows change places with those of a table of its own; CONVERT TABLE (MariaDB) takes that table in."""
    other = re.search(rf"\bTABLE {NAME}", piece.text, _FLAGS)
    name = name_after(piece.text, "EXCHANGE PARTITION")
    found = [o.Act(kind=o.ActKind.DROP_PARTITION, table=table, schema=schema, other=name)] if name else []
    if other is not None:
        held, name = split_name(other[1])
        found.append(o.Act(kind=o.ActKind.DROP_PARTITION, table=name, schema=held, other="(all of it)"))
    return tuple(found)


def _special_index(piece: Piece, table: str, schema: str | None) -> Read:
    kind = piece.words.split()[1].upper()
    name = name_after(piece.text, rf"ADD {kind}(?: INDEX| KEY)?")
    return (o.CreateIndex(table=table, schema=schema, name=name, columns=_columns(piece.text), kind=kind),)


def _index(piece: Piece, table: str, schema: str | None) -> Read:
    """ADD INDEX, also over an expression or with an algorithm of its own."""
    unique = piece.words.upper().startswith(("ADD UNIQUE", "ADD CONSTRAINT"))
    name = name_after(piece.text, rf"ADD (?:CONSTRAINT(?: {PART})? )?(?:UNIQUE )?(?:INDEX|KEY)(?: IF NOT EXISTS)?")
    columns = _columns(piece.text)
    return (o.CreateIndex(table=table, schema=schema, name=name, columns=columns, unique=unique),)


def _columns(text: str) -> tuple[str, ...]:
    """The names in the first parentheses; an expression stands as an empty name."""
    match = re.search(r"\((.*)\)", text, re.DOTALL)
    parts = pieces(match[1]) if match else ()
    return tuple(_key_part(one) for one in parts)


def _key_part(one: Piece) -> str:
    match = re.fullmatch(rf"({PART})(?: ?\(\d+\))?(?: (?:ASC|DESC))?", one.text, re.IGNORECASE)
    return split_name(match[1])[1] if match else ""


def _check(piece: Piece, table: str, schema: str | None) -> Read:
    enforced = not re.search(r"\bNOT ENFORCED$", piece.words, re.IGNORECASE)
    name = name_after(piece.text, r"(?:ADD|ALTER) (?:CONSTRAINT(?: IF NOT EXISTS)?|CHECK)")
    kind = o.ConstraintKind.CHECK
    return (
        o.AddConstraint(
            table=table, schema=schema, kind=kind, name="" if name.upper() == "CHECK" else name, enforced=enforced
        ),
    )


def _drop_named(kind: o.ConstraintKind) -> Action:
    def read(piece: Piece, table: str, schema: str | None) -> Read:
        name = name_after(piece.text, r"DROP (?:CHECK|CONSTRAINT|FOREIGN KEY)(?: IF EXISTS)?")
        return (o.DropConstraint(table=table, schema=schema, name=name, kind=kind),)

    return read


_ACTIONS: tuple[tuple[str, Action], ...] = (
    (r"DROP PARTITION", _drop_partition),
    (r"TRUNCATE PARTITION", _truncate_partition),
    (r"EXCHANGE PARTITION|CONVERT TABLE", _exchange),
    (r"CONVERT PARTITION", _converted),
    (r"ALTER(?: COLUMN)? \S+ SET (?:IN)?VISIBLE", _harmless("whether SELECT * shows a column")),
    (r"ALTER (?:INDEX|KEY)", _harmless("whether the optimizer sees an index")),
    (r"ALTER (?:CHECK|CONSTRAINT)", _check),
    (r"ADD (?:CONSTRAINT(?: IF NOT EXISTS)?(?: \S+)? )?CHECK", _check),
    (r"DROP CHECK", _drop_named(o.ConstraintKind.CHECK)),
    (r"DROP CONSTRAINT", _drop_named(o.ConstraintKind.UNKNOWN)),
    (r"ADD (?:FULLTEXT|SPATIAL|VECTOR(?= INDEX| KEY))", _special_index),
    (r"ADD (?:UNIQUE )?(?:INDEX|KEY)", _index),
    (_OPTIONS, _option),
)


def index_made(words: str) -> Read:
    """CREATE INDEX and DROP INDEX with what sqlglot doesn't know (FULLTEXT, LOCK=); empty for another statement."""
    try:
        change = index_change(pieces(words))
        columns = _columns(words)
    except UnreadableError:
        return ()
    if change is None:
        return ()
    schema, table = change.table
    if not change.creates:
        return (o.DropIndex(name=change.index, table=table, schema=schema),)
    kind = "" if change.kind == "UNIQUE" else change.kind
    return (
        o.CreateIndex(
            table=table,
            schema=schema,
            name=change.index,
            columns=columns,
            unique=change.kind == "UNIQUE",
            kind=kind,
        ),
    )


def created_with_partitions(words: str, read_one: ReadOne) -> Read:
    """CREATE TABLE ... PARTITION BY, whose partitions sqlglot doesn't know; empty for another statement."""
    if not re.match(r"CREATE (?:OR REPLACE )?(?:TEMPORARY )?TABLE\b", words, re.IGNORECASE):
        return ()
    behind = words.rfind(")", 0, _last_partition(words))
    if behind < 0:
        return ()
    found = read_one(plain_table(words[: _last_partition(words)]))
    return tuple(replace(one, partitioned=True) if isinstance(one, o.CreateTable) else one for one in found)


def _last_partition(words: str) -> int:
    found = _PARTITIONED.search(words)
    return found.start() if found is not None else 0
