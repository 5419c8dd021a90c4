"""``migrator check``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.help import TeachingCommand
from migrator.cli.options import Options, global_options_with, options_of, seconds
from migrator.cli.signals import cancelling
from migrator.commands.check_apart import check_apart, drift_apart
from migrator.commands.check_requests import CheckRequest
from migrator.dialects import SUPPORTED
from migrator.errors import UsageError
from migrator.model.exit_code import ExitCode
from migrator.model.finding import CheckReport
from migrator.model.phase import Phase

if TYPE_CHECKING:
    from migrator.commands.opening import Opening
    from migrator.executor.traced_files import TraceOptions

_FORMATS = ("github", "gitlab", "sarif", "junit")


_NAME_FILES = "name the files that changed:  migrator check --phase expand --dialect postgresql FILE.sql"


@click.command("check", cls=TeachingCommand)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    type=click.Choice(SUPPORTED),
    help="Check for this database; again for more.  Without it: the setting databases, else that of env.py's URL,"
    " else all.",
)
@click.option(
    "--phase",
    type=click.Choice([Phase.EXPAND.value, Phase.CONTRACT.value]),
    help="The paths are files of SQL for this phase (or - for standard input); no project is needed.",
)
@click.option("--server-version", metavar="VERSION", help="With --phase: the server's; else the oldest supported.")
@click.option(
    "--schema",
    type=click.Path(path_type=Path),
    help="With --phase: what exists before (pg_dump --schema-only, mysqldump --no-data, sqlite3 .schema).",
)
@click.option(
    "--trace",
    metavar="URL",
    help="Measure too: run all of it on a scratch database of this server, created and dropped.  Names an empty one.",
)
@click.option(
    "--drift",
    metavar="URL",
    help="Compare the models with this database too, read-only; what is pending on it is no drift.",
)
@click.option("--no-drift", is_flag=True, help="Don't compare the models of env.py with what the revisions make.")
@click.option(
    "--trace-limit",
    callback=seconds,
    metavar="SECONDS",
    help="With --trace: end a revision, or a statement of a file, that takes longer there (default 60).",
)
@click.option(
    "--trace-rows",
    type=click.IntRange(0, 1000),
    metavar="N",
    help="With --trace: so many made-up rows in each table (default 3), for code that loops over rows.",
)
@click.option("--since", metavar="GIT_REF", help="Only revisions whose files changed since then.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--no-cache", is_flag=True, help="Judge anew, and leave .migrator_cache alone.")
@global_options_with(*_FORMATS)
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    dialects: tuple[str, ...],
    phase: str | None,
    server_version: str | None,
    schema: Path | None,
    trace: str | None,
    drift: str | None,
    no_drift: bool,
    trace_limit: timedelta | None,
    trace_rows: int | None,
    since: str | None,
    strict: bool,
    no_cache: bool,
) -> int:
    """Refuse revisions that would break the running code or block its traffic (exit 3).

    Every revision is run against a recorder: no database is needed, none is opened.  In expand nothing may be dropped,
    renamed, retyped or newly forbidden, and no rows be changed; what can't be read is refused too.  Each finding names
    the file and line, the lock or the breakage, and the code that does it safely.  The models of env.py are compared
    with what all revisions make: neither side may have what the other lacks.

    \b
    Examples:
      migrator check
      migrator check migrations/expand --dialect postgresql --dialect mysql
      migrator check --since origin/main --format github        annotations in a pull request
      migrator check --phase expand --dialect postgresql --schema baseline.sql change.sql
      migrator check --trace postgresql+psycopg2://ci@localhost/empty
      migrator check --drift postgresql+psycopg2://reader@db/shop       the models against this database too

    Accept a finding where it stands, with the reason:

    \b
      with migrator.allow("trigger-on-existing-table", reason="fires on new rows only"):
          op.execute("CREATE TRIGGER ...")
      -- migrator: allow[trigger-on-existing-table] reason="fires on new rows only"
    """
    options = options_of(context)
    _refuse_contradictions(drift, no_drift=no_drift, paths=paths, phase=phase, trace=trace)
    tracing = _tracing(options, trace, limit=trace_limit, rows=trace_rows)
    if phase is not None:
        if since is not None:
            raise UsageError(
                "--since is for revisions, and with --phase the paths are files of SQL", remedy=_NAME_FILES
            )
        report = _sql(paths, dialects, Phase(phase), server_version, schema, tracing)
    else:
        _only_with_phase(server_version=server_version, schema=schema)
        _refuse_sql(paths)
        asked = {"paths": [Path(one) for one in paths], "dialects": dialects, "since": since, "drift": not no_drift}
        request = _request(options, **asked)
        report = _revisions(options, request, tracing, drift, cached=not no_cache)
    report = replace(report, strict=strict)
    click.echo(import_module(f"migrator.report.check_{options.output.format}").render(report))
    return ExitCode.FINDINGS if report.failing else ExitCode.DONE


@dataclass(frozen=True, kw_only=True)
class _Tracing:
    """--trace and what belongs to it."""

    url: str
    options: TraceOptions


# The imports stand inside: they bring SQLAlchemy and Alembic, which --help doesn't need.


def _request(options: Options, **asked: Any) -> CheckRequest:
    return CheckRequest(
        config_file=options.values.get("config"),
        overrides={"database_url": options.values.get("database_url")},
        verbose=options.output.verbose,
        **asked,
    )


def _tracing(options: Options, url: str | None, **given: Any) -> _Tracing | None:
    given = {name: value for name, value in given.items() if value is not None}
    if url is None:
        if given:
            raise UsageError(
                f"--trace-{next(iter(given))} is for --trace", remedy="name a server:  migrator check --trace URL"
            )
        return None
    from migrator.cli.speaking import Speaker
    from migrator.executor.traced_files import TraceOptions

    return _Tracing(url=url, options=TraceOptions(say=Speaker(options.output).note, **given))


def _revisions(
    options: Options, request: CheckRequest, tracing: _Tracing | None, drift: str | None, *, cached: bool
) -> CheckReport:
    if tracing is None and drift is None:
        return check_apart(request, cached=cached)

    def opening(settings: Mapping[str, str]) -> Opening:
        return options.opening(**settings)

    # stdout is for the report: what the user's code prints goes where logs go.
    with cancelling(), redirect_stdout(sys.stderr):
        if drift is not None:
            from migrator.commands.check_drift import check_drift

            return check_drift(partial(check_apart, cached=cached), drift_apart, drift, request)
        from migrator.commands.check_trace import check_trace

        assert tracing is not None
        return check_trace(opening, check_apart, request, tracing.url, tracing.options)


def _refuse_contradictions(
    drift: str | None, *, no_drift: bool, paths: tuple[str, ...], phase: str | None, trace: str | None
) -> None:
    if drift is None:
        return
    for given, what in ((no_drift, "--no-drift"), (paths, "PATH"), (phase, "--phase"), (trace, "--trace")):
        if given:
            raise UsageError(
                f"--drift compares all models with a database, and {what} doesn't go with it",
                remedy="run it by itself:  migrator check --drift URL",
            )


def _sql(
    paths: tuple[str, ...],
    dialects: tuple[str, ...],
    phase: Phase,
    server_version: str | None,
    schema: Path | None,
    tracing: _Tracing | None,
) -> CheckReport:
    from migrator.commands.check_sql import check_sql

    judge = check_sql
    with ExitStack() as stack:
        if tracing is not None:
            from migrator.commands.check_trace import check_sql_trace

            judge = partial(check_sql_trace, tracing.url, options=tracing.options)
            stack.enter_context(cancelling())
        return judge(
            paths,
            phase=phase,
            dialects=dialects,
            standard_input=_standard_input,
            server_version=server_version,
            schema=schema,
        )


def _standard_input() -> bytes:
    read: bytes = sys.stdin.buffer.read()
    return read


def _refuse_sql(paths: tuple[str, ...]) -> None:
    """Without --phase the paths are revisions, and nobody means a file of SQL by one."""
    sql = next((one for one in paths if one == "-" or one.lower().endswith(".sql")), None)
    if sql is not None:
        what = "standard input is" if sql == "-" else f"{sql} is"
        raise UsageError(
            f"{what} SQL, and nobody says in which phase it runs, on which server",
            remedy=f"say both:  migrator check --phase expand --dialect postgresql {sql}",
        )


def _only_with_phase(**given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise UsageError(
                f"--{name.replace('_', '-')} is for files of SQL, and without --phase the paths are revisions",
                remedy="say what the files are for:  --phase expand",
            )
