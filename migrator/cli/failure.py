"""How a failure is said."""

from __future__ import annotations

import json
import os
import sys
import traceback

import click

from migrator.cli.options import Output
from migrator.errors import FindingsError, MigratorError
from migrator.model.exit_code import ExitCode
from migrator.report.documents import failure_document
from migrator.report.findings import finding_values


def report_failure(error: Exception, output: Output) -> int:
    """Print what is wrong, why, and the next command; JSON on stdout where that was asked for.

    Returns:
        The exit code of the error's class; 70 for an error that is not ours.
    """
    if not isinstance(error, MigratorError):
        error = _internal(error)
    elif output.verbose and error.__cause__ is not None:
        _frames(error.__cause__)
    code = ExitCode(error.exit_code)
    if output.format == "json":
        click.echo(
            json.dumps(
                failure_document(output.command, code, error.kind, error.message, error.remedy, _fields(error)),
                indent=2,
            )
        )
    elif output.log_format == "json":
        line = {
            "level": "error",
            "error": error.kind,
            "message": error.message,
            "next": error.remedy,
            "exit_code": int(code),
        }
        click.echo(json.dumps(line), err=True)
    else:
        _text(error)
    return int(code)


def _text(error: MigratorError) -> None:
    plainly = "NO_COLOR" in os.environ
    click.echo(click.style("error: ", fg="red", bold=True) + error.message, err=True, color=_color(plainly))
    if error.remedy:
        click.echo(click.style("next:  ", bold=True) + error.remedy, err=True, color=_color(plainly))


def _color(plainly: bool) -> bool | None:
    """False takes the colours away; None leaves it to click, which keeps them on a terminal only."""
    return False if plainly else None


def _fields(error: MigratorError) -> dict[str, object]:
    fields = {key: value for key, value in error.fields.items() if key != "findings"}
    if isinstance(error, FindingsError):
        fields["findings"] = [finding_values(one) for one in error.fields.get("findings", ())]
    return fields


def _internal(error: Exception) -> MigratorError:
    # The exception's own text may hold row values or a password, and so may its chain: class and place must do.
    _frames(error)
    return MigratorError(
        f"internal error: {type(error).__name__}; the place is above, without any value",
        remedy="report it with the lines above",
        error_class=type(error).__name__,
    )


def _frames(error: BaseException) -> None:
    for frame in traceback.extract_tb(error.__traceback__):
        click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True, file=sys.stderr)
