"""How many test processes run side by side."""

from __future__ import annotations

import os

# Half as many again as there are cores, each with servers of its own: most tests wait, for a process or for a lock.
SIDE_BY_SIDE = ["-n", str((os.cpu_count() or 2) * 3 // 2), "--dist", "worksteal"]


def side_by_side(arguments: list[str]) -> list[str]:
    """pytest's options for it; none where the arguments choose a number themselves or ask for the debugger."""
    chosen = any(one.startswith(("-n", "--numprocesses", "--pdb")) for one in arguments)
    return [] if chosen else SIDE_BY_SIDE
