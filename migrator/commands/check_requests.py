"""What the process that checks is asked, and what it answers; here without anything that takes long to import."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from migrator.model.finding import CheckReport
from migrator.scripts.git_changes import Since
from migrator.scripts.ingredients import Ingredients

TIME_LIMIT = timedelta(seconds=10)
TOTAL_LIMIT = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """What to check; it can be sent to another process.

    Args:
        config_file: alembic.ini or pyproject.toml; None looks in the working directory.
        overrides: settings by name; None values mean not given.
        paths: only revisions in these files and folders; empty judges all.
        dialects: which databases to check for; empty takes ``databases`` of the settings, else the dialect of env.py's
            URL, else all four.
        since: only revisions whose files changed since this commit of git; None for all.
        server_version: as ``15``; None for the oldest that is supported.
        time_limit: how long the code of one file may run.
        drift: whether the models are compared with what the revisions make; not where ``paths`` are given.
        total_limit: how long files may be tried while some of them hang or end the process; what was not run by then
            is not run any more.
        verbose: whether the frames of an error in the user's code are printed.
        database: compare the models with the database of this URL instead of judging anything.
    """

    config_file: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    paths: Sequence[Path] = ()
    dialects: Sequence[str] = ()
    since: str | None = None
    server_version: str | None = None
    time_limit: timedelta = TIME_LIMIT
    drift: bool = True
    total_limit: timedelta = TOTAL_LIMIT
    verbose: bool = False
    database: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class BrokenFile:
    """A file whose code ended an earlier process; ``happened`` is a verb, ``line`` 0 where it isn't known."""

    file: str
    line: int
    happened: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """All that the child is sent.

    Attributes:
        request: what to check.
        broken: what must not run.
        since: what changed since the commit of the request; None for no such limit.
        allowed: how often the code of a file may run (its import is the first time), and no file's that isn't in it;
            None for no limit.
        frames: the file into which it writes its frames when time is over.
    """

    request: CheckRequest
    broken: tuple[BrokenFile, ...]
    since: Since | None = None
    allowed: Mapping[str, int] | None = None
    frames: Path = Path(os.devnull)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The child says that this file's code runs now; empty: it came back, and no file's does."""

    file: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The report, and what it was made of; None where another run could come to something else."""

    report: CheckReport
    ingredients: Ingredients | None
