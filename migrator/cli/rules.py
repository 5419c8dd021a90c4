"""``migrator rules``."""

from __future__ import annotations

import json

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options, options_of
from migrator.model.exit_code import ExitCode
from migrator.report.documents import document
from migrator.report.rules_json import catalogue_values
from migrator.report.rules_text import catalogue_text


@click.command("rules", cls=TeachingCommand)
@global_options
@click.pass_context
def command(context: click.Context) -> int:
    """List the rules of the check: id, how bad it is in which phase, databases, and what it finds.

    No project and no database is needed.
    """
    from migrator.commands.rules import rules  # brings SQLAlchemy, which --help doesn't need

    found = rules()
    if options_of(context).output.format == "json":
        click.echo(json.dumps(document("rules", ExitCode.DONE, rules=catalogue_values(found)), indent=2))
    else:
        click.echo(catalogue_text(found))
    return ExitCode.DONE
