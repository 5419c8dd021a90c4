"""``migrator check``."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import global_options_with, options_of
from migrator.dialects import SUPPORTED
from migrator.model.exit_code import ExitCode


@click.command("check", cls=TeachingCommand)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    type=click.Choice(SUPPORTED),
    help="Check for this database; again for more.  Without it: the setting databases, else that of env.py's URL,"
    " else all.",
)
@global_options_with("github")
@click.pass_context
def command(context: click.Context, paths: tuple[Path, ...], dialects: tuple[str, ...]) -> int:
    """Refuse revisions that would break the running code or block its traffic (exit 3).

    Every revision is run against a recorder: no database is needed, none is opened.  In expand nothing may be dropped,
    renamed, retyped or newly forbidden, and no rows be changed; what can't be read is refused too.  Each finding names
    the file and line, the lock or the breakage, and the code that does it safely.

    \b
    Examples:
      migrator check
      migrator check migrations/expand --dialect postgresql --dialect mysql
      migrator check --format github        annotations in a pull request

    Accept a finding where it stands, with the reason:

    \b
      with migrator.allow("trigger-on-existing-table", reason="fires on new rows only"):
          op.execute("CREATE TRIGGER ...")
    """

    # Here and not above: they bring SQLAlchemy and Alembic, which --help doesn't need.
    from migrator.commands.check import check

    options = options_of(context)
    report = check(options.opening().project(), paths=paths, dialects=dialects)
    click.echo(import_module(f"migrator.report.check_{options.output.format}").render(report))
    return ExitCode.FINDINGS if report.errors else ExitCode.DONE
