"""``migrator check --trace``: the static check, and the same statements measured on a scratch database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrator.check.project import chosen_revisions
from migrator.check.sql import record_file
from migrator.check.sql_files import SQLFile, read_file, read_files
from migrator.check.traced import with_trace
from migrator.commands.check_requests import CheckRequest
from migrator.commands.check_sql import check_sql
from migrator.commands.opening import Opening
from migrator.dialects.checking import check_rules
from migrator.dialects.schema_model import SchemaModel
from migrator.errors import UsageError
from migrator.executor.scratch import Scratch, scratch_database
from migrator.executor.traced_files import Traced, TraceOptions, trace_files
from migrator.executor.traced_revisions import trace_revisions
from migrator.model.finding import CheckReport
from migrator.model.phase import Phase
from migrator.scripts.config_file import find_config
from migrator.scripts.environment import open_target
from migrator.scripts.git_changes import changes_since
from migrator.scripts.project import Project
from migrator.scripts.sql_recording import SQLRecorder
from migrator.scripts.supervision import Supervision
from migrator.scripts.tolerant import load_tolerantly


def check_trace(
    opening: Callable[[Mapping[str, str]], Opening],
    judge: Callable[[CheckRequest], CheckReport],
    request: CheckRequest,
    url: str,
    options: TraceOptions,
) -> CheckReport:
    """Judge the project's revisions for the server of the URL, and run all of them on a scratch database there.

    Args:
        opening: the project with these settings in place of its own.
        judge: the static check.
        request: what it is asked; here for the server's dialect and version alone.
        url: an empty database of a server for tests; a database beside it is created and dropped.
        options: how to measure; with rows it is done again without them where that leads further.

    Raises: as ``judge``, :func:`scratch_database`, :func:`open_target`.
    """
    with scratch_database(url) as scratch:
        dialect = _same(scratch, request.dialects)
        there = {"database_url": scratch.url.render_as_string(hide_password=False)}
        options.say("checking without the server")
        report = judge(
            replace(
                request,
                overrides={**request.overrides, **there},
                dialects=[dialect],
                server_version=scratch.identity.version,
            )
        )
        project = _project(opening(there))
        traced = _trace(scratch, project, options)
    if traced.stopped and options.rows:
        with scratch_database(url) as empty:
            there = {"database_url": empty.url.render_as_string(hide_password=False)}
            again = _trace(empty, _project(opening(there)), replace(options, rows=0))
        traced = _further(traced, again, options)
    changed = None if request.since is None else changes_since(request.since, project.config_file.parent).changed
    chosen = {one.id: one.phase for one in chosen_revisions(project.graph, request.paths, changed)}
    return _together(scratch, report, traced, chosen)


def _project(opening: Opening) -> Project:
    """As the check reads it: also without branches, with several heads, with files that don't import."""
    path = find_config(opening.config_file)
    return load_tolerantly(path, overrides=opening.overrides, supervision=Supervision())


def _trace(scratch: Scratch, project: Project, options: TraceOptions) -> Traced:
    target = open_target(project)
    return target.database.run(lambda: trace_revisions(scratch, target, options))


def _further(traced: Traced, again: Traced, options: TraceOptions) -> Traced:
    """What was measured further: with rows, or on empty tables, which is said."""
    if again.stopped and len(again.statements) <= len(traced.statements):
        return traced
    note = (
        f"measured on empty tables, since it stopped with {options.rows} made-up rows in each, as it may with yours:"
        f" {traced.notes[-1]}"
    )
    return replace(again, notes=(note, *again.notes))


def check_sql_trace(
    url: str,
    paths: Sequence[str],
    *,
    phase: Phase,
    dialects: Sequence[str],
    standard_input: Callable[[], bytes],
    options: TraceOptions,
    server_version: str | None = None,
    schema: Path | None = None,
) -> CheckReport:
    """Judge files of SQL, and send them to a scratch database on which the schema was built.

    Args:
        server_version: another version for the static verdict than the server's.
        options: how to measure; with rows it is done again without them where that leads further.
        others: as for :func:`migrator.commands.check_sql.check_sql`.

    Raises: as there and as :func:`scratch_database`.
    """
    read: list[bytes] = []

    def standard() -> bytes:
        if not read:
            read.append(standard_input())
        return read[0]

    with scratch_database(url) as scratch:
        dialect = _same(scratch, dialects)
        version = server_version or scratch.identity.version
        report = check_sql(
            paths, phase=phase, dialects=[dialect], standard_input=standard, server_version=version, schema=schema
        )
        baseline = SQLFile(name="", text="") if schema is None else read_file(schema)
        recorder = SQLRecorder(check_rules(dialect), SchemaModel(complete=schema is not None))
        recorder.learn(baseline.text)
        files = [record_file(one, phase, dialect, recorder) for one in read_files(paths, standard)]
        traced = trace_files(scratch, files, baseline.text, options)
    if traced.stopped and options.rows:
        with scratch_database(url) as empty:
            again = trace_files(empty, files, baseline.text, replace(options, rows=0))
        traced = _further(traced, again, options)
    return _together(scratch, report, traced, {"": phase})


def _same(scratch: Scratch, dialects: Sequence[str]) -> str:
    """The server's own dialect, which is what the static verdict is for."""
    name = scratch.pack.name
    if dialects and tuple(dialects) != (name,):
        raise UsageError(
            f"--trace leads to a {name} server, and --dialect names {', '.join(dialects)}",
            remedy=f"leave --dialect out, or name the server's:  --dialect {name}",
        )
    return name


def _together(scratch: Scratch, report: CheckReport, traced: Traced, phases: Mapping[str, Phase]) -> CheckReport:
    statements = [one for one in traced.statements if one.revision in phases]
    server = f"{scratch.pack.name} {scratch.identity.version}"
    merged = with_trace(report, statements, server=server, dialect=scratch.pack.name, phases=phases)
    return replace(merged, notes=(*merged.notes, *traced.notes))
