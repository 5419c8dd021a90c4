"""Help texts end with the exit codes."""

from __future__ import annotations

import click

from migrator.model.exit_code import ExitCode


class TeachingCommand(click.Command):
    """A command whose help ends with the table of exit codes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        write_exit_codes(formatter)


def write_exit_codes(formatter: click.HelpFormatter) -> None:
    """The table of exit codes."""
    with formatter.section("Exit codes"):
        formatter.write_dl([(str(int(code)), code.meaning) for code in ExitCode])
