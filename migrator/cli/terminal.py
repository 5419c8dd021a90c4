"""What the terminal is like."""

from __future__ import annotations

import shutil
import sys


def terminal_width() -> int | None:
    """The width in characters when stdout is a terminal, else None (no wrapping, no drawing)."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
