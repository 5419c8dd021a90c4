"""``migrator ledger``."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options, options_of, wait_option
from migrator.cli.speaking import Speaker
from migrator.cli.terminal import terminal_width
from migrator.model.exit_code import ExitCode
from migrator.report.documents import document
from migrator.report.ledger_text import ledger_text, sync_text


@click.command("ledger", cls=TeachingCommand)
@click.argument("action", required=False, type=click.Choice(["show", "sync"]), default="show")
@wait_option
@global_options
@click.pass_context
def command(context: click.Context, action: str, wait: timedelta | None) -> int:
    """Show what was done to this database: which revision, when, by whom, of which release.

    \b
    migrator ledger         read-only
    migrator ledger sync    record what plain Alembic applied or stamped past migrator; the version table is the
                            truth and is never changed
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.ledger import ledger, ledger_sync

    options = options_of(context)
    opening, as_json = options.opening(), options.output.format == "json"
    if action == "sync":
        report = ledger_sync(opening, Speaker(options.output), wait=wait)
        if as_json:
            content = {"database": report.database, "added": report.added, "removed": report.removed}
            click.echo(json.dumps(document("ledger", ExitCode.DONE, **content, next=["migrator ledger"]), indent=2))
        else:
            click.echo(sync_text(report.database, report.added, report.removed))
        return ExitCode.DONE
    database, entries = ledger(opening)
    if as_json:
        content = {"database": database, "entries": entries}
        click.echo(json.dumps(document("ledger", ExitCode.DONE, **content, next=["migrator status"]), indent=2))
    else:
        click.echo(ledger_text(database, entries, width=terminal_width()))
    return ExitCode.DONE
