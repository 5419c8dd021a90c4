"""``migrator check``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from migrator.check.project import check_project
from migrator.data.modules import load_data_migrations
from migrator.dialects import SUPPORTED
from migrator.dialects.checking import server_names
from migrator.model.finding import CheckReport
from migrator.scripts.git_changes import changed_since
from migrator.scripts.offline import OfflineLook, look_offline
from migrator.scripts.project import Project


def check(
    project: Project,
    *,
    paths: Sequence[Path] = (),
    dialects: Sequence[str] = (),
    since: str | None = None,
    server_version: str | None = None,
) -> CheckReport:
    """Judge the project's revisions without a database.

    Args:
        paths: only revisions in these files and folders; empty judges all.
        dialects: which databases to check for; empty takes ``databases`` of the settings, else the dialect of env.py's
            URL, else all four.
        since: only revisions whose files changed since this commit of git; None for all.
        server_version: as ``15``; None for the oldest that is supported.

    Raises:
        UsageError: a path that isn't there or holds no revision; git or the commit is missing.
        ConfigurationError: a dialect that isn't supported; two data migrations of one name.
        UserCodeError: a data module doesn't import.
    """
    changed = None if since is None else changed_since(since, project.config_file.parent)
    look = look_offline(project)
    chosen = tuple(dict.fromkeys(dialects or project.settings.databases or _of(look)))
    report = check_project(
        project.graph,
        paths,
        chosen,
        look.target_metadata,
        data_names=[one.name for one in load_data_migrations(project.data_folder)],
        arguments=look.arguments,
        config=project.config,
        changed=changed,
        server_version=server_version,
    )
    if changed is not None and not report.revisions:
        report = replace(report, notes=(*report.notes, f"no revision changed since {since}"))
    if look.failed:
        note = f"without env.py's options ({look.failed}): its naming convention is not known here"
        return replace(report, notes=(*report.notes, note))
    return report


def _of(look: OfflineLook) -> tuple[str, ...]:
    return server_names(look.dialect) if look.dialect is not None else SUPPORTED
