"""The phases of a change."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a revision or a data migration stands; ``TRUNK`` is the linear history below the two anchors."""

    TRUNK = "trunk"
    EXPAND = "expand"
    DATA = "data"
    CONTRACT = "contract"
