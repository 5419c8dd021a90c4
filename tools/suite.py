"""``./dev test``: the whole suite, and with ``--full`` its combinations too."""

from __future__ import annotations

import os
import subprocess
import sys

from tools import combinations


def _side_by_side(arguments: list[str]) -> list[str]:
    """A process a core, each with servers of its own: most tests wait for a process that they started."""
    chosen = any(one.startswith(("-n", "--numprocesses", "--pdb")) for one in arguments)
    return [] if chosen else ["-n", str(os.cpu_count() or 2), "--dist", "worksteal"]


def run(arguments: list[str]) -> int:
    """Run pytest with these arguments; ``--full`` runs the combinations after it.  0 if all is green."""
    suite = subprocess.run([sys.executable, "-m", "pytest", *_side_by_side(arguments), *arguments], check=False)
    if "--full" not in arguments or suite.returncode in (2, 3, 4):  # interrupted, internal error, usage
        return suite.returncode
    return combinations.run(suite.returncode)
