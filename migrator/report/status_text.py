"""``status`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.model.report import ChangeStatus, DataCell, RevisionCell, StatusReport
from migrator.report.services_text import services_line, unready_line
from migrator.report.table import table


def status_text(report: StatusReport, *, width: int | None) -> str:
    """A line a change, what blocks, and the next command."""
    lines = [f"{report.database.label}, at {', '.join(report.heads) or 'nothing'}"]
    if report.trunk_pending:
        lines.append(f"behind the trunk: {', '.join(report.trunk_pending)}")
    if report.changes:
        rows = [_row(one) for one in report.changes]
        lines.extend(["", table(("change", "expand", "data", "contract", "due"), rows, width=width), ""])
    else:
        lines.append("no change in these scripts yet")
    for change in report.changes:
        for gate in change.blocks:
            lines.append(f"{change.change}: contract closed: {gate.why}")
            lines.extend(f"  {unready_line(one)}" for one in gate.services)
    lines.extend(f"forced: {one}" for one in report.forced)
    lines.extend(f"note: {one}" for one in report.notes)
    lines.append(f"services: {services_line(report.services)}")
    lines.append(f"next: {report.next[0]}" if report.next else "next: nothing, all changes are done")
    return "\n".join(lines)


def _row(change: ChangeStatus) -> tuple[str, str, str, str, str]:
    return (
        change.change,
        _revisions(change.expand),
        ", ".join(_data(cell) for cell in change.data),
        _revisions(change.contract),
        "" if change.state == "done" else change.state,
    )


def _revisions(cells: Sequence[RevisionCell]) -> str:
    if not cells:
        return ""
    applied = sum(cell.applied for cell in cells)
    if any(cell.unfinished for cell in cells):
        return "unfinished"
    if applied == len(cells):
        return "applied"
    return "pending" if applied == 0 else f"{applied} of {len(cells)}"


def _data(cell: DataCell) -> str:
    text = cell.state
    if cell.waiting_for:
        text += f" for {', '.join(cell.waiting_for)}"
    if cell.commits_itself:
        text += " (at least once: it commits by itself)"
    if cell.waived:
        text += f" ({cell.waived} waived)"
    if cell.error_class:
        text += f" ({cell.error_class})"
    return text
