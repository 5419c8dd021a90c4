"""Services for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from migrator.model.database import DatabaseIdentity
from migrator.model.report import UnreadyService
from migrator.model.service import Service
from migrator.report.data_text import duration_text
from migrator.report.documents import plain
from migrator.report.table import table

_COLUMNS = ("service", "instance", "release", "state", "last seen", "heads")


def services_text(database: DatabaseIdentity, services: Sequence[Service], *, width: int | None) -> str:
    """A line an instance."""
    if not services:
        return (
            f"no service has registered with {database.label}\n"
            'next: migrator.register(engine, "api") in the start-up of each service, and `migrator expand` once'
        )
    rows = [
        (
            one.name,
            one.instance,
            one.release,
            one.state.value,
            _ago(one.silence if one.stopped is None else one.stopped),
            ", ".join(one.heads),
        )
        for one in services
    ]
    return f"{database.label}\n\n{table(_COLUMNS, rows, width=width)}"


def service_rows(services: Sequence[Service]) -> list[dict[str, Any]]:
    """For JSON: each with its state, and without the ids of all its revisions."""
    return [
        {"state": one.state.value, **{key: value for key, value in plain(one).items() if key != "revisions"}}
        for one in services
    ]


def services_line(services: Sequence[Service]) -> str:
    """``api 2 live of 2026.45, 1 silent of 2026.44; worker 1 live``; one line for all."""
    if not services:
        return "none has registered"
    names: dict[str, Counter[tuple[str, str]]] = {}
    for one in services:
        names.setdefault(one.name, Counter())[one.state.value, one.release] += 1
    return "; ".join(
        f"{name} "
        + ", ".join(
            f"{count} {state}{f' of {release}' if release else ''}" for (state, release), count in kinds.items()
        )
        for name, kinds in names.items()
    )


def unready_line(one: UnreadyService) -> str:
    """``api/web-1:4711, release 2026.45, live, last seen 3 s ago: its release doesn't contain a90c``."""
    parts = [f"{one.name}/{one.instance}" if one.instance else one.name]
    if one.release:
        parts.append(f"release {one.release}")
    if one.state:
        parts.append(one.state)
    if one.last_seen is not None:
        parts.append(f"last seen {_ago(one.last_seen)}")
    return f"{', '.join(parts)}: {one.why}"


def _ago(duration: timedelta) -> str:
    return f"{duration_text(duration)} ago"
