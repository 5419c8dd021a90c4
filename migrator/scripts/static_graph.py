"""The revision graph from the text of the revision files: nothing of the user's is imported, not even env.py.

For those who must not run migrations by accident: a readiness probe asks from inside the application.  Alembic's own
classes are fed with what the files say, so that ids, labels and order are resolved by the same code.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from alembic.util.exc import CommandError
from alembic.util.pyfiles import coerce_resource_to_filename

from migrator.errors import ConfigurationError
from migrator.scripts.graph import RevisionGraph, build_graph
from migrator.scripts.project import alembic_config
from migrator.scripts.static_values import bound_names, value_of

NAMES = frozenset(
    "revision down_revision depends_on branch_labels change requires_data requires_services".split()
)  # what the graph needs; the rest of the file may be any Python
_PLACE = frozenset({"revision", "down_revision"})  # without these a revision has no place in the graph
_ID_IN_FILE_NAME = re.compile(r"([a-f0-9]+)\.py")  # what Alembic 0.1 did, and Alembic still reads
_NOT_A_REVISION = (".#", "__init__")
_COMPILED = (".pyc", ".pyo")


def static_graph(config_file: Path) -> RevisionGraph:
    """Read the revision files of a project as text.

    Args:
        config_file: alembic.ini or pyproject.toml.

    Returns:
        The same graph as the imported one, but for ``allow``, which is empty, and without modules.

    Raises:
        ConfigurationError: a file can't be parsed, or one of :data:`NAMES` in it is not a literal: file and line; a
            script location that isn't there; revisions that don't fit together.
    """
    with _same_import_path():
        try:
            script = ScriptDirectory.from_config(alembic_config(config_file))
            folders = script_folders(script)
        except (CommandError, ImportError) as error:
            raise ConfigurationError(
                f"Alembic can't use {config_file.name}: {error}", remedy="mend script_location in its alembic section"
            ) from None
    script.revision_map = RevisionMap(lambda: [read_script(file) for file in script_files(script, folders)])
    graph = build_graph(script)
    if not graph.revisions:
        # Alembic passes over a folder that isn't there; a probe that did would find every database ready.
        raise ConfigurationError(
            f"{config_file.name} leads to no revision: {', '.join(map(str, folders))}",
            remedy="mend version_locations; write them with %(here)s, or they depend on the working directory",
        )
    return graph


@contextmanager
def _same_import_path() -> Iterator[None]:
    """Alembic puts ``prepend_sys_path`` before sys.path, which the application that asks must not notice."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def script_folders(script: ScriptDirectory) -> tuple[Path, ...]:
    """As Alembic takes them; ``package:folder`` is looked up, which imports the package."""
    locations = script.version_locations or [str(Path(script.dir) / "versions")]
    return tuple(coerce_resource_to_filename(location).absolute() for location in locations)


def script_files(script: ScriptDirectory, folders: Iterable[Path]) -> Iterator[Path]:
    """The revision files, each once, in a fixed order."""
    seen: set[Path] = set()
    for folder in folders:
        for file in _below(folder, recursive=script.recursive_version_locations):
            real = file.resolve()
            if real in seen or file.name.startswith(_NOT_A_REVISION):
                continue
            seen.add(real)
            if script.sourceless and file.suffix in _COMPILED:
                _refuse_sourceless(file)
            elif file.suffix == ".py":
                yield real


def _below(folder: Path, *, recursive: bool) -> Iterator[Path]:
    if not folder.is_dir():
        return
    inside = sorted(folder.iterdir())
    yield from (file for file in inside if file.is_file())
    if recursive:
        for one in inside:
            if one.is_dir() and one.name != "__pycache__":
                yield from _below(one, recursive=True)


def _refuse_sourceless(file: Path) -> None:
    if not file.with_suffix(".py").exists():
        raise ConfigurationError(
            f"{file.name} has no source beside it: without importing it nothing says which revision it is",
            remedy="ship the .py files of the revisions with the image",
        )


def read_module(file: Path, unsaid: dict[str, int] | None = None) -> ModuleType:
    """What the graph needs of one revision file, from its text alone.

    Args:
        unsaid: to be filled with what the text doesn't say: name → line, and the module goes without it; but for its
            id and what it follows.  A constant that stands in another file is read there.  None wants literals.

    Raises:
        ConfigurationError: it is no Python, or its id isn't a literal.
    """
    return _Reader(file, unsaid).module()


def read_script(file: Path) -> Script:
    """One revision file as Alembic's script; raises as :func:`read_module`."""
    module = read_module(file)
    return Script(module, module.__dict__["revision"], file)


def literals(file: Path, names: Collection[str]) -> dict[str, Any]:
    """Those of the names that the file's top level sets to a literal, with their values."""
    found: dict[str, Any] = {}
    for statement in ast.parse(file.read_bytes(), file.name).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            with suppress(ValueError, TypeError, SyntaxError, RecursionError):
                found.update({name: ast.literal_eval(statement.value)} if name in names else {})
    return found


class _Reader:
    """One revision file: its top-level literals, as the attributes of a module that was never run."""

    def __init__(self, file: Path, unsaid: dict[str, int] | None = None) -> None:
        self._file = file
        self._unsaid = unsaid

    def module(self) -> ModuleType:
        tree = self._parsed()
        module = ModuleType(self._file.stem, ast.get_docstring(tree, clean=False))
        for statement in tree.body:
            for name, value in self._said(statement):
                setattr(module, name, value)
        self._complete(module)
        return module

    def _parsed(self) -> ast.Module:
        try:
            return ast.parse(self._file.read_bytes(), self._file.name)
        except OSError as error:
            raise self._unreadable(type(error).__name__) from None
        except SyntaxError as error:
            raise self._unreadable("SyntaxError", error.lineno or 0) from None
        except ValueError as error:
            raise self._unreadable(type(error).__name__) from None

    def _said(self, statement: ast.stmt) -> Iterator[tuple[str, Any]]:
        if self._unsaid is None:
            yield from self._assigned(statement)
            return
        try:
            yield from list(self._assigned(statement))
        except ConfigurationError:
            names = {*bound_names(statement)} & NAMES
            if names & _PLACE:
                raise
            self._unsaid.update(dict.fromkeys(names, statement.lineno))
            yield from ((name, None) for name in names)

    def _assigned(self, statement: ast.stmt) -> Iterator[tuple[str, Any]]:
        """Names of ours that a top-level statement sets, with their values; a function sets none."""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound = {statement.name}
        else:
            bound = set(bound_names(statement))
        if not bound & NAMES:
            return
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            if statement.value is None:
                return  # a bare annotation sets nothing
            targets = [statement.target]
        for target in targets:
            if not isinstance(target, ast.Name):
                raise self._not_literal(bound, statement.lineno)
        if not targets:
            raise self._not_literal(bound, statement.lineno)
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        assert statement.value is not None
        try:
            value = self._value(statement.value)
        except (ValueError, TypeError, SyntaxError, RecursionError):
            raise self._not_literal(bound, statement.lineno) from None
        yield from ((target.id, value) for target in targets if isinstance(target, ast.Name) and target.id in NAMES)

    def _value(self, expression: ast.expr) -> Any:
        return ast.literal_eval(expression) if self._unsaid is None else value_of(expression, self._file)

    def _complete(self, module: ModuleType) -> None:
        named = _ID_IN_FILE_NAME.match(self._file.name)
        if not hasattr(module, "revision") and named:
            setattr(module, "revision", named.group(1))  # noqa: B010  mypy knows no such attribute of a module
        for name in ("revision", "down_revision"):
            if not hasattr(module, name):
                raise ConfigurationError(
                    f"{self._file.name} sets no `{name}`, so it can't be placed among the revisions",
                    remedy=f"write {name} = ... at its top level, or move the file out of the version locations",
                )

    def _unreadable(self, kind: str, line: int = 0) -> ConfigurationError:
        place = f"{self._file.name}:{line}" if line else self._file.name
        return ConfigurationError(
            f"{place} can't be read as Python ({kind}), so which revision it is stays unknown",
            remedy=f"mend it; python -m py_compile {self._file.name} says more",
        )

    def _not_literal(self, bound: set[str], line: int) -> ConfigurationError:
        name = min(bound & NAMES)
        return ConfigurationError(
            f"{self._file.name}:{line}: `{name}` is not a literal: only running the file would say what it is,"
            " and here no migration is run",
            remedy=f"write its value out at the top level, for example {_EXAMPLES[name]}",
        )


_EXAMPLES = {
    "revision": 'revision = "b71e"',
    "down_revision": 'down_revision = "a90c"',
    "depends_on": 'depends_on = ("a90c",)',
    "branch_labels": "branch_labels = None",
    "change": 'change = "user_full_name"',
    "requires_data": 'requires_data = ["user_full_name"]',
    "requires_services": 'requires_services = {"api": "2026.46"}',
}
