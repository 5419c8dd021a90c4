"""``migrator services``."""

from __future__ import annotations

import json

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options, options_of
from migrator.cli.terminal import terminal_width
from migrator.errors import UsageError
from migrator.model.exit_code import ExitCode
from migrator.report.documents import document


@click.command("services", cls=TeachingCommand)
@click.argument("action", required=False, type=click.Choice(["list", "forget"]), default="list")
@click.argument("labels", nargs=-1, metavar="[NAME/INSTANCE]...")
@global_options
@click.pass_context
def command(context: click.Context, action: str, labels: tuple[str, ...]) -> int:
    """Show who runs what: every service that called migrator.register, its release, and its last heartbeat.

    A contract stays closed while one of them runs a release that doesn't contain it, or is silent.

    \b
    migrator services                            read-only
    migrator services forget api/web-1:4711      it is gone for good: it no longer closes a gate; one that lives
                                                 comes back with its next heartbeat
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.services import services_forget, services_list
    from migrator.report.services_text import service_rows, services_text

    options = options_of(context)
    opening, as_json = options.opening(), options.output.format == "json"
    if action == "forget":
        if not labels:
            raise UsageError("forget whom?", remedy="migrator services forget NAME/INSTANCE")
        database, forgotten = services_forget(opening, labels)
        if as_json:
            content = {"database": database, "forgotten": forgotten, "next": ["migrator contract"]}
            click.echo(json.dumps(document("services", ExitCode.DONE, **content), indent=2))
        else:
            click.echo(f"forgotten on {database.label}: {', '.join(forgotten)}\nnext: migrator contract")
        return ExitCode.DONE
    if labels:
        raise UsageError("list takes no names", remedy="migrator services list")
    database, services = services_list(opening)
    if as_json:
        content = {
            "database": database,
            "services": service_rows(services),
            "next": ["migrator status"],
        }
        click.echo(json.dumps(document("services", ExitCode.DONE, **content), indent=2))
    else:
        click.echo(services_text(database, services, width=terminal_width()))
    return ExitCode.DONE
