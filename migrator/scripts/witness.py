"""Notes all that the user's code takes from outside while it is run: files, folders, variables of the environment.

It can't be undone, so only a process of its own watches itself.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from migrator.scripts.ingredients import Ingredients, digest_of_variables, state_of
from migrator.scripts.library_paths import of_libraries, of_standard_library
from migrator.scripts.project import Project
from migrator.scripts.static_graph import script_folders
from migrator.scripts.steadiness import imported_roots, is_steady, is_steady_at_import

_UNSTEADY = frozenset({"socket.gethostname"})
_FOLDERS = frozenset({"os.listdir", "os.scandir"})
_WRITES = os.O_WRONLY | os.O_RDWR
_IMPORTS = "<frozen importlib._bootstrap_external>"
Stamp = tuple[int, int, int] | None


class Witness:
    """Listens from :meth:`listen` on; :meth:`ingredients` ends it."""

    def __init__(self) -> None:
        self._before = dict(os.environ)
        self._opened: dict[str, Stamp] = {}
        self._listed: dict[tuple[str, str], None] = {}
        self._looked_at: dict[str, None] = {}
        self._variables: set[str] = set()
        self._steady = True
        self._listens = False
        self._stat = os.stat

    def listen(self) -> None:
        """From now on."""
        self._listens = True
        sys.addaudithook(self._hear)
        self._watch_environment()
        self._watch_looks()

    def ingredients(self, project: Project) -> Ingredients | None:
        """All that was taken, each thing in its present state.

        Returns:
            None where another run over the same things could come to something else: code asks the clock, the machine
            or chance, a revision asks the environment, or a file was changed meanwhile.
        """
        self._listens = False
        files = self._files(project)
        if not self._steady or not self._is_unchanged() or not self._is_code_steady(project, files):
            return None
        things = {("bytes", one) for one in files}
        things |= {one for one in self._listed if not of_libraries(one[1]) or one[1] in _own_folders(project)}
        things |= {("kind", one) for one in self._looked_at if one not in files and not of_libraries(one)}
        things |= {("modules", one or os.getcwd()) for one in sys.path if not of_standard_library(one)}
        things |= {("names", one) for one in _own_folders(project)}
        salt = secrets.token_hex(16)
        return Ingredients(
            things=tuple((aspect, path, state_of(aspect, path)) for aspect, path in sorted(things)),
            variables=tuple(sorted(self._variables)),
            salt=salt,
            values=digest_of_variables(self._variables, self._before, salt),
        )

    # -- what is heard -----------------------------------------------------------------------------------------------

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._listens:
            return
        if event == "open":
            self._hear_open(*arguments)
        elif event in _FOLDERS:
            path = _path(arguments[0] if arguments[0] is not None else ".")
            if path is None:
                self._steady = False
            else:
                imports = sys._getframe(1).f_code.co_filename == _IMPORTS
                self._listed[("modules" if imports else "names", path)] = None
        elif event in _UNSTEADY:
            self._steady = False

    def _hear_open(self, given: Any, mode: str | None, flags: int) -> None:
        writes = bool(flags & _WRITES) if mode is None else any(one in mode for one in "wax+")
        path = _path(given)
        if path is None or writes or path.startswith(("/dev/", "/proc/")):
            return
        path = _source(path)
        self._opened.setdefault(path, self._stamp(path))

    def _watch_environment(self) -> None:
        note = self._variables.add
        before = self._before

        class Watched(type(os.environ)):  # type: ignore[misc]  # the class has no public name
            """The environment; notes the names that are read."""

            def __getitem__(self, key: str) -> str:
                note(str(key))  # what is no text is refused in the next line
                return str(super().__getitem__(key))

            def __iter__(self) -> Iterator[str]:
                for name in before:
                    note(name)
                return iter(super().__iter__())

        os.environ.__class__ = Watched
        if os.supports_bytes_environ:
            os.environb.__class__ = _unreadable(type(os.environb), self._not_steady)

    def _not_steady(self) -> None:
        self._steady = self._steady and not self._listens

    def _watch_looks(self) -> None:
        for name in ("stat", "lstat"):
            plain = getattr(os, name)

            def look(path: Any, *given: Any, _plain: Callable[..., Any] = plain, **named: Any) -> Any:
                known = _path(path) if self._listens else None
                if known is not None:
                    self._looked_at[known] = None
                return _plain(path, *given, **named)

            for ability in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
                if plain in ability:
                    ability.add(look)
            setattr(os, name, look)

    # -- what becomes of it ------------------------------------------------------------------------------------------

    def _stamp(self, path: str) -> Stamp:
        try:
            found = self._stat(path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _is_unchanged(self) -> bool:
        return all(self._stamp(path) == stamp for path, stamp in self._opened.items())

    def _files(self, project: Project) -> set[str]:
        """Of all that was read and imported: what is no library."""
        own = tuple(f"{one}{os.sep}" for one in _own_folders(project))
        loaded = (getattr(one, "__file__", None) for one in list(sys.modules.values()))
        read = {*self._opened, *(_source(os.path.abspath(one)) for one in loaded if isinstance(one, str))}
        found = {one for one in read if one.startswith(own) or not of_libraries(one)}
        beside = [project.config_file.with_name(name) for name in ("alembic.ini", "pyproject.toml")]
        return found | {str(one) for one in beside}

    def _is_code_steady(self, project: Project, files: set[str]) -> bool:
        revisions = {str(one.path.resolve()) for one in project.graph.revisions.values()}
        sources = {one: _text(one) for one in revisions}
        if not all(is_steady(text, environment=False) for text in sources.values()):
            return False
        modules = _modules_of(files - revisions)
        todo = {name for text in sources.values() for name in imported_roots(text)}
        seen: set[str] = set()
        env = os.path.abspath(project.script.env_py_location)
        inside = {env}
        while todo:
            seen |= todo
            found = {file for name in todo for file in modules.get(name, ())}
            inside |= found
            todo = {name for file in found for name in imported_roots(_text(file))} - seen
        outside = {one for one in files - revisions - inside if one.endswith(".py")}
        return all(is_steady(_text(one), environment=True) for one in inside) and all(
            is_steady_at_import(_text(one)) for one in outside
        )


def _modules_of(files: set[str]) -> dict[str, list[str]]:
    """Top-level package → those of the files that modules of it were loaded from."""
    found: dict[str, list[str]] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and (path := _source(os.path.abspath(file))) in files:
            found.setdefault(name.partition(".")[0], []).append(path)
    return found


def _unreadable(plain: Any, tell: Callable[[], None]) -> Any:
    class Watched(plain):  # type: ignore[misc]  # the class has no public name
        """The environment as bytes, which hardly anybody reads."""

        def __getitem__(self, key: bytes) -> Any:
            tell()
            return super().__getitem__(key)

        def __iter__(self) -> Any:
            tell()
            return super().__iter__()

    return Watched


def _own_folders(project: Project) -> set[str]:
    folders = [Path(project.script.dir), project.data_folder, *script_folders(project.script)]
    return {os.path.abspath(str(one)) for one in folders}


def _path(given: Any) -> str | None:
    """Absolute; None for what is no path."""
    try:
        return os.path.abspath(os.fsdecode(given))
    except (TypeError, ValueError):
        return None


def _source(path: str) -> str:
    """The text from which a compiled file was made."""
    if path.endswith(".pyc"):
        try:
            return importlib.util.source_from_cache(path)
        except ValueError:
            return path
    return path


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
