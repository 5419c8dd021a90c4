"""The user's project: configuration file, Alembic's script directory, the revision graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from migrator.errors import ConfigurationError
from migrator.model.phase import Phase
from migrator.scripts.config_file import find_config
from migrator.scripts.graph import RevisionGraph, build_graph
from migrator.scripts.settings import Settings, load_settings


@dataclass(frozen=True, kw_only=True)
class Project:
    """One Alembic project on disk."""

    config_file: Path
    config: Config
    script: ScriptDirectory
    graph: RevisionGraph
    settings: Settings

    @property
    def data_folder(self) -> Path:
        """Where the data migrations are; it may not exist."""
        location = self.settings.data_location
        return self.config_file.parent / location if location else Path(self.script.dir) / "data"


def load_project(config_file: Path | None, *, overrides: Mapping[str, Any] | None = None) -> Project:
    """Find and read the project.

    Args:
        config_file: alembic.ini or pyproject.toml; None looks for them in the working directory.
        overrides: settings from the command line; None values mean not given.

    Raises:
        ConfigurationError: no configuration, no script location, no two branches, two heads in one branch.
        UserCodeError: a revision file doesn't import.
    """
    path = find_config(config_file)
    settings = load_settings(path, overrides=overrides or {})
    return project_of(alembic_config(path), path, settings)


def project_of(config: Config, path: Path, settings: Settings) -> Project:
    """The project of an Alembic configuration that is loaded already (the guard has one)."""
    try:
        script = ScriptDirectory.from_config(config)
    except CommandError as error:
        raise ConfigurationError(
            f"Alembic can't use {path.name}: {error}", remedy="mend script_location in its alembic section"
        ) from None
    graph = build_graph(script)
    refuse_broken_branches(graph, path)
    return Project(config_file=path, config=config, script=script, graph=graph, settings=settings)


def alembic_config(path: Path) -> Config:
    """Alembic's own reading: alembic.ini and the [tool.alembic] of a pyproject.toml beside it go together."""
    ini, toml = path.with_name("alembic.ini"), path.with_name("pyproject.toml")
    if path.suffix == ".toml":
        toml = path
    else:
        ini = path
    return Config(str(ini) if ini.is_file() else None, toml_file=str(toml) if toml.is_file() else None)


def refuse_broken_branches(graph: RevisionGraph, path: Path) -> None:
    """Raise ConfigurationError unless there is one branch each for expand and contract, with one head."""
    refuse_missing_branches(graph, path)
    for phase in (Phase.EXPAND, Phase.CONTRACT):
        heads = graph.branch_heads(phase)
        if len(heads) > 1:
            raise ConfigurationError(
                f"the branch {phase.value!r} has {len(heads)} heads: {', '.join(heads)}",
                remedy=f'merge them: alembic merge -m "merge {phase.value} heads" {" ".join(heads)}',
            )


def refuse_missing_branches(graph: RevisionGraph, path: Path) -> None:
    """Raise ConfigurationError unless there is a branch each for expand and contract."""
    for phase in (Phase.EXPAND, Phase.CONTRACT):
        if not any(revision.anchor for revision in graph.of_phase(phase)):
            raise ConfigurationError(
                f"the revisions of {path.name} have no branch labelled {phase.value!r}",
                remedy=(
                    f'begin the branch: alembic revision -m "{phase.value} branch" --branch-label {phase.value}'
                    f" --head HEAD --splice --version-path <a folder for {phase.value} in version_locations>"
                    " (HEAD is the head of your history, or base); leave the revision empty"
                ),
            )
