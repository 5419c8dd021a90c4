"""The JSON documents: one a command, ``{"schema": "migrator/<command>@1", "outcome", "exit_code", ...}``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from migrator.model.exit_code import ExitCode

_OUTCOMES = {
    ExitCode.DONE: "done",
    ExitCode.REMAINING: "remaining",
    ExitCode.BLOCKED: "blocked",
    ExitCode.FINDINGS: "findings",
    ExitCode.CLOSED: "closed",
    ExitCode.LOCKED: "locked",
    ExitCode.UNREACHABLE: "unreachable",
    ExitCode.AHEAD: "ahead",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.USAGE: "usage",
    ExitCode.INTERNAL: "internal",
    ExitCode.MAX_COUNT: "usage",
}


def document(command: str, code: ExitCode, **content: Any) -> dict[str, Any]:
    """A document of a command that ran.

    Args:
        content: values of the model; dataclasses become objects, durations seconds, moments ISO 8601 in UTC.
    """
    return {
        "schema": f"migrator/{command}@1",
        "outcome": _OUTCOMES[code],
        "exit_code": int(code),
        **{key: plain(value) for key, value in content.items()},
    }


def failure_document(
    command: str, code: ExitCode, kind: str, message: str, remedy: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """A document of a command that stopped with an error."""
    error = {"kind": kind, "message": message, "remedy": remedy, **{k: plain(v) for k, v in fields.items()}}
    return document(command, code, error=error, next=[remedy] if remedy else [])


def plain(value: Any) -> Any:
    """A model value as JSON's types."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 6)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return value
