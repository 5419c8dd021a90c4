"""``migrator check`` over files of SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from migrator.check.sql import check_sql as check
from migrator.check.sql_files import read_file, read_files
from migrator.errors import UsageError
from migrator.model.finding import CheckReport
from migrator.model.phase import Phase


def check_sql(
    paths: Sequence[str],
    *,
    phase: Phase,
    dialects: Sequence[str],
    standard_input: Callable[[], bytes],
    server_version: str | None = None,
    schema: Path | None = None,
) -> CheckReport:
    """Judge files of SQL without a project and without a database.

    Args:
        paths: files, folders, or ``-``; at least one.
        phase: what the text is for.
        dialects: exactly one: SQL is written for one server.
        standard_input: reads all of it.
        server_version: as ``15``; None for the oldest that is supported.
        schema: a file with what exists before.

    Raises:
        UsageError: no dialect or several, no path, or a file that can't be used.
    """
    if len(dialects) != 1:
        raise UsageError(
            "files of SQL are written for one server, and nobody says which",
            remedy="name it:  migrator check --phase expand --dialect postgresql FILE.sql",
        )
    if not paths:
        raise UsageError(
            "there is no file to check",
            remedy=f"name files, or - for standard input:  migrator check --phase {phase} --dialect {dialects[0]} -",
        )
    return check(
        read_files(paths, standard_input),
        phase=phase,
        dialect=dialects[0],
        server_version=server_version,
        baseline=None if schema is None else read_file(schema),
    )
