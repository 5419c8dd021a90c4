"""What the process that checks is asked, and what it answers; here without anything that takes long to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

TIME_LIMIT = timedelta(seconds=10)


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
        verbose: whether the frames of an error in the user's code are printed.
    """

    config_file: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    paths: Sequence[Path] = ()
    dialects: Sequence[str] = ()
    since: str | None = None
    server_version: str | None = None
    time_limit: timedelta = TIME_LIMIT
    drift: bool = True
    verbose: bool = False


@dataclass(frozen=True, kw_only=True)
class BrokenFile:
    """A file whose code ended an earlier process; ``happened`` is a verb, ``line`` 0 where it isn't known."""

    file: str
    line: int
    happened: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """All that the child is sent: the request, what must not run, where it writes its frames when time is over."""

    request: CheckRequest
    broken: tuple[BrokenFile, ...]
    frames: Path


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The child says that this file's code runs now; empty: no file's does."""

    file: str
