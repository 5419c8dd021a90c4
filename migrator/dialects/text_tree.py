"""SQL text → operations through sqlglot, for dialects without a grammar of their own to ask.

What sqlglot keeps as a bare command goes to the dialect's table of statement heads; what neither knows is unread.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from migrator.dialects.checking import ReadStatement
from migrator.dialects.harmless import HARMLESS_SETTINGS, PURE_FUNCTIONS, without_parser
from migrator.model import operation as o

if TYPE_CHECKING:
    from sqlglot import exp

_QUOTED = re.compile(r"""\w*['"]""")
_TELLTALE = re.compile(r";|--|#|/\*")
_UNKNOWN = "\0"
Read = tuple[o.Operation, ...]
Heads = Callable[[str], Read]
_LOGGER = logging.getLogger("sqlglot")
_QUERIES = ("Select", "Union", "Intersect", "Except", "Subquery", "Show", "Describe")
_CHANGES = {
    "Insert": o.RowChange.INSERT,
    "Update": o.RowChange.UPDATE,
    "Delete": o.RowChange.DELETE,
    "Merge": o.RowChange.MERGE,
}
_OBJECTS = {
    "VIEW": o.ObjectKind.VIEW,
    "TRIGGER": o.ObjectKind.TRIGGER,
    "SEQUENCE": o.ObjectKind.SEQUENCE,
    "PROCEDURE": o.ObjectKind.ROUTINE,
    "FUNCTION": o.ObjectKind.ROUTINE,
    "DATABASE": o.ObjectKind.DATABASE,
    "SCHEMA": o.ObjectKind.DATABASE,
}


def unread(why: str) -> Read:
    """One operation that nobody could read."""
    return (o.Unread(why=why),)


def read_text(sql: str, dialect: str, heads: Heads) -> Sequence[ReadStatement]:
    """The statements of a text.

    Args:
        dialect: sqlglot's name of it.
        heads: reads a statement that sqlglot left as a command; given without comments, on one line.
    """
    try:
        import sqlglot
    except ImportError:
        return (ReadStatement(sql=sql, operations=without_parser("sqlglot")),)
    if "/*!" in sql or "/*M!" in sql:
        return (ReadStatement(sql=sql, operations=unread("the server runs what stands in /*! ... */ comments")),)
    try:
        pieces = list(_split(sqlglot, sql, dialect))
    except sqlglot.errors.SqlglotError:
        return (ReadStatement(sql=sql, operations=unread("its words can't be told apart")),)
    return tuple(_statement(sqlglot, text, words, dialect, heads) for text, words in pieces)


def _split(sqlglot: Any, sql: str, dialect: str) -> Iterator[tuple[str, str]]:
    """(text, words without comments) of each statement, by the dialect's own tokens.

    The words are empty where they aren't known: sqlglot takes the rest of a statement that begins with a command's
    word as one token, and what looks like the end of a statement or a comment in it may be one.
    """
    words: list[str] = []
    start = end = 0
    for token in sqlglot.tokenize(sql, read=dialect):
        if token.token_type.name == "SEMICOLON":
            if words:
                yield sql[start:end], _joined(words)
            words = []
            continue
        if not words:
            start = token.start
        end = token.end + 1
        written = sql[token.start : end]
        is_rest = len(words) == 1 and token.token_type.name == "STRING" and not _QUOTED.match(written)
        words.append((_UNKNOWN if _TELLTALE.search(token.text) else token.text) if is_rest else written)
    if words:
        yield sql[start:end], _joined(words)


def _joined(words: list[str]) -> str:
    return "" if _UNKNOWN in words else " ".join(words)


def _statement(sqlglot: Any, text: str, words: str, dialect: str, heads: Heads) -> ReadStatement:
    with _quiet():
        try:
            tree = sqlglot.parse_one(text, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
        except (sqlglot.errors.SqlglotError, RecursionError, TypeError, AttributeError):
            tree = None  # of its own: TypeError for DEFAULT before a word that it has a parser for, another for "( . ["
    kind = type(tree).__name__
    known = kind in _READERS or kind in _QUERIES
    operations = _operations(tree) if tree is not None and known else heads(words)
    if any(isinstance(one, o.Unread) for one in operations) and known:
        operations = _better(heads(words), operations)
    reads = kind in _QUERIES and all(isinstance(one, o.Harmless) for one in operations)
    return ReadStatement(sql=text, operations=operations, reads=reads or _reads(operations))


def _reads(operations: Read) -> bool:
    return bool(operations) and all(isinstance(one, o.Harmless) and one.what == "a query" for one in operations)


def _better(by_head: Read, by_tree: Read) -> Read:
    return by_tree if any(isinstance(one, o.Unread) for one in by_head) else by_head


@contextmanager
def _quiet() -> Iterator[None]:
    """sqlglot warns of each statement that it keeps as a command; the finding says it."""
    before, _LOGGER.disabled = _LOGGER.disabled, True
    try:
        yield
    finally:
        _LOGGER.disabled = before


def _operations(tree: exp.Expression) -> Read:
    kind = type(tree).__name__
    if kind in _QUERIES:
        return _query(tree)
    return (*_READERS[kind](tree), *_hidden_rows(tree))


def _hidden_rows(tree: Any) -> Read:
    """Changes of rows in WITH clauses."""
    return tuple(
        one for node in tree.walk() if node is not tree and type(node).__name__ in _CHANGES for one in _rows(node)
    )


def _query(tree: Any) -> Read:
    if type(tree).__name__ == "Describe" and type(tree.this).__name__ != "Table":
        return unread("EXPLAIN may run what it explains")
    hidden = _hidden_rows(tree)
    if hidden:
        return hidden
    for node in tree.walk():
        kind = type(node).__name__
        if kind == "Anonymous" and str(node.this).lower() not in PURE_FUNCTIONS:
            return unread(f"the function {node.this}() that it calls may change anything")
        if kind == "Into":
            return unread("SELECT ... INTO writes")
    return (o.Harmless(what="a query"),)


# -- names -------------------------------------------------------------------------------------------------------------


def _table(node: Any) -> tuple[str | None, str]:
    """(schema or None, name) of a table, or of anything that has one inside."""
    while type(node).__name__ not in ("Table", "Identifier", "Column", "NoneType"):
        node = node.this
    if node is None:
        return None, ""
    return (node.args["db"].name if node.args.get("db") else None, node.name)


def _names(nodes: Any) -> tuple[str, ...]:
    """Column names; an expression gives an empty name."""
    plain = ("Column", "Identifier", "Ordered", "ColumnPrefix")
    return tuple(node.name if type(node).__name__ in plain else "" for node in nodes or ())


_UNSIGNED = re.compile(r"U((?:TINY|SMALL|MEDIUM|BIG)?INT|DECIMAL|DOUBLE)\b(\([^)]*\))?")


def _type(node: Any) -> str:
    """The type in upper case; what stands in quotes stays as it is."""
    if node is None:
        return ""
    text = re.sub(r"'(?:[^']|'')*'|[^']+", lambda part: part[0] if part[0][0] == "'" else part[0].upper(), node.sql())
    return _UNSIGNED.sub(lambda part: f"{part[1]}{part[2] or ''} UNSIGNED", text)


# -- statements --------------------------------------------------------------------------------------------------------


def _rows(tree: Any) -> Read:
    """One change for each table that a statement over several may touch."""
    change = _CHANGES[type(tree).__name__]
    if tree.args.get("alternative") == "REPLACE":
        change = o.RowChange.REPLACE
    tables = [tree.this, *(tree.args.get("tables") or ())]
    if change is not o.RowChange.INSERT:
        tables += [join.this for join in (tree.this.args.get("joins") or ()) if tree.this is not None]
    bounded = bool(tree.args.get("where") or tree.args.get("limit"))
    named = dict.fromkeys(_table(one) for one in tables if one is not None)
    return tuple(o.ChangeRows(table=name, schema=schema, change=change, bounded=bounded) for schema, name in named)


def _create(tree: Any) -> Read:
    kind = str(tree.args.get("kind") or "").upper()
    replaces, unless = bool(tree.args.get("replace")), bool(tree.args.get("exists"))
    if kind == "INDEX":
        index = tree.this
        schema, table = _table(index.args.get("table"))
        parameters = index.args.get("params")
        columns = _names(parameters.args.get("columns") if parameters else ())
        unique = bool(tree.args.get("unique"))
        return (
            o.CreateIndex(
                table=table, schema=schema, name=index.name, columns=columns, unique=unique, unless_exists=unless
            ),
        )
    schema, name = _table(tree.this)
    if kind == "TABLE":
        definitions = tree.this.expressions if type(tree.this).__name__ == "Schema" else ()
        return (_table_made(tree, name, schema, definitions),)
    if kind not in ("VIEW", "SEQUENCE"):
        return unread(f"CREATE {kind} is not among the statements that this check knows")
    return (o.CreateObject(kind=_OBJECTS[kind], name=name, schema=schema, replaces=replaces or unless),)


def _table_made(tree: Any, table: str, schema: str | None, definitions: Any) -> o.CreateTable:
    from migrator.dialects.text_tree_alter import constraints_in

    parts = [one for node in definitions for one in constraints_in(node, table, schema)]
    like = tree.find(_like())
    properties = tree.args.get("properties")
    return o.CreateTable(
        table=table,
        schema=schema,
        columns=tuple(_column(one) for one in definitions if type(one).__name__ == "ColumnDef"),
        unless_exists=bool(tree.args.get("exists")),
        replaces=bool(tree.args.get("replace")),
        constraints=tuple(one for one in parts if isinstance(one, o.AddConstraint)),
        indexes=tuple(one for one in parts if isinstance(one, o.CreateIndex)),
        like=_table(like) if like is not None else None,
        like_indexes=like is not None,
        options=_words_of(properties) if properties is not None else "",
    )


def _like() -> Any:
    from sqlglot import exp

    return exp.LikeProperty


def _words_of(properties: Any) -> str:
    """``engine=innodb charset=utf8mb4``: what the planner may ask for."""
    names = {"EngineProperty": "engine", "CharacterSetProperty": "charset", "RowFormatProperty": "row_format"}
    kept = [(names.get(type(one).__name__), one) for one in properties.expressions]
    return " ".join(f"{name}={one.this.name.lower()}" for name, one in kept if name and one.this is not None)


def _column(node: Any) -> o.ColumnSpec:
    kinds = _constraint_kinds(node)
    if _defaults_to_null(node):
        kinds.discard("DefaultColumnConstraint")
    text = _type(node.args.get("kind"))
    not_null = any(
        type(one.kind).__name__ == "NotNullColumnConstraint" and not one.kind.args.get("allow_null")
        for one in _constraints_of(node)
    )
    filling = ("Default", "AutoIncrement", "GeneratedAsIdentity", "Computed", "GeneratedAsRow")
    filled = {f"{one}ColumnConstraint" for one in filling}
    return o.ColumnSpec(
        name=node.name,
        type=text,
        nullable=not (not_null or "PrimaryKeyColumnConstraint" in kinds),
        fills_itself=bool(kinds & filled) or text == "SERIAL",
        charset=_charset(node),
        default="set" if "DefaultColumnConstraint" in kinds else "",
        generated=_generated(node)[0],
        computed=_generated(node)[1],
    )


def _defaults_to_null(node: Any) -> bool:
    defaults = [one.kind for one in _constraints_of(node) if "Default" in type(one.kind).__name__]
    return any(type(one.this).__name__ == "Null" for one in defaults)


def _charset(node: Any) -> str:
    """The column's own character set, in lower case; a collation's name begins with its."""
    for one in _constraints_of(node):
        if type(one.kind).__name__ == "CharacterSetColumnConstraint":
            return str(one.kind.this.name).lower()
    for one in _constraints_of(node):
        if type(one.kind).__name__ == "CollateColumnConstraint":
            return str(one.kind.this.name).lower().split("_")[0]
    return ""


def _generated(node: Any) -> tuple[str, str]:
    """How a generated column is kept, and its expression: names in backticks, which tell them from literals."""
    for one in _constraints_of(node):
        if type(one.kind).__name__ == "ComputedColumnConstraint":
            kept = "stored" if one.kind.args.get("persisted") else "virtual"
            return kept, str(one.kind.this.sql(dialect="mysql"))
    return "", ""


def _constraints_of(node: Any) -> list[Any]:
    """Those of a column; what sqlglot takes for something else (``IN``) has no kind, see :func:`is_odd`."""
    return [one for one in node.args.get("constraints") or () if type(one).__name__ == "ColumnConstraint"]


def is_odd(node: Any) -> bool:
    """Whether a column's definition holds words that aren't of one."""
    return len(_constraints_of(node)) < len(node.args.get("constraints") or ())


def _constraint_kinds(node: Any) -> set[str]:
    return {type(one.kind).__name__ for one in _constraints_of(node)}


def _drop(tree: Any) -> Read:
    kind = str(tree.args.get("kind") or "").upper()
    found: list[o.Operation] = []
    missing_ok = bool(tree.args.get("exists"))
    for one in tree.args.get("tables") or [tree.this]:
        schema, name = _table(one)
        if kind == "TABLE":
            found.append(o.DropTable(table=name, schema=schema, if_exists=missing_ok))
        elif kind == "INDEX":
            on = tree.args.get("cluster")
            held, table = _table(on.this) if on is not None else (schema, "")
            found.append(o.DropIndex(name=name, table=table, schema=held, if_exists=missing_ok))
        elif kind in _OBJECTS:
            found.append(o.DropObject(kind=_OBJECTS[kind], name=name, schema=schema, if_exists=missing_ok))
        else:
            found.extend(unread(f"DROP {kind} is not among the statements that this check knows"))
    return tuple(found)


def _set(tree: Any) -> Read:
    found: list[o.Operation] = []
    for item in tree.expressions:
        if item.args.get("kind") == "NAMES":
            found.append(o.Harmless(what="the setting names"))
            continue
        pair = item.this
        left = pair.this if pair is not None and pair.args.get("expression") is not None else pair
        name = str(left.name if left is not None else "").lower()
        if item.args.get("kind") not in (None, "", "SESSION", "LOCAL") or name not in HARMLESS_SETTINGS:
            found.extend(unread(f"SET {name} changes what the statements after it mean"))
        elif name == "lock_wait_timeout":
            value = "" if pair is None or pair is left else pair.expression.name
            found.append(o.LockTimeout(what=f"the setting {name}", seconds=float(value) if value.isdigit() else None))
        else:
            found.append(o.Harmless(what=f"the setting {name}"))
    return tuple(found) or unread("this SET is not known here")


def _truncate(tree: Any) -> Read:
    return tuple(o.Truncate(table=name, schema=schema) for schema, name in map(_table, tree.expressions))


def _revoke(tree: Any) -> Read:
    schema, table = _table(tree.args.get("securable"))
    return (o.Revoke(what=f"table {table}", table=table, schema=schema),)


def _alter(tree: Any) -> Read:
    from migrator.dialects.text_tree_alter import altered

    return altered(tree)


def _transaction(verb: str) -> Callable[[Any], Read]:
    return lambda tree: (o.TransactionControl(verb=verb),)


_READERS: dict[str, Callable[[Any], Read]] = {
    "Alter": _alter,
    "Analyze": lambda tree: (o.Harmless(what="ANALYZE"),),
    "Commit": _transaction("COMMIT"),
    "Create": _create,
    "Delete": _rows,
    "Drop": _drop,
    "Grant": lambda tree: (o.Harmless(what="a grant"),),
    "Insert": _rows,
    "Merge": _rows,
    "Revoke": _revoke,
    "Rollback": _transaction("ROLLBACK"),
    "Set": _set,
    "Transaction": _transaction("BEGIN"),
    "TruncateTable": _truncate,
    "Update": _rows,
}

column_spec, table_name, column_names, constraint_kinds = _column, _table, _names, _constraint_kinds
