"""``data verify`` for people."""

from __future__ import annotations

from migrator.model.verification import Verification


def verify_text(found: Verification) -> str:
    """A line for each question that was asked."""
    name, rows = found.name, found.remaining
    lines = [f"{name}: its predicate finds {rows:,} rows now" if rows else f"{name}: its predicate finds no row"]
    if found.breaking is not None:
        lines.append(
            f"{name}: its invariant finds {found.breaking:,} rows" if found.breaking else f"{name}: its invariant holds"
        )
    both = found.comparison
    if both is not None:
        kept = "" if both.must_be_equal else ", and may differ: on_conflict is ignore"
        have = f"{both.there:,} have a target row, {both.equal:,} an equal one{kept}"
        lines.append(f"{name}: of {both.source:,} source rows {have}")
    return "\n".join(lines)
