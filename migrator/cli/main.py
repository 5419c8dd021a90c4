"""The entry point: every way out of a command becomes an exit code and one clear message here."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from migrator.cli.failure import report_failure
from migrator.cli.help import write_exit_codes
from migrator.cli.options import Output, global_options, output_of
from migrator.errors import InterruptedRunError, MigratorError, UsageError
from migrator.model.exit_code import ExitCode

_COMMANDS = {
    "expand": "apply the additions (before the rollout)",
    "online-data-migrations": "move rows in bounded batches while code serves",
    "data": "status, pause, resume, cancel, retry, waive, verify, throttle",
    "contract": "apply the removals (only on proof)",
    "upgrade": "everything, for a new or restored database",
    "status": "each change: where it is, what blocks, what is next",
    "wait": "until the database is what this code needs (init containers)",
    "check": "refuse dangerous revisions (for CI; needs no database)",
    "services": "who runs what, and who has fallen silent",
    "ledger": "what was done to this database",
    "rules": "the rules of the check",
    "explain": "one rule of the check in full",
}


class _Commands(click.Group):
    """Loads a command's module only when it is called: ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"migrator.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = click.utils.make_str(args[0])
        if name not in _COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(name, _COMMANDS, n=1)
            hint = f"migrator {close[0]}" if close else "migrator --help"
            raise UsageError(f"there is no command {name!r}", remedy=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands, in the order of a rollout"):
            formatter.write_dl(list(_COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_exit_codes(formatter)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="migrator-alembic", prog_name="migrator")
@global_options
def cli() -> None:
    """Upgrade a database without downtime: expand, migrate data online, contract.

    \b
    A rollout, with the old code serving all the time:
      migrator expand                                    before the new code starts
      migrator online-data-migrations --max-count 50000  again while it exits 1
      migrator contract                                  when no old code is left
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        The exit code (see ``--help``); never click's own 2.
    """
    output = Output.of_arguments(arguments)
    try:
        code = cli.main(args=list(arguments), prog_name="migrator", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return ExitCode.USAGE
    except click.exceptions.Exit as error:
        return int(error.exit_code)
    except click.ClickException as error:
        return report_failure(_usage(error, output.command), output_of(output))
    except MigratorError as error:
        return report_failure(error, output_of(output))
    except (KeyboardInterrupt, click.Abort):
        return report_failure(_interrupted(output.command), output_of(output))
    except BrokenPipeError:
        # The reader of our pipe has gone (`| head`): nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001  the last door: nothing may leave as a traceback
        return report_failure(error, output_of(output))


def _interrupted(command: str) -> MigratorError:
    if command == "check":  # it never changes anything, so there is nothing to go on with
        return InterruptedRunError("interrupted before there was a verdict", remedy="run the same command again")
    return InterruptedRunError("interrupted; what is done is recorded", remedy="run the same command again to go on")


def _usage(error: click.ClickException, command: str) -> MigratorError:
    words = f"migrator {command}" if command in _COMMANDS else "migrator"
    if isinstance(error, click.UsageError) and error.ctx is not None and error.ctx.parent is not None:
        words = error.ctx.command_path  # a sub-command teaches more than its group
    return UsageError(error.format_message(), remedy=f"{words} --help")


def main() -> None:
    """Console script ``migrator``."""
    sys.exit(run(sys.argv[1:]))
