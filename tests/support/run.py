"""Our command, and plain Alembic, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.support import forked

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120.0


class Run(NamedTuple):
    """What a finished command left: ``exit_code, stdout, stderr = run``."""

    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.stdout)

    def log(self) -> list[Any]:
        """The JSON lines on stderr (``--log-format json``)."""
        return [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]

    @property
    def output(self) -> str:
        """All that it wrote, for tests that look for what must not be there."""
        return self.stdout + self.stderr


def environment(changes: dict[str, Any]) -> dict[str, str]:
    """The environment of a command: this checkout's code, nothing of the developer's own settings.

    Args:
        changes: more variables; None takes one away.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MIGRATOR_", "PG", "MYSQL_"))}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    # A run would rest long beside the other tests, which use the same server.
    ours = {"NO_COLOR": "1", "COLUMNS": "200", "MIGRATOR_THROTTLE_RATIO": "0"}
    changed = {**kept, "PYTHONPATH": path, **ours, **changes}
    return {key: str(value) for key, value in changed.items() if value is not None}


def run(module: str, *arguments: str, folder: Path, within: float = PATIENCE, **env: Any) -> Run:
    """Run ``python -m module arguments`` to its end; as :func:`finish`."""
    ended = forked.run_module(module, arguments, folder=folder, environment=environment(env), within=within)
    if ended.exit_code is None:
        raise AssertionError(f"{module} {arguments!r} took longer than {within:g} s\n{ended.stdout}\n{ended.stderr}")
    return Run(ended.exit_code, ended.stdout, ended.stderr)


def start(module: str, *arguments: str, folder: Path, **env: Any) -> subprocess.Popen[str]:
    """Start ``python -m module arguments`` and return at once."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(env),
    )


def finish(process: subprocess.Popen[str], *, within: float = PATIENCE) -> Run:
    """Wait for a started command; one that takes longer than ``within`` seconds is killed and fails."""
    try:
        stdout, stderr = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        message = f"{process.args!r} took longer than {within:g} s\n{stdout}\n{stderr}"
        raise AssertionError(message) from None
    return Run(process.returncode, stdout, stderr)
