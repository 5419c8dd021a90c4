"""``migrator online-data-migrations``."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from migrator.cli.data_progress import data_progress
from migrator.cli.help import TeachingCommand
from migrator.cli.options import Options, global_options, max_count, options_of, seconds
from migrator.cli.signals import stopping
from migrator.cli.speaking import Speaker
from migrator.cli.terminal import terminal_width
from migrator.model.data import DEFAULT_MOST_ERRORS, DataReport
from migrator.model.data_plan import Limits
from migrator.model.database import DatabaseIdentity
from migrator.report.data_text import data_text
from migrator.report.documents import document


@click.command("online-data-migrations", cls=TeachingCommand)
@click.option(
    "--max-count",
    "limit",
    callback=max_count,
    metavar="N",
    help="Try at most N rows in this run (done, failed or skipped), then exit 1 if rows remain.  Default: until done.",
)
@click.option(
    "--max-errors",
    type=click.IntRange(min=0),
    default=DEFAULT_MOST_ERRORS,
    show_default=True,
    metavar="N",
    help="Leave a data migration when N of its rows failed by themselves in this run; 0 fails with the first.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1, max=64),
    metavar="K",
    help="So many workers share the rows of a data migration, each with a connection.  Default: as declared, else 1.",
)
@click.option("--only", metavar="NAME", help="Run this data migration only.")
@click.option(
    "--max-time",
    callback=seconds,
    metavar="SECONDS",
    help="End after the batch that is under way then; exit 1 if rows remain, 4 if it was throttled all the time.",
)
@click.option(
    "--full-speed",
    is_flag=True,
    help="No rests, no default throttle signals; those that you configured stay on.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show the SQL, the index that finds its rows, a few batches that are rolled back, and an estimate.",
)
@global_options
@click.pass_context
def command(
    context: click.Context,
    limit: int | None,
    max_errors: int,
    workers: int | None,
    only: str | None,
    max_time: timedelta | None,
    full_speed: bool,
    dry_run: bool,
) -> int:
    """Move rows to the new shape in bounded batches, while old and new code serve.

    Data migrations take turns, a batch each.  Rows, watermark and counters commit in one transaction: kill it at any
    moment and run it again.  Ctrl-C and SIGTERM finish the batch that is under way.

    It makes room for others: batches keep to half a second, it rests after each, and stops while sessions wait for its
    locks, the server is busy or a replica is late.

    A row that fails by itself (a constraint, an error of your function) goes to quarantine and the others go on;
    `migrator data status NAME` lists it, `migrator data retry NAME` has it tried again.

    \b
    In a deployment, as with nova-manage:
      while migrator online-data-migrations --max-count 50000; [ $? -eq 1 ]; do :; done
    """
    # Here: it brings SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.online_data_migrations import online_data_migrations

    options = options_of(context)
    if dry_run:
        limits = Limits(max_count=limit, max_errors=max_errors, max_time=max_time, workers=workers)
        return _dry_run(options, only, full_speed, limits)
    say = Speaker(options.output).note
    with stopping(say) as stop, data_progress(options.output) as progress:
        database, report = online_data_migrations(
            options.opening(),
            max_count=limit,
            max_errors=max_errors,
            workers=workers,
            only=only,
            stop=stop,
            progress=progress,
            full_speed=full_speed,
            max_time=max_time,
            say=say,
        )
    return _show(options, database, report)


def _show(options: Options, database: DatabaseIdentity, report: DataReport) -> int:
    if options.output.format == "json":
        content = {
            "database": database,
            "migrations": report.rows,
            "found": report.found,
            "done": report.done,
            "limited": report.limited,
            "out_of_time": report.out_of_time,
            "interrupted": report.interrupted,
            "pace": report.pace,
            "signals": report.signals,
            "notes": report.notes,
            "next": report.next,
        }
        click.echo(json.dumps(document("online-data-migrations", report.exit_code, **content), indent=2))
    else:
        click.echo(data_text(database, report, width=terminal_width()))
    return int(report.exit_code)


def _dry_run(options: Options, only: str | None, full_speed: bool, limits: Limits) -> int:
    from migrator.commands.data_dry_run import data_dry_run
    from migrator.report.data_plan_text import data_plan_text

    database, found = data_dry_run(options.opening(), only=only, full_speed=full_speed, limits=limits)
    if options.output.format == "json":
        content = {"database": database, "dry_run": True, "migrations": found.plans, "next": found.next}
        click.echo(json.dumps(document("online-data-migrations", found.exit_code, **content), indent=2))
    else:
        click.echo(data_plan_text(database, found))
    return int(found.exit_code)
