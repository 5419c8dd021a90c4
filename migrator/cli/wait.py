"""``migrator wait``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import Output, global_options, options_of
from migrator.cli.signals import cancelling
from migrator.cli.speaking import Speaker
from migrator.errors import InterruptedRunError
from migrator.model.waiting import Goal, WaitReport
from migrator.report.documents import document
from migrator.report.wait_text import wait_text
from migrator.scripts.settings import parse_seconds


def _seconds(context: click.Context, parameter: click.Parameter, value: str) -> Any:
    return parse_seconds(value, parameter.opts[-1], zero=parameter.name == "timeout")


@click.command("wait", cls=TeachingCommand)
@click.option(
    "--for",
    "goal",
    type=click.Choice([one.value for one in Goal]),
    required=True,
    help="expanded: all expands of this code are applied.  data: and no data migration finds a row.  "
    "contracted: all expands and contracts are applied.",
)
@click.option(
    "--timeout",
    callback=_seconds,
    default="60",
    metavar="SECONDS",
    help="Give up after this long with exit 4, or 6 if the database doesn't answer (default 60; 0 asks once).",
)
@click.option(
    "--interval", callback=_seconds, default="1", metavar="SECONDS", help="Pause between two questions (default 1)."
)
@global_options
@click.pass_context
def command(context: click.Context, goal: str, timeout: timedelta, interval: timedelta) -> int:
    """Wait until the database is what this code needs; for init containers and deployment scripts.

    Read-only and without a lock.  A database that can't be reached is tried again until the time is up.  A database
    that is ahead by expands only is good enough; one that is ahead and incompatible ends it at once (exit 7).

    \b
    Examples:
      migrator wait --for expanded --timeout 300
      migrator wait --for data --timeout 3600 --interval 10
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.cli.background import within
    from migrator.commands.wait import wait

    options = options_of(context)
    try:
        with cancelling():
            report = wait(
                options.opening(),
                Goal(goal),
                timeout=timeout,
                interval=interval,
                within=within,
                progress=_progress(options.output, goal),
            )
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"interrupted while waiting for {goal!r}; nothing was changed", remedy=f"migrator wait --for {goal}"
        ) from None
    return _show(report, options.output)


def _progress(output: Output, goal: str) -> Callable[[str], None]:
    def say(reason: str) -> None:
        text = f"waiting for {goal}: {reason}"
        if output.log_format == "json":
            Speaker(output).log("info", text, goal=goal)
        elif output.format == "text":
            click.echo(text)
            sys.stdout.flush()
        else:
            click.echo(text, err=True)

    return say


def _show(report: WaitReport, output: Output) -> int:
    if output.format == "json":
        content = {
            "database": report.database,
            "goal": report.goal,
            "waited": report.waited,
            "missing": report.missing,
            "ahead": report.ahead,
            "notes": report.notes,
            "next": report.next,
        }
        click.echo(json.dumps(document("wait", report.exit_code, **content), indent=2))
    else:
        click.echo(wait_text(report))
    return int(report.exit_code)
