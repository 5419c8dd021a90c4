"""Reads ``migrations/data/*.py``."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from migrator.data.kinds import DataMigration
from migrator.errors import ConfigurationError, UserCodeError
from migrator.scripts.supervision import Supervision
from migrator.scripts.usercode import user_code


def load_data_migrations(folder: Path, supervision: Supervision | None = None) -> tuple[DataMigration, ...]:
    """The data migrations of a folder, by file name and then in the order of the file.

    Files that begin with ``_`` are left out; a folder that isn't there has none.

    Args:
        supervision: told before each module's code runs.

    Raises:
        UserCodeError: a module doesn't import: file, line and exception class; or it must not run.
        ConfigurationError: a declaration that can't work, or two of one name.
    """
    if not folder.is_dir():
        return ()
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    found = [migration for file in files for migration in _of_module(file, supervision or Supervision())]
    _refuse_duplicates(found)
    return tuple(found)


def _of_module(file: Path, supervision: Supervision) -> Iterator[DataMigration]:
    broken = supervision.begin(file, needed=True)
    if broken is not None:
        raise UserCodeError(f"data module {file.name} {broken.happened}", remedy="mend it, then run again")
    try:
        module = _import(file)
    finally:
        supervision.end()
    change = getattr(module, "change", "")
    if not isinstance(change, str):
        raise ConfigurationError(
            f"{file.name}: `change` must be a text", remedy='write change = "the_name_of_the_change"'
        )
    seen: list[DataMigration] = []
    for value in vars(module).values():
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, DataMigration) and not any(one is other for other in seen):
                seen.append(one)
                yield replace(one, change=change or one.change or one.name, path=file)


def _import(file: Path) -> ModuleType:
    name = f"_migrator_data_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}_{file.stem}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{file.name} can't be read as a Python module", remedy="check the file's name")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles of the module look themselves up here
    try:
        with user_code(f"data module {file.name}", file):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _refuse_duplicates(migrations: list[DataMigration]) -> None:
    first: dict[str, DataMigration] = {}
    for one in migrations:
        other = first.setdefault(one.name, one)
        if other is not one:
            files = " and ".join(dict.fromkeys(path.name for path in (other.path, one.path) if path))
            raise ConfigurationError(
                f"two data migrations are called {one.name!r}, in {files}: progress is kept by name",
                remedy="give one of them another name",
            )
