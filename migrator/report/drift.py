"""How much of the models was compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.model.shape import DriftLook

_MOST = 5


def drift_values(look: DriftLook) -> Mapping[str, Any]:
    """For JSON."""
    return {
        "against": look.against,
        "tables": look.tables,
        "columns": look.columns,
        "not_compared": look.uncompared,
    }


def drift_text(look: DriftLook) -> str:
    """``41 tables, 388 columns compared with the revisions, 2 not: users.mood: default, ...``."""
    tables = f"{look.tables} table{'' if look.tables == 1 else 's'}"
    columns = f"{look.columns} column{'' if look.columns == 1 else 's'}"
    text = f"{tables}, {columns} compared with {look.against}"
    if not look.uncompared:
        return text
    shown = "; ".join(look.uncompared[:_MOST]) + ("; ..." if len(look.uncompared) > _MOST else "")
    return f"{text}, {len(look.uncompared)} not ({shown})"
