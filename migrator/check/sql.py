"""Check files of SQL, which no project holds: the rules and the planner of the revisions, over the text as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from migrator.check import suppressions
from migrator.check.judge import judge_fully
from migrator.check.planned import Planning
from migrator.check.situation import Made
from migrator.check.sql_files import Allowed, SQLFile, suppressions_of
from migrator.dialects.checking import check_rules
from migrator.dialects.schema_model import SchemaModel
from migrator.errors import UsageError
from migrator.model.finding import CheckReport, Finding
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.model.suppression import Suppression
from migrator.scripts.file_transactions import in_transactions
from migrator.scripts.recording import Recording
from migrator.scripts.sql_recording import SQLRecorder


def check_sql(
    files: Sequence[SQLFile],
    *,
    phase: Phase,
    dialect: str,
    server_version: str | None = None,
    baseline: SQLFile | None = None,
    today: date | None = None,
) -> CheckReport:
    """Judge files of SQL in order.

    A table that one file creates is new in that file.  With a baseline, what isn't in it is new in all of them.

    Args:
        phase: expand or contract: what the text is for.
        dialect: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
        server_version: as ``15``; None for the oldest that is supported.
        baseline: what exists before, as ``pg_dump --schema-only``, ``mysqldump --no-data`` or ``.schema`` print it.
        today: for suppressions that expire; None asks the clock.

    Raises:
        UsageError: a file without a statement; no version of a server.
    """
    day = today or datetime.now(UTC).date()
    planning = Planning.for_server(dialect, server_version)
    recorder = SQLRecorder(check_rules(dialect), SchemaModel(complete=baseline is not None))
    if baseline is not None:
        recorder.learn(baseline.text)
    made = Made()
    found: list[Finding] = []
    held: list[Finding] = []
    statements = 0
    for file in files:
        recording = record_file(file, phase, dialect, recorder)
        statements += len(recording.items)
        judgement = judge_fully(
            recording,
            dialect=dialect,
            today=day,
            planning=planning,
            made=made if baseline is not None else None,
        )
        found += judgement.findings
        found += suppressions.broken(recording, day)
        found += suppressions.unused(recording, judgement.used, day)
        held += judgement.suppressed
    return CheckReport(
        findings=tuple(found),
        suppressed=tuple(held),
        revisions=0,
        files=len(files),
        statements=statements,
        dialects=(dialect,),
    )


def record_file(file: SQLFile, phase: Phase, dialect: str, recorder: SQLRecorder) -> Recording:
    """What a file's statements do, each as the transactions of the file are; the recorder learns them.

    Raises:
        UsageError: it holds no statement.
    """
    split = check_rules(dialect).split(file.text)
    if not split.pieces:
        raise UsageError(
            f"{file.name} holds no statement, so there is nothing to check",
            remedy="leave the file out, or look whether it is the right one",
        )
    allowed = suppressions_of(split, file.name)
    items = tuple(
        recorder.record(piece, file=file.name, suppressions=_at(allowed, number))
        for number, piece in enumerate(split.pieces)
    )
    return Recording(
        revision=_revision(file, phase),
        items=in_transactions(items) if check_rules(dialect).traits.one_transaction else items,
        suppressions=tuple(one.suppression for one in allowed),
        text=True,
    )


def _at(allowed: Sequence[Allowed], number: int) -> list[Suppression]:
    return [one.suppression for one in allowed if one.statement == number]


def _revision(file: SQLFile, phase: Phase) -> Revision:
    """A file stands where a revision does, without a place in a graph."""
    return Revision(id="", phase=phase, change="", message="", path=Path(file.name), digest="")
