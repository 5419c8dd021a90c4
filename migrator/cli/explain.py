"""``migrator explain``."""

from __future__ import annotations

import json

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options, options_of
from migrator.cli.terminal import terminal_width
from migrator.model.exit_code import ExitCode
from migrator.report.documents import document
from migrator.report.rules_json import page_values
from migrator.report.rules_text import page_text


@click.command("explain", cls=TeachingCommand)
@click.argument("rule")
@global_options
@click.pass_context
def command(context: click.Context, rule: str) -> int:
    """Explain one rule of the check: what it finds, what that does, and how to do it instead.

    RULE is an id as ``migrator check`` prints it in brackets.

    \b
    Example:
      migrator explain create-index-not-concurrently
    """
    from migrator.commands.rules import explain  # brings SQLAlchemy, which --help doesn't need

    page = explain(rule)
    if options_of(context).output.format == "json":
        click.echo(json.dumps(document("explain", ExitCode.DONE, rule=page_values(page)), indent=2))
    else:
        click.echo(page_text(page, width=min(terminal_width() or 100, 120)))
    return ExitCode.DONE
