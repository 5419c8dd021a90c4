"""``./dev test``: the whole suite, and with ``--full`` its combinations too."""

from __future__ import annotations

import subprocess
import sys

from tools import combinations
from tools.compiled import compile_modules
from tools.workers import side_by_side


def run(arguments: list[str]) -> int:
    """Run pytest with these arguments; ``--full`` runs the combinations after it.  0 if all is green."""
    compile_modules(sys.executable)
    suite = subprocess.run([sys.executable, "-m", "pytest", *side_by_side(arguments), *arguments], check=False)
    if "--full" not in arguments or suite.returncode in (2, 3, 4):  # interrupted, internal error, usage
        return suite.returncode
    return combinations.run(suite.returncode)
