"""``migrator contract``."""

from __future__ import annotations

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import SchemaOptions, global_options, options_of, schema_options
from migrator.cli.phases import show
from migrator.cli.signals import cancelling
from migrator.cli.speaking import Speaker
from migrator.errors import UsageError

_GATES = ("data", "services")


@click.command("contract", cls=TeachingCommand)
@click.option("--to", metavar="REV", help="Stop after this revision (an id or the beginning of one).")
@click.option("--dry-run", is_flag=True, help="Show the statements; send none, ask no gate.")
@click.option("--sql", is_flag=True, help="Like --dry-run, but only the SQL, as a script that can be run by hand.")
@click.option("--force", type=click.Choice(_GATES), multiple=True, help="Pass this gate although it is closed.")
@click.option("--reason", metavar="TEXT", help="Why a gate is forced; goes into the ledger for ever.")
@schema_options
@global_options
@click.pass_context
def command(
    context: click.Context,
    to: str | None,
    dry_run: bool,
    sql: bool,
    force: tuple[str, ...],
    reason: str | None,
    schema: SchemaOptions,
) -> int:
    """Apply the removals, one after the other, while their gates are open; exit 4 at the first closed one.

    A contract opens when its expand is applied, its data migrations find no row now, and every registered service
    runs a release that contains it.  Before the rows are asked for the last time a fence keeps new old-shape rows
    out, and it goes with the column.

    \b
    Examples:
      migrator contract --dry-run
      migrator contract
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.contract import contract

    if bool(force) != bool(reason):
        raise UsageError(
            "--force and --reason go together",
            remedy='migrator contract --force data --reason "rows of a table that nobody reads"',
        )
    options = options_of(context)
    with cancelling():
        report = contract(
            options.opening(**schema.overrides),
            Speaker(options.output),
            to=to,
            dry_run=dry_run or sql,
            options=schema.run_options(),
            force=dict.fromkeys(force, reason or ""),
        )
    return show(report, options.output, sql=sql)
