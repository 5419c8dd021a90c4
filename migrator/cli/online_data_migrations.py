"""``migrator online-data-migrations``."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from migrator.cli.data_progress import data_progress
from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options, max_count, options_of, seconds
from migrator.cli.signals import stopping
from migrator.cli.speaking import Speaker
from migrator.cli.terminal import terminal_width
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
    default=100,
    show_default=True,
    metavar="N",
    help="Leave a data migration when N of its rows failed by themselves in this run; 0 fails with the first.",
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
@global_options
@click.pass_context
def command(
    context: click.Context,
    limit: int | None,
    max_errors: int,
    only: str | None,
    max_time: timedelta | None,
    full_speed: bool,
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

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.online_data_migrations import online_data_migrations

    options = options_of(context)
    say = Speaker(options.output).note
    with stopping(say) as stop, data_progress(options.output) as progress:
        database, report = online_data_migrations(
            options.opening(),
            max_count=limit,
            max_errors=max_errors,
            only=only,
            stop=stop,
            progress=progress,
            full_speed=full_speed,
            max_time=max_time,
            say=say,
        )
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
