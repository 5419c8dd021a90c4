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
    both = found.comparison
    if both is not None:
        kept = "" if both.must_be_equal else ", and may differ: on_conflict is ignore"
        have = f"{both.there:,} have a target row, {both.equal:,} an equal one{kept}"
        lines.append(f"{name}: of {both.source:,} source rows {have}")
    if after:
        mend = "" if rows else "mend those rows, then "
        lines.append(f"next: {mend}{'  or  '.join(after)}")
    return "\n".join(lines)
