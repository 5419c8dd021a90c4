"""Tables: drawn on a terminal, plain aligned lines elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 10_000


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    right: Sequence[str] = (),
) -> str:
    """A table as text, without a trailing newline.

    Args:
        columns: the heads.
        rows: cells as text; empty cells show as ``-``.
        width: the terminal's width in characters, where there is one: cells wrap and the head is ruled.  None gives
            plain lines that never wrap, for pipes and logs.
        right: the columns that are set flush right.
    """
    drawn = Table(box=SIMPLE_HEAD if width else None, pad_edge=False, show_edge=False)
    for name in columns:
        drawn.add_column(name, justify="right" if name in right else "left", no_wrap=width is None)
    for row in rows:
        drawn.add_row(*(Text(cell or "-") for cell in row))
    console = Console(file=io.StringIO(), width=width or _WIDE, color_system=None, force_terminal=False)
    console.print(drawn)
    output = console.file
    assert isinstance(output, io.StringIO)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())
