"""``migrator check``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from migrator.check.allowed_drift import AllowedDrift
from migrator.check.drift import Telling
from migrator.check.models import REVISIONS, Models
from migrator.check.project import check_project
from migrator.check.small_tables import SmallTables
from migrator.commands.check_requests import CheckRequest
from migrator.dialects import SUPPORTED
from migrator.dialects.checking import server_names
from migrator.model.finding import CheckReport, Finding, Severity
from migrator.scripts.git_changes import Since, changes_since
from migrator.scripts.models import every_metadata, gives_models
from migrator.scripts.offline import OfflineLook, look_offline
from migrator.scripts.project import Project
from migrator.scripts.several_databases import likely_arguments
from migrator.scripts.supervision import Supervision
from migrator.scripts.tolerant import has_branches, load_tolerantly


def check_request(request: CheckRequest, supervision: Supervision, since: Since | None = None) -> CheckReport:
    """Load the project and judge its revisions without a database; a file that doesn't import is a finding.

    Args:
        since: what changed since the commit of the request.

    Raises: as :func:`check`; and ConfigurationError for a project that can't be used at all.
    """
    supervision.seclude()
    project = load_tolerantly(request.config_file, overrides=request.overrides, supervision=supervision)
    supervision.loaded(project)
    return _check(project, request, since, supervision)


def check(
    project: Project,
    *,
    paths: Sequence[Path] = (),
    dialects: Sequence[str] = (),
    since: str | None = None,
    server_version: str | None = None,
    drift: bool = True,
) -> CheckReport:
    """Judge the revisions of a project that is loaded already; :class:`CheckRequest` has the arguments.

    Raises:
        UsageError: a path that isn't there or holds no revision; git or the commit is missing.
        ConfigurationError: a dialect that isn't supported; two data migrations of one name.
        UserCodeError: a data module doesn't import.
    """
    changes = None if since is None else changes_since(since, project.config_file.parent)
    request = CheckRequest(paths=paths, dialects=dialects, since=since, server_version=server_version, drift=drift)
    return _check(project, request, changes, Supervision())


def _check(project: Project, request: CheckRequest, since: Since | None, supervision: Supervision) -> CheckReport:
    look = look_offline(project, supervision)
    chosen = tuple(dict.fromkeys(request.dialects or project.settings.databases or _of(look)))
    report = check_project(
        project.graph,
        request.paths,
        chosen,
        look.target_metadata,
        data=_data(project, supervision),
        arguments=look.arguments,
        each=look.each if not look.failed else likely_arguments(project.graph),
        config=project.config,
        since=since,
        server_version=request.server_version,
        supervision=supervision,
        models=_models(project, request, look),
        small=SmallTables.of(project.settings.small_tables),
    )
    failed = _failed(project, look) if _wants_drift(request) else ()
    notes = (*report.notes, *_notes(project, request, look, report))
    report = replace(report, findings=(*report.findings, *failed), notes=notes)
    return _allowing(project, report) if report.drift else report


def _allowing(project: Project, report: CheckReport) -> CheckReport:
    """Without the drift that the settings accept; with what they accept in vain."""
    settings = project.settings
    allowed = AllowedDrift(setting="allow_drift", file=project.config_file, entries=settings.allow_drift)
    stand, held = allowed.sorted(report.findings)
    mistakes = allowed.mistakes({one.about for one in held})
    return replace(report, findings=(*stand, *mistakes), suppressed=(*report.suppressed, *held))


def _wants_drift(request: CheckRequest) -> bool:
    """With paths only those revisions are asked about."""
    return request.drift and not request.paths


def _models(project: Project, request: CheckRequest, look: OfflineLook) -> Models | None:
    metadata = every_metadata(look.options)
    if not any(one.tables for one in metadata) or not _wants_drift(request):
        return None
    return Models(metadata=metadata, env_py=Path(project.script.env_py_location), options=look.options)


def _failed(project: Project, look: OfflineLook) -> tuple[Finding, ...]:
    """Where env.py has models and doesn't get as far as giving them."""
    env_py = Path(project.script.env_py_location)
    if not look.failed or not gives_models(env_py):
        return ()
    telling = Telling(env_py=env_py, dialect="", against=REVISIONS)
    return (telling.not_compared(look.failed, Severity.ERROR if look.unrun else Severity.WARNING),)


def _data(project: Project, supervision: Supervision) -> dict[str, Sequence[str]]:
    """Data migration → what it requires."""
    if not project.data_folder.is_dir():
        return {}
    from migrator.data.modules import load_data_migrations  # takes long, and not every project has some

    migrations = load_data_migrations(project.data_folder, supervision)
    return {one.name: one.requires or (one.change,) for one in migrations}


def _notes(project: Project, request: CheckRequest, look: OfflineLook, report: CheckReport) -> Iterator[str]:
    if request.since is not None and not report.revisions:
        yield f"no revision changed since {request.since}"
    if not has_branches(project.graph) and report.revisions:
        yield (
            "this project has no branches expand and contract: every revision is judged as one that runs under the"
            " old code"
        )
    metadata = every_metadata(look.options)
    if metadata and _wants_drift(request) and not any(one.tables for one in metadata):
        yield "target_metadata has no tables, so no model was compared: does env.py import the modules with the models?"
    if look.failed:
        yield f"without env.py's options ({look.failed}): its naming convention is not known here"


def _of(look: OfflineLook) -> tuple[str, ...]:
    return server_names(look.dialect) if look.dialect is not None else SUPPORTED
