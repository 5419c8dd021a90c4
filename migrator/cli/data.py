"""``migrator data``: status, pause, resume, cancel, retry, waive, verify, throttle."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import Options, global_options, options_of
from migrator.cli.terminal import terminal_width
from migrator.errors import UsageError
from migrator.model.data import DataControl
from migrator.model.database import DatabaseIdentity
from migrator.model.exit_code import ExitCode
from migrator.report.data_control_text import changed_text, control_text
from migrator.report.documents import document
from migrator.report.verify_text import verify_text

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=366)


@click.group("data")
@global_options
def command() -> None:
    """Control one data migration from another shell; its runner heeds it within a second.

    What is asked is kept in the database: it holds for every runner, on every machine, until it is taken back.
    """


@command.command("status", cls=TeachingCommand)
@click.argument("name", required=False)
@global_options
@click.pass_context
def status(context: click.Context, name: str | None) -> int:
    """What each data migration, or the one called NAME, is doing.  Counts no rows and changes nothing.

    With NAME the rows in quarantine are listed: their keys, and what was wrong with each.
    """
    from migrator.commands.data_control import data_status

    options = options_of(context)
    database, rows = data_status(options.opening(), name)
    if options.output.format == "json":
        _print(options, "data-status", database, migrations=[_plain(row) for row in rows], next=[])
    else:
        click.echo(control_text(database, rows, width=terminal_width()))
    return int(ExitCode.DONE)


@command.command("pause", cls=TeachingCommand)
@click.argument("name")
@global_options
@click.pass_context
def pause(context: click.Context, name: str) -> int:
    """Let NAME rest after the batch that is under way.  A run that is going waits; a new one exits 4."""
    from migrator.data.control import pause

    return _change(context, name, pause, (f"migrator data resume {name}",))


@command.command("resume", cls=TeachingCommand)
@click.argument("name")
@global_options
@click.pass_context
def resume(context: click.Context, name: str) -> int:
    """Let NAME go on after a pause."""
    from migrator.data.control import resume

    return _change(context, name, resume, ("migrator online-data-migrations",))


@command.command("cancel", cls=TeachingCommand)
@click.argument("name")
@global_options
@click.pass_context
def cancel(context: click.Context, name: str) -> int:
    """Give NAME up: no run takes it up again before `data retry`.  What is done stays; contract stays closed."""
    from migrator.data.control import cancel

    return _change(context, name, cancel, (f"migrator data retry {name}",))


@command.command("retry", cls=TeachingCommand, short_help="Take NAME up again, the parked rows too.")
@click.argument("name")
@global_options
@click.pass_context
def retry(context: click.Context, name: str) -> int:
    """Take NAME up again after a cancel, a failure or a block: a new pass over all rows that remain, the parked ones
    too."""
    from migrator.data.control import retry

    return _change(context, name, retry, ("migrator online-data-migrations",))


@command.command("waive", cls=TeachingCommand, short_help="Let contract go without parked rows of NAME.")
@click.argument("name")
@click.option("--reason", metavar="TEXT", required=True, help="Why contract need not wait for them; kept for ever.")
@click.option("--key", "keys", multiple=True, metavar="KEY", help="One row, by its key in `data status`; repeatable.")
@global_options
@click.pass_context
def waive(context: click.Context, name: str, reason: str, keys: tuple[str, ...]) -> int:
    """Let contract open although rows of NAME in quarantine are still to do: all of them, or those of --key.

    What contract removes is gone for these rows too.  `data retry` tries them again, and then none is waived any more.
    """
    from migrator.commands.data_control import waived

    options = options_of(context)
    database, now = waived(options.opening(), name, keys, reason)
    _say(context, database, now, ("migrator online-data-migrations",))
    return int(ExitCode.DONE)


@command.command("verify", cls=TeachingCommand, short_help="Ask whether NAME is done; changes nothing.")
@click.argument("name")
@global_options
@click.pass_context
def verify(context: click.Context, name: str) -> int:
    """Ask NAME's predicate and invariant now, and compare both sides of a copy: exit 0 when all is well, else 1.

    Changes nothing."""
    from migrator.commands.data_control import data_verify

    options = options_of(context)
    database, found = data_verify(options.opening(), name)
    code = ExitCode.DONE if found.holds else ExitCode.REMAINING
    following = "migrator online-data-migrations" if found.remaining else f"migrator data verify {name}"
    after = () if found.holds else (following,)
    if options.output.format == "json":
        asked = {"breaking": found.breaking, "comparison": found.comparison}
        rows = {"remaining": found.remaining, "waived": found.waived}
        content = {"database": database, "name": name, **rows, **asked, "next": after}
        click.echo(json.dumps(document("data-verify", code, **content), indent=2))
    else:
        click.echo(verify_text(found, after))
    return int(code)


@command.command("throttle", cls=TeachingCommand)
@click.argument("name")
@click.option(
    "--ratio",
    type=click.FloatRange(0, 1),
    required=True,
    help="Share of the time in which it rests: 0 never, 0.9 works a tenth of the time, 1 stops.",
)
@click.option("--for", "duration", metavar="DURATION", help="How long, for example 90s, 30m, 2h; else until changed.")
@global_options
@click.pass_context
def throttle(context: click.Context, name: str, ratio: float, duration: str | None) -> int:
    """Slow NAME down by hand."""
    from migrator.commands.data_control import throttled

    lasting = None if duration is None else _duration(duration)
    return _change(context, name, throttled(ratio, lasting), (f"migrator data throttle {name} --ratio 0",))


def _change(context: click.Context, name: str, how: Any, after: tuple[str, ...]) -> int:
    from migrator.commands.data_control import change

    options = options_of(context)
    database, now = change(options.opening(), name, how)
    _say(context, database, now, after)
    return int(ExitCode.DONE)


def _say(context: click.Context, database: DatabaseIdentity, now: DataControl, after: tuple[str, ...]) -> None:
    options = options_of(context)
    if options.output.format == "json":
        _print(options, f"data-{context.info_name}", database, migration=_plain(now), next=after)
    else:
        click.echo(changed_text(now, after))


def _print(options: Options, what: str, database: DatabaseIdentity, **content: Any) -> None:
    click.echo(json.dumps(document(what, ExitCode.DONE, database=database, **content), indent=2))


def _plain(row: DataControl) -> dict[str, Any]:
    from dataclasses import asdict

    quarantine = [asdict(one) for one in row.quarantine]
    return {**asdict(row.progress), "ratio": row.ratio, "ratio_left": row.ratio_left, "quarantine": quarantine}


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise UsageError(f"--for must be a duration of up to a year, not {text!r}", remedy="write --for 2h")
    return timedelta(seconds=seconds)
