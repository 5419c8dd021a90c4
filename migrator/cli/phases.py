"""What ``expand``, ``contract`` and ``upgrade`` print at their end."""

from __future__ import annotations

import json

import click

from migrator.cli.options import Output
from migrator.model.report import PhaseReport
from migrator.report.documents import document, plain
from migrator.report.phase_text import planned_sql, planned_text, summary


def show(report: PhaseReport, output: Output, *, sql: bool = False, **more: object) -> int:
    """Print the report and return its exit code.

    Args:
        sql: print only the SQL of a dry run.
        more: further keys of the JSON document.
    """
    if output.format == "json":
        content = {
            "database": report.database,
            "applied": report.applied,
            "blocked": report.blocked,
            "planned": [{**plain(one), "statements": list(one.statements)} for one in report.planned],
            "pending": report.pending,
            "ahead": report.ahead,
            "dry_run": report.dry_run,
            "notes": report.notes,
            **more,
            "next": report.next,
        }
        click.echo(json.dumps(document(report.command, report.exit_code, **content), indent=2))
    elif sql:
        text = planned_sql(report)
        if text:
            click.echo(text)
    elif report.dry_run:
        click.echo(planned_text(report))
    else:
        click.echo(summary(report))
    return int(report.exit_code)
