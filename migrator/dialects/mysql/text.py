"""SQL text of MySQL and MariaDB → operations: sqlglot, and the heads that it doesn't know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.dialects.checking import ReadStatement
from migrator.dialects.mysql.text_alter import altered, created_with_partitions, index_made
from migrator.dialects.mysql.text_definitions import plain_table
from migrator.dialects.mysql.text_locked_rows import with_locked_rows
from migrator.dialects.mysql.text_routines import on_one_line, statements
from migrator.dialects.mysql.text_settings import settings
from migrator.dialects.mysql.text_types import with_written_types
from migrator.dialects.mysql.text_views import with_view_columns
from migrator.dialects.statement_heads import (
    NAME,
    Reader,
    control,
    harmless,
    read_head,
    rows,
    runs,
    split_name,
    trigger,
)
from migrator.dialects.text_tree import read_text
from migrator.model import operation as o


def read(sql: str) -> Sequence[ReadStatement]:
    """The statements of a text; see :meth:`CheckRules.read`."""
    return tuple(_finished(one) for text, routine in statements(sql) for one in _read(text, routine=routine))


def _read(text: str, *, routine: bool) -> Sequence[ReadStatement]:
    # The parser's tokens lose the quotes around what is prepared.
    if not routine and not _PREPARED.fullmatch(text):
        return read_text(text, "mysql", _heads)
    return (ReadStatement(sql=text, operations=read_head(on_one_line(text), _HEADS)),)


def _finished(statement: ReadStatement) -> ReadStatement:
    return with_locked_rows(with_view_columns(with_written_types(_begins_anew(_if_there(statement)))))


def _if_there(statement: ReadStatement) -> ReadStatement:
    """ALTER TABLE IF EXISTS (MariaDB)."""
    if not _IF_EXISTS.match(statement.sql):
        return statement
    found = (
        replace(one, only_if_there=True) if isinstance(one, o.TableOperation) else one for one in statement.operations
    )
    return replace(statement, operations=tuple(found))


def _begins_anew(statement: ReadStatement) -> ReadStatement:
    """CREATE OR REPLACE SEQUENCE (MariaDB) gives the numbers again that it gave before."""
    match = _SEQUENCE_ANEW.match(statement.sql)
    if match is None:
        return statement
    schema, name = split_name(match[1])
    again = o.Act(kind=o.ActKind.RESTART_SEQUENCE, table=name, schema=schema)
    return replace(statement, operations=(again, *statement.operations))


def _heads(words: str) -> tuple[o.Operation, ...]:
    """By the table below; statements over tables action by action."""
    if re.match(r"ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\b", words, re.IGNORECASE):
        found = altered(words, _by_tree)
    else:
        found = created_with_partitions(words, _by_tree) or index_made(words) or settings(words)
    return found or _plain_table(words) or read_head(words, _HEADS)


def _plain_table(words: str) -> tuple[o.Operation, ...]:
    plain = plain_table(words)
    found = () if plain == words else _by_tree(plain)
    return () if any(isinstance(one, o.Unread) for one in found) else found


def _by_tree(sql: str) -> tuple[o.Operation, ...]:
    """By sqlglot alone."""
    read = read_text(sql, "mysql", lambda words: read_head(words, {}))
    return tuple(one for statement in read for one in statement.operations)


def _renames(match: re.Match[str]) -> tuple[o.Operation, ...]:
    found = []
    for one in re.finditer(rf"{NAME}\s+TO\s+{NAME}", match[1], re.IGNORECASE):
        (schema, table), (new_schema, new) = split_name(one[1]), split_name(one[2])
        found.append(o.RenameTable(table=table, schema=schema, new_name=new, new_schema=new_schema))
    return tuple(found) or (o.Unread(why="this RENAME TABLE is not known here"),)


def _locks(match: re.Match[str]) -> tuple[o.Operation, ...]:
    found = re.findall(rf"{NAME}\s+(?:AS\s+\S+\s+)?(?:READ|WRITE)", match[1], re.IGNORECASE)
    names = [split_name(name) for name in found]
    return tuple(o.LockTable(table=table, schema=schema) for schema, table in names) or (
        o.Unread(why="this LOCK TABLES is not known here"),
    )


def _rebuilt(match: re.Match[str]) -> tuple[o.Operation, ...]:
    named = [split_name(one) for one in re.findall(NAME, match["names"])]
    return tuple(
        o.Act(kind=o.ActKind.TABLE_OPTION, table=table, schema=schema, other="optimize") for schema, table in named
    )


def _add_check(match: re.Match[str]) -> tuple[o.Operation, ...]:
    schema, table = split_name(match[1])
    return (o.AddConstraint(table=table, schema=schema, kind=o.ConstraintKind.CHECK),)


def _sequence(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """ALTER SEQUENCE (MariaDB): where it begins anew, it gives numbers again."""
    schema, name = split_name(match["name"])
    if re.search(r"\bRESTART\b(?!\s+(?:WITH\s+)?=?\s*-?\d)", match["rest"], re.IGNORECASE):
        return (o.Act(kind=o.ActKind.RESTART_SEQUENCE, table=name, schema=schema),)
    return (o.Harmless(what="how a sequence goes on"),)


def _into_variables(match: re.Match[str]) -> tuple[o.Operation, ...]:
    return _by_tree(f"{match['query']} {match['rest']}")


def _dropped_tables(match: re.Match[str]) -> tuple[o.Operation, ...]:
    return _by_tree(f"DROP TABLE {match[1]}")


def _explained(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """EXPLAIN ANALYZE, which runs the query."""
    return _by_tree(match[1])


def _event(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """It runs later, beside running code: what changes rows may do so each time."""
    body = re.match(rf"(?:{_STRING}|[^'])*?\bDO\s+(?P<body>.*)", match["when"], re.IGNORECASE | re.DOTALL)
    if body is None:
        quiet = re.search(r"\bDO\b", match["when"], re.IGNORECASE) is None
    else:
        found = _by_tree(body["body"])
        quiet = bool(found) and all(isinstance(one, o.Harmless) for one in found)
    return (o.Harmless(what="an event"),) if quiet else runs("an event")(match)


def _view(match: re.Match[str]) -> tuple[o.Operation, ...]:
    return _object(o.ObjectKind.VIEW, match)


def _routine(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """A new one runs nothing; who calls it is unread (CALL)."""
    return _object(o.ObjectKind.ROUTINE, match)


def _object(kind: o.ObjectKind, match: re.Match[str]) -> tuple[o.Operation, ...]:
    schema, name = split_name(match["name"])
    known = match.groupdict()
    replaces = "replaces" not in known or bool(known["replaces"] or known.get("unless"))
    return (o.CreateObject(kind=kind, name=name, schema=schema, replaces=replaces),)


_PREPARED = re.compile(
    r"\s*PREPARE\s+\S+\s+FROM\s*(?:'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|@[\w`]+)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_STRING = r"'(?:[^'\\]|\\.|'')*'"
_DEFINED = r"DEFINER\s*=\s*\S+(?:\s*@\s*\S+)?\s+"
_DEFINER = f"(?:{_DEFINED})?"
_VIEW_OPTIONS = rf"(?:ALGORITHM\s*=\s*\w+\s+|{_DEFINED}|SQL\s+SECURITY\s+\w+\s+)*"
# A value that was written down, not asked for.
_VARIABLE = r"@\s*\w+\s*:?\s*=\s*(?:@@?[\w.]+|-?[\d.]+|NULL|'(?:[^'\\]|'')*')"
_REPLACES, _UNLESS = r"(?P<replaces>OR\s+REPLACE\s+)?", r"(?P<unless>IF\s+NOT\s+EXISTS\s+)?"
_IF_EXISTS = re.compile(r"\s*ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+IF\s+EXISTS\b", re.IGNORECASE)
_SEQUENCE_ANEW = re.compile(rf"\s*CREATE\s+OR\s+REPLACE\s+SEQUENCE\s+{NAME}", re.IGNORECASE)
_VARIABLES = r"@\s*[\w.`]+(?:\s*,\s*@\s*[\w.`]+)*"
_CHARACTERS = r"\s+(?:DEFAULT\s+)?(?:CHARACTER\s+SET|CHARSET|COLLATE)\s*=?\s*\w+"
_SEQUENCE_OPTIONS = (
    r"\s+(?:NO\s*CACHE|CACHE\s*=?\s*\d+|INCREMENT\s+(?:BY\s+)?=?\s*-?\d+|NO\s+M(?:IN|AX)VALUE|NOM(?:IN|AX)VALUE|NO\s*CYCLE"
    r"|RESTART(?:\s+(?:WITH\s+)?=?\s*-?\d+)?)"
)
_NAMED = rf"(?P<name>{NAME})(?![\w$]).*"
_HEADS: Mapping[str, Reader] = {
    r"RENAME\s+TABLES?\s+(.*)": _renames,
    rf"REPLACE\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?(?:INTO\s+)?{NAME}\b.*": rows(o.RowChange.REPLACE),
    rf"LOAD\s+(?:DATA|XML)\b.*\bINTO\s+TABLE\s+{NAME}\b.*": rows(o.RowChange.COPY),
    r"LOCK\s+TABLES?\s+(.*)": _locks,
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?{_DEFINER}TRIGGER\s+{NAME}\s+.*?\bON\s+{NAME}\s+FOR\b.*": trigger,
    rf"ALTER\s+TABLE\s+{NAME}\s+ADD\s+CHECK\s*\([^;]*\)": _add_check,
    r"(?:SAVEPOINT|RELEASE\s+SAVEPOINT|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+\S+": harmless("a savepoint"),
    r"(?:BEGIN|START\s+TRANSACTION)\b.*": control("BEGIN"),
    rf"(?:OPTIMIZE|REPAIR)\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\s+(?P<names>{NAME}(?:\s*,\s*{NAME})*)"
    r"(?:\s+(?:QUICK|EXTENDED|USE_FRM|FORCE|WAIT\s+\d+|NOWAIT))*": _rebuilt,
    rf"(?:ANALYZE|CHECK|CHECKSUM)\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\s+{NAME}.*": harmless(
        "a look at a table"
    ),
    r"GRANT\b.*": harmless("a grant"),
    r"CREATE\s+(?:USER|ROLE)\b.*": harmless("a new user or role"),
    r"(?:SHOW|HELP|DESCRIBE|DESC)\b.*": harmless("a query"),
    # Only ANALYZE runs what it explains.
    r"EXPLAIN\s+(?!ANALYZE\b).*": harmless("a query"),
    r"EXPLAIN\s+ANALYZE\s+(?:FORMAT\s*=\s*\S+\s+)?(?=SELECT\b|TABLE\b)(.*)": _explained,
    r"SET\s+(?:CHARACTER\s+SET|CHARSET)\s+\S+": harmless("the setting names"),
    r"SET\s+(?:SESSION\s+)?TRANSACTION\b[^,;=]*": harmless("the isolation of transactions"),
    rf"SET\s+{_VARIABLE}(?:\s*,\s*{_VARIABLE})*": harmless("a variable of the session"),
    r"UNLOCK\s+TABLES?": harmless("the end of a lock"),
    r"DO\s+[-+\d\s.]+": harmless("a query"),
    rf"CREATE\s+{_REPLACES}{_VIEW_OPTIONS}VIEW\s+{_UNLESS}{_NAMED}": _view,
    rf"ALTER\s+{_VIEW_OPTIONS}VIEW\s+{_NAMED}": _view,
    rf"CREATE\s+{_REPLACES}{_VIEW_OPTIONS}(?:AGGREGATE\s+)?(?:PROCEDURE|FUNCTION)\s+{_UNLESS}{_NAMED}": _routine,
    rf"ALTER\s+SEQUENCE\s+(?:IF\s+EXISTS\s+)?(?P<name>{NAME})(?P<rest>(?:{_SEQUENCE_OPTIONS})+)": _sequence,
    rf"SELECT\s+(?:NEXT\s+VALUE\s+FOR\s+{NAME}|(?:NEXTVAL|LASTVAL)\s*\(\s*{NAME}\s*\))": harmless("a query"),
    rf"(?P<query>SELECT\b.*?)\s+INTO\s+{_VARIABLES}(?P<rest>(?:\s+FROM\b.*)?)": _into_variables,
    r"DROP\s+TABLES\s+(.*)": _dropped_tables,
    rf"ALTER\s+(?:DATABASE|SCHEMA)(?:\s+(?!DEFAULT\b|CHAR|COLLATE\b){NAME})?(?:{_CHARACTERS})+": harmless(
        "how the characters of new tables are kept"
    ),
    rf"CREATE\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}(?:{_CHARACTERS})*": harmless("a new database"),
    r"FLUSH\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?PRIVILEGES": harmless("a look at the grants"),
    r"(?:DEALLOCATE|DROP)\s+PREPARE\s+\S+": harmless("the end of a prepared statement"),
    r"CALL\b.*": runs("CALL"),
    # Nothing happens before it is executed.
    _PREPARED.pattern: harmless("the text of a prepared statement"),
    r"EXECUTE\b.*": runs("a prepared statement"),
    rf"(?:ALTER|CREATE)\s+(?:OR\s+REPLACE\s+)?{_DEFINER}EVENT\s+{_UNLESS}{NAME}\s+(?P<when>.*)": _event,
    rf"DROP\s+EVENT\s+(?:IF\s+EXISTS\s+)?{NAME}": harmless("the end of an event"),
    r"SET\s+(?:DEFAULT\s+)?ROLE\b.*": harmless("the role of a user"),
}
