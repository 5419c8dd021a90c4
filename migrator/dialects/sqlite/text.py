"""SQL text of SQLite → operations: sqlglot, and the heads that it doesn't know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from migrator.dialects.checking import ReadStatement
from migrator.dialects.statement_heads import NAME, Reader, control, harmless, read_head, rows, trigger
from migrator.dialects.text_tree import read_text
from migrator.model import operation as o

# Pragmas that only tell; every other one sets something.
_TELLS = r"(?:table_(?:x?info|list)|index_(?:x?info|list)|foreign_key_(?:list|check)|integrity_check|quick_check)"


def read(sql: str) -> Sequence[ReadStatement]:
    """The statements of a text; see :meth:`CheckRules.read`."""
    return read_text(sql, "sqlite", lambda words: read_head(words, _HEADS))


def _table_with_options(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """STRICT and WITHOUT ROWID say how rows are kept, not what the columns are."""
    read_again = read_text(match["table"], "sqlite", lambda words: read_head(words, {}))
    return tuple(one for statement in read_again for one in statement.operations)


_OPTIONS = r"\s*(?:,?\s*(?:STRICT|WITHOUT\s+ROWID))+"
_HEADS: Mapping[str, Reader] = {
    rf"PRAGMA\s+{_TELLS}\b[^=]*": harmless("a query"),
    r"PRAGMA\s+(?:optimize|foreign_keys|journal_mode|user_version|busy_timeout)": harmless("a query"),
    r"PRAGMA\s+(?:user_version|busy_timeout)\s*=\s*\d+": harmless("a setting"),
    # It tells, and runs nothing, other than elsewhere.
    r"EXPLAIN\b.*": harmless("a query"),
    rf"(?P<table>CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TABLE\b.*\)){_OPTIONS}": _table_with_options,
    rf"REPLACE\s+INTO\s+{NAME}\b.*": rows(o.RowChange.REPLACE),
    rf"CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}\s+.*?\bON\s+{NAME}\b.*": trigger,
    r"(?:SAVEPOINT|RELEASE(?:\s+SAVEPOINT)?|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+\S+": harmless("a savepoint"),
    r"END(?:\s+TRANSACTION)?": control("COMMIT"),
    r"BEGIN\b.*": control("BEGIN"),
}
