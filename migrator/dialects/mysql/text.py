"""SQL text of MySQL and MariaDB → operations: sqlglot, and the heads that it doesn't know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from migrator.dialects.checking import ReadStatement
from migrator.dialects.mysql.text_alter import altered, created_with_partitions, index_made
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
    return tuple(with_view_columns(with_written_types(one)) for one in read_text(sql, "mysql", _heads))


def _heads(words: str) -> tuple[o.Operation, ...]:
    """By the table below; statements over tables action by action."""
    if re.match(r"ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\b", words, re.IGNORECASE):
        found = altered(words, _by_tree)
    else:
        found = created_with_partitions(words, _by_tree) or index_made(words)
    return found or read_head(words, _HEADS)


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
    schema, table = split_name(match[1])
    return (o.Act(kind=o.ActKind.TABLE_OPTION, table=table, schema=schema, other="optimize"),)


def _add_check(match: re.Match[str]) -> tuple[o.Operation, ...]:
    schema, table = split_name(match[1])
    return (o.AddConstraint(table=table, schema=schema, kind=o.ConstraintKind.CHECK),)


def _explained(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """EXPLAIN ANALYZE, which runs the query."""
    return _by_tree(match[1])


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


_DEFINED = r"DEFINER\s*=\s*\S+(?:\s*@\s*\S+)?\s+"
_DEFINER = f"(?:{_DEFINED})?"
_VIEW_OPTIONS = rf"(?:ALGORITHM\s*=\s*\w+\s+|{_DEFINED}|SQL\s+SECURITY\s+\w+\s+)*"
# A value that was written down, not asked for.
_VARIABLE = r"@\s*\w+\s*:?\s*=\s*(?:@@?[\w.]+|-?[\d.]+|NULL|'(?:[^'\\]|'')*')"
_REPLACES, _UNLESS = r"(?P<replaces>OR\s+REPLACE\s+)?", r"(?P<unless>IF\s+NOT\s+EXISTS\s+)?"
_NAMED = rf"(?P<name>{NAME})\b.*"
_HEADS: Mapping[str, Reader] = {
    r"RENAME\s+TABLES?\s+(.*)": _renames,
    rf"REPLACE\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?(?:INTO\s+)?{NAME}\b.*": rows(o.RowChange.REPLACE),
    rf"LOAD\s+(?:DATA|XML)\b.*\bINTO\s+TABLE\s+{NAME}\b.*": rows(o.RowChange.COPY),
    r"LOCK\s+TABLES?\s+(.*)": _locks,
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?{_DEFINER}TRIGGER\s+{NAME}\s+.*?\bON\s+{NAME}\s+FOR\b.*": trigger,
    rf"ALTER\s+TABLE\s+{NAME}\s+ADD\s+CHECK\s*\([^;]*\)": _add_check,
    r"(?:SAVEPOINT|RELEASE\s+SAVEPOINT|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+\S+": harmless("a savepoint"),
    r"(?:BEGIN|START\s+TRANSACTION)\b.*": control("BEGIN"),
    rf"(?:OPTIMIZE|REPAIR)\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\s+{NAME}.*": _rebuilt,
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
    r"CALL\b.*": runs("CALL"),
    r"(?:EXECUTE|PREPARE)\b.*": runs("a prepared statement"),
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?{_DEFINER}EVENT\b.*": runs("an event"),
}
