"""``python -m benchmarks.foreign_histories``: check the Alembic histories that other projects carry in their wheels.

Each is installed from the package index into an environment of its own, below ``--folder``, which is kept; with
``--bare`` without what it depends on, so that a revision that imports the application can't be imported.  Nothing runs
but their revisions' ``upgrade()``, against the recorder.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHECKS = ("postgast", "sqlglot")


@dataclass(frozen=True, kw_only=True)
class History:
    """Where a wheel has its revisions, below the folder of installed packages."""

    name: str
    package: str
    scripts: str
    versions: str = "versions"
    dialect: str = "postgresql"


HISTORIES = (
    History(name="airflow", package="apache-airflow-core", scripts="airflow/migrations"),
    History(name="superset", package="apache-superset", scripts="superset/migrations"),
    History(name="mlflow", package="mlflow", scripts="mlflow/store/db_migrations"),
    History(
        name="prefect",
        package="prefect",
        scripts="prefect/server/database/_migrations",
        versions="versions/postgresql",
    ),
    History(
        name="prefect-sqlite",
        package="prefect",
        scripts="prefect/server/database/_migrations",
        versions="versions/sqlite",
        dialect="sqlite",
    ),
)

REASONS = (
    ("doesn't import", "import"),
    ("value in its text", "text"),
    ("one choice too many", "ways"),
    (" raised ", "raised"),
    ("did not end", "time"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foreign_histories", description=__doc__)
    parser.add_argument("--folder", type=Path, help="for the environments; default a temporary one")
    parser.add_argument("--only", action="append", choices=[one.name for one in HISTORIES])
    parser.add_argument("--bare", action="store_true", help="install the wheels without what they depend on")
    parser.add_argument("--list", action="store_true", help="name each revision that is not analysable")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        print(f"{'history':<15}{'revisions':>10}{'judged':>8}{'not':>5}{'share':>7}{'s':>7}{'MiB':>6}  reasons")
        for history in HISTORIES:
            if not options.only or history.name in options.only:
                _report(history, _environment(history, folder, bare=options.bare), listing=options.list)


def _environment(history: History, folder: Path, *, bare: bool) -> Path:
    """The Python of an environment that has the package and what the check needs."""
    made = folder / f"{history.package}{'-bare' if bare else ''}"
    python = made / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (made / "complete").exists():
        venv.create(made, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--prefer-binary"]
        subprocess.run([*pip, *(["--no-deps"] if bare else []), history.package], check=True)
        # Ours comes last and as it is here; an application may want another SQLAlchemy than the newest.
        subprocess.run([*pip, *CHECKS, "alembic>=1.18", "sqlalchemy>=2", "click", "rich"], check=True)
        (made / "complete").touch()
    return python


def _report(history: History, python: Path, *, listing: bool) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    document = _checked(history, python)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if document is None:
        print(f"{history.name:<15}  failed")
        return
    reasons: dict[str, str] = {}
    for one in document["findings"]:
        if one["rule"] == "not-analysable":
            reasons.setdefault(one["revision"], _reason(one["message"]))
            if listing:
                print(f"    {Path(one['file']).name}:{one['line']}: {one['message']}")
    revisions = document["checked"]["revisions"]
    memory = after.ru_maxrss // 1024 if after.ru_maxrss > before.ru_maxrss else 0
    shown = ", ".join(f"{name} {count}" for name, count in Counter(reasons.values()).most_common())
    print(
        f"{history.name:<15}{revisions:>10}{revisions - len(reasons):>8}{len(reasons):>5}"
        f"{len(reasons) / revisions:>7.1%}{seconds:>7.1f}{memory or '':>6}  {shown}"
    )


def _checked(history: History, python: Path) -> dict[str, Any] | None:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    installed = Path(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip())
    scripts = installed / history.scripts
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "alembic.ini").write_text(
            f"[alembic]\nscript_location = {scripts}\nversion_locations = {scripts / history.versions}\n"
        )
        command = [str(python), "-m", "migrator", "check", "--dialect", history.dialect, "--format", "json"]
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    if done.returncode not in (0, 3):
        sys.stderr.write("\n".join(_lines(done.stderr)))
        return None
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _lines(text: str) -> Iterator[str]:
    yield from text.splitlines()[-20:]
    yield ""


def _reason(message: str) -> str:
    return next((name for words, name in REASONS if words in message), "other")


if __name__ == "__main__":
    main()
