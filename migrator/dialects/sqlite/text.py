"""SQL text of SQLite → operations: sqlglot, and the heads that it doesn't know."""

from __future__ import annotations

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


_HEADS: Mapping[str, Reader] = {
    rf"PRAGMA\s+{_TELLS}\b[^=]*": harmless("a query"),
    rf"REPLACE\s+INTO\s+{NAME}\b.*": rows(o.RowChange.REPLACE),
    rf"CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}\s+.*?\bON\s+{NAME}\b.*": trigger,
    r"(?:SAVEPOINT|RELEASE(?:\s+SAVEPOINT)?|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+\S+": harmless("a savepoint"),
    r"END(?:\s+TRANSACTION)?": control("COMMIT"),
    r"BEGIN\b.*": control("BEGIN"),
}
