"""``migrator check --trace``: the static check, and the same statements measured on a scratch database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrator.check.project import chosen_revisions
from migrator.check.sql import record_file
from migrator.check.sql_files import SQLFile, read_file, read_files
from migrator.check.traced import with_trace
from migrator.commands.check import check
from migrator.commands.check_sql import check_sql
from migrator.commands.opening import Opening
from migrator.dialects.checking import check_rules
from migrator.dialects.schema_model import SchemaModel
from migrator.errors import UsageError
from migrator.executor.scratch import Scratch, scratch_database
from migrator.executor.traced_files import Traced, trace_files
from migrator.executor.traced_revisions import trace_revisions
from migrator.model.finding import CheckReport
from migrator.model.phase import Phase
from migrator.scripts.environment import open_target
from migrator.scripts.git_changes import changes_since
from migrator.scripts.sql_recording import SQLRecorder


def check_trace(
    opening: Callable[[Mapping[str, str]], Opening],
    url: str,
    *,
    paths: Sequence[Path] = (),
    dialects: Sequence[str] = (),
    since: str | None = None,
    drift: bool = True,
) -> CheckReport:
    """Judge the project's revisions for the server of the URL, and run all of them on a scratch database there.

    Args:
        opening: the project with these settings in place of its own.
        url: an empty database of a server for tests; a database beside it is created and dropped.
        paths, dialects, since, drift: as for :func:`migrator.commands.check.check`; the server's is the only dialect.

    Raises: as :func:`migrator.commands.check.check`, :func:`scratch_database`, :func:`open_target`.
    """
    with scratch_database(url) as scratch:
        dialect = _same(scratch, dialects)
        version = scratch.identity.version
        there = opening({"database_url": scratch.url.render_as_string(hide_password=False)})
        project = there.project()
        report = check(project, paths=paths, dialects=[dialect], since=since, server_version=version, drift=drift)
        target = open_target(project)
        traced = target.database.run(lambda: trace_revisions(scratch, target))
    changed = None if since is None else changes_since(since, project.config_file.parent).changed
    chosen = {one.id: one.phase for one in chosen_revisions(project.graph, paths, changed)}
    return _together(scratch, report, traced, chosen)


def check_sql_trace(
    url: str,
    paths: Sequence[str],
    *,
    phase: Phase,
    dialects: Sequence[str],
    standard_input: Callable[[], bytes],
    server_version: str | None = None,
    schema: Path | None = None,
) -> CheckReport:
    """Judge files of SQL, and send them to a scratch database on which the schema was built.

    Args:
        server_version: another version for the static verdict than the server's.
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
        traced = trace_files(scratch, files, baseline.text)
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
