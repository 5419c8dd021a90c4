"""``migrator status``."""

from __future__ import annotations

import json

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options, options_of
from migrator.cli.terminal import terminal_width
from migrator.model.exit_code import ExitCode
from migrator.report.documents import document
from migrator.report.services_text import service_rows
from migrator.report.status_text import status_text


@click.command("status", cls=TeachingCommand)
@global_options
@click.pass_context
def command(context: click.Context) -> int:
    """Show each change: its expand, data and contract, what blocks it, and the command that is due.

    Read-only; exits 0 unless it can't read.  The JSON holds everything a pipeline needs to decide.
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.status import status

    options = options_of(context)
    report = status(options.opening())
    if options.output.format == "json":
        content = {
            "database": report.database,
            "heads": report.heads,
            "trunk_pending": report.trunk_pending,
            "anchors_pending": report.anchors_pending,
            "ahead": report.ahead,
            "changes": report.changes,
            "forced": report.forced,
            "services": service_rows(report.services),
            "notes": report.notes,
            "next": report.next,
        }
        click.echo(json.dumps(document("status", ExitCode.DONE, **content), indent=2))
    else:
        click.echo(status_text(report, width=terminal_width()))
    return ExitCode.DONE
