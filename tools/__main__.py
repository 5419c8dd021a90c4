"""``python -m tools check|test``: called by ``./dev`` in the project's environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools import checks, suite


def main(arguments: list[str]) -> int:
    os.chdir(Path(__file__).resolve().parent.parent)
    command, *rest = arguments
    try:
        return checks.run(rest) if command == "check" else suite.run(rest)
    except KeyboardInterrupt:
        print("dev: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
