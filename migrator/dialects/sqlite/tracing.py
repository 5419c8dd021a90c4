"""``check --trace`` on SQLite: refused."""

from __future__ import annotations

from migrator.dialects.tracing import TraceRules
from migrator.errors import UsageError


def trace_rules(name: str) -> TraceRules:
    """Nothing: a writer of SQLite locks the whole file, whatever its statement.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        "SQLite has nothing to trace: each change of the schema locks the whole file against all other writers",
        remedy="leave --trace out:  migrator check --dialect sqlite",
    )
