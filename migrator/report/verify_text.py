"""``data verify`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.model.verification import Verification


def verify_text(found: Verification, after: Sequence[str]) -> str:
    """A line for each question that was asked, and the next command."""
    name, rows = found.name, found.remaining
    lines = [f"{name}: its predicate finds {rows:,} rows now" if rows else f"{name}: its predicate finds no row"]
    if found.waived:
        lines.append(f"{name}: {found.waived:,} {'row' if found.waived == 1 else 'rows'} more are waived")
    if found.breaking is not None:
        lines.append(
            f"{name}: its invariant finds {found.breaking:,} rows" if found.breaking else f"{name}: its invariant holds"
        )
    if found.comparison is not None:
        lines.append(f"{name}: {found.comparison.told}")
    if after:
        mend = "" if rows else "mend those rows, then "
        lines.append(f"next: {mend}{'  or  '.join(after)}")
    return "\n".join(lines)
