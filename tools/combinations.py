"""``./dev test --full``: the suite with the supported versions of Python, SQLAlchemy and Alembic.

Each combination has an environment of its own below ``.cache/venvs`` and runs the tests that depend on these
versions: those of single parts, of the command line and of rewritten functions, without the ones marked ``slow``, on
SQLite and PostgreSQL, which take turns where a test is of our own ways.  What the suite
itself ran with is not run again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.compiled import compile_modules
from tools.workers import SIDE_BY_SIDE

VENVS = Path(".cache/venvs")
WATCHED = [f"tests/unit/check/test_{name}.py" for name in ("unknowns", "many_rows", "project_helpers")]  # Python's code
SELECTION = ["--only", "sqlite,postgresql", "--in-turn", "-m", "not slow", "tests/integration", "tests/cli", *WATCHED]
NOTHING_COLLECTED = 5
NEWER_PYTHONS = ("3.12", "3.13", "3.14")


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A Python program, and what pip is asked for beside the project."""

    python: str
    version: str
    pins: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join([f"Python {self.version}", *self.pins])

    @property
    def folder(self) -> Path:
        return VENVS / re.sub(r"[^\w.]+", "-", self.name)


@dataclass(frozen=True, kw_only=True)
class Result:
    combination: Combination
    versions: str
    closing_line: str
    exit_code: int
    seconds: float


def run(suite_exit_code: int) -> int:
    """Run every combination, print what ran, and return 0 if the suite and all of them were green."""
    suite = _versions(sys.executable)
    results = [result for combination in _combinations() if (result := _run_one(combination, suite)) is not None]
    print("\ncombinations:")
    print(f"  {'ok' if suite_exit_code == 0 else 'FAILED':6} the whole suite on all servers (above)")
    for result in results:
        state = "FAILED" if result.exit_code else "ok"
        print(f"  {state:6} {result.versions}: {result.closing_line} [{result.seconds:.0f} s]")
    absent = [version for version in NEWER_PYTHONS if version not in {r.combination.version for r in results}]
    if absent:
        print(f"  not installed here, not run: Python {', '.join(absent)}")
    return 1 if suite_exit_code or any(result.exit_code for result in results) else 0


def _combinations() -> list[Combination]:
    """What is run with the Pythons that are installed here."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    pythons = {here: sys.executable}
    for version in NEWER_PYTHONS:
        if version not in pythons and (program := _program(version)):
            pythons[version] = program
    return spread(pythons, lowest_alembic=f"alembic=={_lowest('alembic')}")


def spread(pythons: Mapping[str, str], *, lowest_alembic: str) -> list[Combination]:
    """Lowest and newest of each library crossed, and each Python at least once, in as few runs as that takes.

    Args:
        pythons: version to program.
        lowest_alembic: what pip is asked for.
    """
    older, newer = "sqlalchemy==2.0.*", "sqlalchemy==2.1.*"
    versions = sorted(pythons, key=lambda version: [int(number) for number in version.split(".")])
    oldest, newest = versions[0], versions[-1]
    between = versions[1:-1] or [newest]
    crossed = [(older, "alembic"), (newer, lowest_alembic)]
    chosen = [(oldest, (older, lowest_alembic))]
    chosen += [(between[number % len(between)], pins) for number, pins in enumerate(crossed)]
    chosen += [(version, ("sqlalchemy", "alembic")) for version in between[len(crossed) :]]
    chosen.append((newest, (newer, "alembic")))
    return [Combination(python=pythons[version], version=version, pins=pins) for version, pins in chosen]


def _lowest(distribution: str) -> str:
    """The lowest version that pyproject.toml allows."""
    wanted = tomllib.loads(Path("pyproject.toml").read_text())["project"]["dependencies"]
    found = re.search(rf"{distribution}>=([\d.]+)", " ".join(wanted))
    if found is None:
        raise SystemExit(f"dev: pyproject.toml names no lowest version of {distribution}")
    return found[1]


def _program(version: str) -> str | None:
    """An installed Python of this version, the system's or pyenv's, that runs and can make environments."""
    candidates = [shutil.which(f"python{version}"), f"/usr/bin/python{version}"]
    candidates += sorted(str(file) for file in Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in filter(None, candidates):
        try:
            tried = subprocess.run([candidate, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        except OSError:
            continue
        if tried.returncode == 0:
            return candidate
    return None


def _run_one(combination: Combination, suite: str) -> Result | None:
    """Run it; None where its versions are those that the suite ran with."""
    print(f"\n=== {combination.name} ===", flush=True)
    begin = time.monotonic()
    try:
        python = _environment(combination)
    except subprocess.CalledProcessError as error:
        line = f"its environment can't be made: {' '.join(map(str, error.cmd))}"
        return _result(combination, combination.name, line, 1, begin)
    versions = _versions(python)
    if versions == suite:
        print("the versions of the suite itself, not run again", flush=True)
        return None
    compile_modules(python)
    process = subprocess.Popen(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SIDE_BY_SIDE, *SELECTION],
        stdout=subprocess.PIPE,
        text=True,
    )
    closing_line = "no output"
    for line in process.stdout or ():
        print(line, end="", flush=True)
        closing_line = line.strip("= \n") or closing_line
    code = process.wait()
    return _result(combination, versions, closing_line, code, begin)


def _result(combination: Combination, versions: str, line: str, code: int, begin: float) -> Result:
    failed = 1 if code == NOTHING_COLLECTED else code
    return Result(
        combination=combination,
        versions=versions,
        closing_line=line,
        exit_code=failed,
        seconds=time.monotonic() - begin,
    )


def _environment(combination: Combination) -> str:
    """The environment's Python; installs only when pyproject.toml or the wish changed."""
    folder = combination.folder
    python = folder / "bin" / "python"
    stamp = folder / ".migrator-stamp"
    wish = repr((Path.cwd(), combination.pins)) + Path("pyproject.toml").read_text()
    digest = hashlib.sha256(wish.encode()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([combination.python, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--editable", ".[dev]", *combination.pins], check=True)
        stamp.write_text(digest)
    return str(python)


def _versions(python: str) -> str:
    code = (
        "import platform, alembic, sqlalchemy;"
        "print('Python', platform.python_version() + ', SQLAlchemy', sqlalchemy.__version__ + ', Alembic',"
        " alembic.__version__)"
    )
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
