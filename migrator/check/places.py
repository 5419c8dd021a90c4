"""How a file is named in a report."""

from __future__ import annotations

from pathlib import Path


def shown_path(file: str | Path) -> str:
    """Relative to the working directory when below it, else absolute; empty stays empty."""
    if not str(file):
        return ""
    path = Path(file).absolute()
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
