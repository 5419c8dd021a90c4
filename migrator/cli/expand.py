"""``migrator expand``."""

from __future__ import annotations

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import SchemaOptions, global_options, options_of, schema_options
from migrator.cli.phases import show
from migrator.cli.signals import cancelling
from migrator.cli.speaking import Speaker


@click.command("expand", cls=TeachingCommand)
@click.option("--to", metavar="REV", help="Stop after this revision (an id or the beginning of one).")
@click.option("--dry-run", is_flag=True, help="Show the steps with their locks; run none.")
@click.option("--sql", is_flag=True, help="Like --dry-run, but only the SQL, as a script that can be run by hand.")
@schema_options
@global_options
@click.pass_context
def command(
    context: click.Context,
    to: str | None,
    dry_run: bool,
    sql: bool,
    schema: SchemaOptions,
) -> int:
    """Apply the pending expand revisions: additions that the running code does not notice.

    Run it before the new code is deployed.  Ordinary operations run in their online form (--dry-run shows it),
    bounded in every lock; it is safe to run twice, to kill, and to run from many places at once.  A contract is never
    run, and a revision that holds something destructive, or that would block traffic, is refused (exit 3).

    \b
    Examples:
      migrator expand --dry-run
      migrator expand --to b71e --lock-timeout 0.5
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.expand import expand

    options = options_of(context)
    with cancelling():
        report = expand(
            options.opening(**schema.overrides),
            Speaker(options.output),
            to=to,
            dry_run=dry_run or sql,
            options=schema.run_options(),
        )
    return show(report, options.output, sql=sql)
