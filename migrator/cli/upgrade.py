"""``migrator upgrade``."""

from __future__ import annotations

import click

from migrator.cli.data_progress import data_progress
from migrator.cli.help import TeachingCommand
from migrator.cli.options import SchemaOptions, global_options, options_of, schema_options
from migrator.cli.phases import show
from migrator.cli.signals import stopping
from migrator.cli.speaking import Speaker
from migrator.cli.terminal import terminal_width
from migrator.report.data_text import data_table


@click.command("upgrade", cls=TeachingCommand)
@schema_options
@global_options
@click.pass_context
def command(
    context: click.Context,
    schema: SchemaOptions,
) -> int:
    """Bring a new, restored or offline database to the newest state in one command.

    Trunk, expand, data migrations and contract run in dependency order until nothing is pending.  Every gate stays
    on: a contract whose data migration finds rows, or can't finish, keeps the rest waiting.  For a database that
    serves traffic use expand, online-data-migrations and contract instead.
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.upgrade import upgrade

    options = options_of(context)
    with stopping(Speaker(options.output).note) as stop, data_progress(options.output) as progress:
        result = upgrade(
            options.opening(**schema.overrides),
            Speaker(options.output),
            stop=stop,
            progress=progress,
            options=schema.run_options(),
        )
    if options.output.format == "text":
        for report in result.data:
            if report.rows:
                click.echo(data_table(report, width=terminal_width()))
    return show(result.phases, options.output, data=result.data)
