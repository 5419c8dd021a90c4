"""A project whose revision files need not all import: one that doesn't is read as text, and is a finding."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from alembic.util.exc import CommandError
from alembic.util.pyfiles import load_python_file

from migrator.errors import ConfigurationError, UserCodeError
from migrator.model.phase import Phase
from migrator.scripts.config_file import find_config
from migrator.scripts.graph import RevisionGraph, build_graph
from migrator.scripts.loosening import loosened, without_itself
from migrator.scripts.project import Project, alembic_config, refuse_missing_branches
from migrator.scripts.recording import RecordingError
from migrator.scripts.settings import load_settings
from migrator.scripts.static_graph import literals, read_module, script_files, script_folders
from migrator.scripts.supervision import Supervision
from migrator.scripts.usercode import line_of, user_code

NOT_IMPORTED = "migrator_not_imported"
"""The attribute of a module that was only read as text; it holds the RecordingError."""
_PLACING = frozenset({"branch_labels", "depends_on"})


def load_tolerantly(
    config_file: Path | None, *, overrides: Mapping[str, Any] | None = None, supervision: Supervision
) -> Project:
    """Find and read the project; a file that doesn't import has its place in the graph by what its text says.

    A project without any branch of ours has one history, whose every revision counts as expand.  Several heads in a
    branch and a ``depends_on`` that can't be kept are no error here: :func:`migrator.scripts.loosening.loose_in`.

    Raises:
        ConfigurationError: otherwise as :func:`load_project`; and a file that can't be read as text either.
    """
    path = find_config(config_file)
    settings = load_settings(path, overrides=overrides or {})
    config = alembic_config(path)
    try:
        script = ScriptDirectory.from_config(config)
        folders = script_folders(script)
    except (CommandError, ImportError) as error:
        raise ConfigurationError(
            f"Alembic can't use {path.name}: {error}", remedy="mend script_location in its alembic section"
        ) from None
    files = [Path(file) for file in script_files(script, folders)]
    script.revision_map = RevisionMap(lambda: loosened([_script(file, supervision) for file in files]))
    graph = build_graph(script)
    if has_branches(graph) and not _hides_branches(graph):
        refuse_missing_branches(graph, path)
    else:
        graph = _as_expand(graph)
    return Project(config_file=path, config=config, script=script, graph=graph, settings=settings)


def has_branches(graph: RevisionGraph) -> bool:
    """Whether the project has an expand or a contract branch."""
    return any(revision.anchor for revision in graph.revisions.values())


def not_imported(module: Any) -> RecordingError | None:
    """Why the module is only what its text says; None for one that was imported."""
    failure = getattr(module, NOT_IMPORTED, None)
    return failure if isinstance(failure, RecordingError) else None


def _hides_branches(graph: RevisionGraph) -> bool:
    """Whether a revision that doesn't import may begin a branch, or stand in another order than the rest."""
    failures = (not_imported(graph.module(one)) for one in graph.order)
    return any(failure is not None and failure.unplaced for failure in failures)


def _as_expand(graph: RevisionGraph) -> RevisionGraph:
    judged = {key: replace(one, phase=Phase.EXPAND) for key, one in graph.revisions.items()}
    return replace(graph, revisions=judged)


def _script(file: Path, supervision: Supervision) -> Script:
    failure = supervision.begin(file)
    if failure is None:
        try:
            with user_code(f"revision file {file.name}", file, everything=True):
                return _imported(file)
        except UserCodeError as error:
            failure = _failure(file, error.__cause__)
        finally:
            supervision.end()
    unsaid: dict[str, int] = {}
    module = without_itself(read_module(file, unsaid))
    setattr(module, NOT_IMPORTED, _with_unsaid(failure, unsaid))
    module.__dict__.update(literals(file, {"allow"}))
    return Script(module, module.__dict__["revision"], str(file))


def _imported(file: Path) -> Script:
    module = load_python_file(str(file.parent), file.name)
    _refuse_odd(module, file)
    return Script(without_itself(module), module.revision, str(file))


def _refuse_odd(module: ModuleType, file: Path) -> None:
    """Alembic takes these attributes as they are, and fails far from here."""
    if not isinstance(getattr(module, "revision", None), str):
        raise ConfigurationError(
            f"{file.name} sets no `revision`, so it can't be placed among the revisions",
            remedy='write revision = "..." at its top level, or move the file out of the version locations',
        )
    for name in ("down_revision", "depends_on", "branch_labels"):
        value = getattr(module, name, None)
        texts = [value] if isinstance(value, str) else value if isinstance(value, Collection) else [value]
        if value is not None and not all(isinstance(one, str) for one in texts):
            raise ConfigurationError(
                f"{name} of {file.name} must be an id, several of them or None",
                remedy=f'write {name} = "..." at its top level',
            )


def _with_unsaid(failure: RecordingError, unsaid: Mapping[str, int]) -> RecordingError:
    """With what its text doesn't say: name → line."""
    if not unsaid:
        return failure
    names = " and ".join(f"`{name}` (line {line})" for name, line in unsaid.items())
    told = f"{failure.happened}, and only running it would say what its {names} is"
    return replace(failure, happened=told, unplaced=not _PLACING.isdisjoint(unsaid))


def _failure(file: Path, cause: BaseException | None) -> RecordingError:
    name = type(cause).__name__
    missing = getattr(cause, "name", None) if isinstance(cause, ImportError) else None
    told = f" (no {missing})" if isinstance(missing, str) and re.fullmatch(r"[\w.]+", missing) else ""
    return RecordingError(
        error_class=name,
        file=str(file),
        line=line_of(cause, file) if cause is not None else 0,
        happened=f"doesn't import: {name}{told}",
    )
