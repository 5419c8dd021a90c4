"""Clients that work on a table while something is done to it, and what they noticed.

with Traffic(url=database.url, table="item", keys=20_000, folder=tmp_path) as traffic:
    traffic.quiet(2.0)
    with traffic.phase("create index"):
        ...
found = measure(traffic.operations(), traffic.phases)
"""

from __future__ import annotations

from tests.support.traffic.handle import Traffic
from tests.support.traffic.measured import BY_DESIGN, Measured, measure
from tests.support.traffic.operations import KINDS, Operation, Phase, Statement

__all__ = ["BY_DESIGN", "KINDS", "Measured", "Operation", "Phase", "Statement", "Traffic", "measure"]
