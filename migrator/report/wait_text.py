"""``wait`` for people."""

from __future__ import annotations

from migrator.model.waiting import WaitReport


def wait_text(report: WaitReport) -> str:
    """Reached or not, what is missing, and the next command."""
    seconds = f"{report.waited.total_seconds():.1f} s"
    lines = []
    if report.missing:
        lines.append(f"{report.database.label}: not {_NAMES[report.goal]} after {seconds}")
        lines.extend(f"missing: {one}" for one in report.missing)
    else:
        lines.append(f"{report.database.label}: {_NAMES[report.goal]}, after {seconds}")
    lines.extend(f"note: {one}" for one in report.notes)
    lines.extend(f"next: {one}" for one in report.next)
    return "\n".join(lines)


_NAMES = {"expanded": "expanded", "data": "all data migrations done", "contracted": "contracted"}
