"""SQL text of MySQL and MariaDB → operations: sqlglot, and the heads that it doesn't know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from migrator.dialects.checking import ReadStatement
from migrator.dialects.mysql.text_alter import altered, created_with_partitions, index_made
from migrator.dialects.mysql.text_types import with_written_types
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
    return tuple(with_written_types(one) for one in read_text(sql, "mysql", _heads))


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


_HEADS: Mapping[str, Reader] = {
    r"RENAME\s+TABLES?\s+(.*)": _renames,
    rf"REPLACE\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?(?:INTO\s+)?{NAME}\b.*": rows(o.RowChange.REPLACE),
    rf"LOAD\s+(?:DATA|XML)\b.*\bINTO\s+TABLE\s+{NAME}\b.*": rows(o.RowChange.COPY),
    r"LOCK\s+TABLES?\s+(.*)": _locks,
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?TRIGGER\s+{NAME}\s+.*?\bON\s+{NAME}\s+FOR\b.*": trigger,
    rf"ALTER\s+TABLE\s+{NAME}\s+ADD\s+CHECK\s*\([^;]*\)": _add_check,
    r"(?:SAVEPOINT|RELEASE\s+SAVEPOINT|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+\S+": harmless("a savepoint"),
    r"(?:BEGIN|START\s+TRANSACTION)\b.*": control("BEGIN"),
    rf"(?:OPTIMIZE|REPAIR)\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\s+{NAME}.*": _rebuilt,
    rf"(?:ANALYZE|CHECK|CHECKSUM)\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\s+{NAME}.*": harmless(
        "a look at a table"
    ),
    r"GRANT\b.*": harmless("a grant"),
    r"CREATE\s+(?:USER|ROLE)\b.*": harmless("a new user or role"),
    r"SHOW\b.*": harmless("a query"),
    r"CALL\b.*": runs("CALL"),
    r"(?:EXECUTE|PREPARE)\b.*": runs("a prepared statement"),
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:PROCEDURE|FUNCTION|EVENT)\b.*": runs("a routine"),
}
