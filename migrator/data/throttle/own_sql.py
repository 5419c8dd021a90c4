"""A query of the user's that gives a number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from migrator.data.throttle.signal import Asking, Scale
from migrator.model.throttle import Light, Reading


@dataclass(frozen=True, kw_only=True)
class OwnSQL:
    """Sent as it is, on a connection that commits each statement."""

    statement: str
    limit: float
    name: str = "throttle_sql"
    default: bool = False

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=self.limit, unit="", default=self.default)
        with asking() as connection:
            # The driver must leave the text alone: it may hold a per cent sign.
            plain = connection.execution_options(no_parameters=True)
            value = plain.exec_driver_sql(self.statement).scalar()
        if isinstance(value, int | float | Decimal):
            return scale.reading(float(value))
        return scale.without(
            Light.UNKNOWN, f"it gave no number but {'NULL' if value is None else type(value).__name__}"
        )
