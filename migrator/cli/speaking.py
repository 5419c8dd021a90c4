"""Progress while a phase runs: lines on stdout for people, log lines on stderr."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import click

from migrator.cli.options import Output
from migrator.model.report import AppliedRevision, BlockedRevision
from migrator.model.revision import Revision
from migrator.report.documents import plain
from migrator.report.phase_text import applied_line, blocked_lines


class Speaker:
    """A listener that prints.  With ``--format json`` stdout is left to the document."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def starting(self, revision: Revision) -> None:
        if self._output.verbose or self._output.log_format == "json":
            self.log("info", f"applying {revision.phase.value} {revision.id}", revision=revision.id)

    def applied(self, applied: AppliedRevision) -> None:
        self._say(applied_line(applied))
        if self._output.log_format == "json":
            self.log("info", f"applied {applied.phase.value} {applied.revision}", **plain(applied))

    def blocked(self, blocked: BlockedRevision) -> None:
        self._say(blocked_lines(blocked))
        if self._output.log_format == "json":
            self.log("warning", f"closed {blocked.phase.value} {blocked.revision}", **plain(blocked))

    def note(self, text: str) -> None:
        self.log("info", text)

    def log(self, level: str, text: str, **fields: Any) -> None:
        """One line on stderr."""
        if self._output.log_format == "json":
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {
                "at": now,
                "level": level,
                "message": text,
                **{k: v for k, v in fields.items() if k != "message"},
            }
            click.echo(json.dumps(line), err=True)
        else:
            click.echo(text, err=True)

    def _say(self, text: str) -> None:
        if self._output.format == "text":
            click.echo(text)
            sys.stdout.flush()
