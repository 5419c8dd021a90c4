"""Which files are of Python and of what is installed, and which of the project."""

from __future__ import annotations

import os
import site
import sysconfig
from functools import cache
from pathlib import Path


@cache
def _standard() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(f"{os.path.abspath(paths[one])}{os.sep}" for one in ("stdlib", "platstdlib"))


@cache
def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    ours = str(Path(__file__).resolve().parent.parent)
    folders = [paths["purelib"], paths["platlib"], *site.getsitepackages(), site.getusersitepackages(), ours]
    return tuple(f"{os.path.abspath(one)}{os.sep}" for one in folders)


def of_standard_library(path: str) -> bool:
    """Whether a file or folder (absolute) belongs to Python itself."""
    inside = f"{os.path.abspath(path)}{os.sep}".startswith(_standard())
    return inside and "-packages" not in path


def of_libraries(path: str) -> bool:
    """Whether a file or folder (absolute) belongs to Python, to what is installed, or to us."""
    return f"{path}{os.sep}".startswith((*_standard(), *_installed()))


def of_one_project(path: str, other: str) -> bool:
    """Whether a file is of the project that ``other`` is of: no library, or of the installed package that holds both.

    Args:
        path, other: absolute.
    """
    if not of_libraries(path):
        return True
    holding = [one for one in _installed() if other.startswith(one)]
    return any(path.startswith(f"{one}{other[len(one) :].partition(os.sep)[0]}{os.sep}") for one in holding)
