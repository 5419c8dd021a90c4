"""What is proven of a data migration at the end of a run that finds no row left, before it counts as done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from migrator.data.connections import Connections
from migrator.data.kinds import DataMigration
from migrator.data.quarantine import Parked, any_but_waived, count_parked_to_do
from migrator.data.table_rows import TableRows
from migrator.data.verify import compared
from migrator.state.data_progress import DataRow
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class Proof:
    """``broken`` says what is not as it must be, empty where all is well; ``said`` what was looked at.  ``again``: that
    isn't known, since rows came meanwhile or the run is to stop: the predicate is to be asked anew."""

    broken: str = ""
    said: str = ""
    again: bool = False


PROVEN = Proof()


def prove(
    store: Store, connections: Connections, migration: DataMigration, *, first: bool, stopped: Callable[[], bool]
) -> Proof:
    """Ask the invariant, and compare both sides of a copy.

    Args:
        first: it was not done before; else the sides are not compared again, which reads both tables.
        stopped: asked between two ranges of the comparison.

    Raises:
        DatabaseError: a question failed.
    """
    with connections.asking() as connection:
        if rows := migration.breaking(connection):
            return Proof(broken=f"no row is left to do, but its invariant finds {rows:,}")
        both = compared(store, connection, migration, stopped=stopped) if first else None
        if both is None:
            return Proof(again=first and stopped())
        if both.holds:
            return Proof(said=f"compared: {both.told}")
        if any_but_waived(store, connection, migration):
            return Proof(again=True)
    return Proof(broken=f"no row is left to do, but {both.told}")


def parked_to_do(store: Store, connections: Connections, rows: TableRows, row: DataRow) -> Parked:
    """How many of the parked rows keep it from being done, and how many are waived."""
    with connections.asking() as connection:
        return count_parked_to_do(store, connection, rows, row)
