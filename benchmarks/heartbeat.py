"""How long a heartbeat takes, against ``SELECT 1`` and one plain UPDATE with its COMMIT over the same pool.

1,000 of each in turn.  A heartbeat is the same UPDATE by the server's clock, with a lock timeout of its own that is
gone afterwards.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from migrator.dialects import pack_for
from migrator.model.service import Service
from migrator.services.pulse import Pulse
from migrator.services.speaking import visit
from migrator.state.services import beat
from migrator.state.tables import state_tables

ROUNDS = 1000


def measure(database_url: str | None, rows: int) -> str:
    """Medians and 99th percentiles, and the ratio of the medians."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(database_url or f"sqlite:///{Path(folder)}/bench.db")
        table = state_tables(None).service
        table.create(engine)
        try:
            times = _times(engine, table)
        finally:
            table.drop(engine)
            engine.dispose()
    base = statistics.median(times["SELECT 1"])
    lines = [f"{ROUNDS:,} of each, {engine.dialect.name}", f"{'':<14}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}"]
    for name, values in times.items():
        median, worst = statistics.median(values), statistics.quantiles(values, n=100)[98]
        lines.append(f"{name:<14}{median * 1000:>9.2f}{worst * 1000:>9.2f}{median / base:>8.2f}")
    return "\n".join(lines)


def _times(engine: sa.Engine, table: sa.Table) -> dict[str, list[float]]:
    pulse = Pulse(Service(name="api", instance="bench", release="1.0", heads=("b71e",)), table)
    ways: dict[str, Callable[[], object]] = {
        "SELECT 1": lambda: _select(engine),
        "plain UPDATE": lambda: _update(engine, pulse),
        "heartbeat": lambda: visit(engine, table, pulse.beat, patience=timedelta(seconds=20)),
    }
    ways["heartbeat"]()  # the first writes the whole row
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    return times


def _select(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.select(1)).scalar_one()


def _update(engine: sa.Engine, pulse: Pulse) -> None:
    with engine.begin() as connection:
        beat(connection, pulse.table, pack_for(connection.dialect).session.utc_now(), pulse.service)
