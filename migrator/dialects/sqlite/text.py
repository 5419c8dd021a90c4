"""SQL text of SQLite → operations: sqlglot, and the heads that it doesn't know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrator.dialects.checking import ReadStatement
from migrator.dialects.statement_heads import NAME, Reader, control, harmless, read_head, rows, split_name, trigger
from migrator.dialects.text_tree import read_text
from migrator.model import operation as o

# Pragmas that only tell; every other one sets something.
_TELLS = (
    r"(?:\w+\s*\.\s*)?(?:table_(?:x?info|list)|index_(?:x?info|list)|foreign_key_(?:list|check)|integrity_check|quick_check"
    r"|(?:database|collation|function|module|pragma)_list|compile_options|page_count|freelist_count|data_version)"
)
_IN = r"(?:\w+\s*\.\s*)?"
# How much a connection keeps in memory, how long it waits, how often it tidies up: nothing that another one notices.
_OWN = (
    r"(?:user_version|application_id|busy_timeout|cache_size|cache_spill|temp_store|mmap_size|analysis_limit|threads"
    r"|soft_heap_limit|wal_autocheckpoint|journal_size_limit|defer_foreign_keys|query_only|cell_size_check)"
)


def read(sql: str) -> Sequence[ReadStatement]:
    """The statements of a text; see :meth:`CheckRules.read`."""
    found = read_text(sql, "sqlite", lambda words: read_head(words, _HEADS))
    return tuple(replace(one, operations=tuple(map(_of_session, one.operations))) for one in found)


def _of_session(operation: o.Operation) -> o.Operation:
    """What is done to a table of the schema temp is this connection's alone."""
    temporary = isinstance(operation, o.TableOperation) and (operation.schema or "").lower() == "temp"
    return o.Harmless(what="a table of the session") if temporary else operation


def _table_with_options(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """STRICT and WITHOUT ROWID say how rows are kept, not what the columns are."""
    # The parser has no type ANY; each value of such a column keeps its own.
    table = _ANY.sub(" BLOB", match["table"]) if "STRICT" in match["options"].upper() else match["table"]
    read_again = read_text(table, "sqlite", lambda words: read_head(words, {}))
    return tuple(one for statement in read_again for one in statement.operations)


def _virtual(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """Its module keeps the rows; it only reads the tables that its arguments name."""
    schema, table = split_name(match["name"])
    return (o.CreateTable(table=table, schema=schema, unless_exists=bool(match["unless"])),)


_ANY = re.compile(
    r"(?<=[\w\"`\]])\s+ANY(?=\s*(?:[,)]|(?:NOT|NULL|DEFAULT|UNIQUE|PRIMARY|CHECK|COLLATE|REFERENCES|CONSTRAINT)\b))",
    re.IGNORECASE,
)
_OPTIONS = r"(?:\s*,?\s*(?:STRICT|WITHOUT\s+ROWID))+"
_HEADS: Mapping[str, Reader] = {
    rf"PRAGMA\s+{_TELLS}\b[^=]*": harmless("a query"),
    rf"PRAGMA\s+{_IN}(?:optimize|foreign_keys|journal_mode|synchronous|page_size|auto_vacuum|{_OWN})": harmless(
        "a query"
    ),
    r"PRAGMA\s+(?:optimize\s*\(\s*\w+\s*\)|shrink_memory|wal_checkpoint(?:\s*\(\s*\w+\s*\))?)": harmless("a setting"),
    rf"PRAGMA\s+{_IN}{_OWN}\s*(?:=\s*-?\s*'?\w+'?|\(\s*-?\s*\w+\s*\))": harmless("a setting"),
    r"PRAGMA\s+foreign_keys\s*=\s*(?:1|ON|TRUE|YES)": harmless("a setting"),
    r"PRAGMA\s+synchronous\s*=\s*(?:1|2|3|NORMAL|FULL|EXTRA)": harmless("a setting"),
    r"PRAGMA\s+legacy_alter_table\s*=\s*(?:0|OFF|FALSE|NO)": harmless("a setting"),
    rf"CREATE\s+VIRTUAL\s+TABLE\s+(?P<unless>IF\s+NOT\s+EXISTS\s+)?(?P<name>{NAME})\s+USING\s+\w+\b.*": _virtual,
    # It tells, and runs nothing, other than elsewhere.
    r"EXPLAIN\b.*": harmless("a query"),
    rf"(?P<table>CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TABLE\b.*\))(?P<options>{_OPTIONS})": _table_with_options,
    rf"REPLACE\s+INTO\s+{NAME}\b.*": rows(o.RowChange.REPLACE),
    rf"CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}\s+.*?\bON\s+{NAME}\b.*": trigger,
    r"(?:SAVEPOINT|RELEASE(?:\s+SAVEPOINT)?|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+\S+": harmless("a savepoint"),
    r"END(?:\s+TRANSACTION)?": control("COMMIT"),
    r"BEGIN\b.*": control("BEGIN"),
}
