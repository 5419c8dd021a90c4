"""Whether a data migration is done, and done right: its predicate, its invariant, and both sides of a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.copying import Copy
from migrator.data.kinds import CopyMigration, DataMigration
from migrator.data.quarantine import not_waived, remaining_but_waived
from migrator.dialects.keys import Bound, Key, KeyRules
from migrator.model.verification import Comparison, Verification
from migrator.state.store import Store

RANGE = 10_000
"""Rows of the source that one statement compares."""


def verify(store: Store, connection: Connection, migration: DataMigration) -> Verification:
    """Ask all that can be asked; changes nothing and, in autocommit, takes no lock beyond each statement's own.

    Reads the whole table where no index helps the predicate, and both tables of a copy.

    Raises:
        ConfigurationError: it has no predicate, or the source of a copy has no usable key.
    """
    left = remaining_but_waived(store, connection, migration)
    return Verification(
        name=migration.name,
        remaining=left.rows,
        waived=left.waived,
        breaking=None if migration.invariant is None else migration.breaking(connection),
        comparison=compared(store, connection, migration),
    )


def compared(
    store: Store, connection: Connection, migration: DataMigration, *, stopped: Callable[[], bool] = lambda: False
) -> Comparison | None:
    """Compare both sides of a copy, waived rows left out, a range of the source's key a statement; None where there are
    no two sides, and where it was ``stopped`` between two ranges.

    Raises:
        ConfigurationError: the source has no usable key.
    """
    if not isinstance(migration, CopyMigration) or migration.remove_source:
        return None
    rules = store.database.pack.keys
    rows = migration.rows(connection, rules)
    copy = migration.copy(connection)
    asked = sa.and_(copy.where, not_waived(store, connection, migration, rows))
    ranges = source = there = equal = 0
    for within in _ranges(connection, copy, rows.key, rules):
        if stopped():
            return None
        counted = connection.execute(
            sa.select(sa.func.count(), _how_many(copy.has_row), _how_many(copy.is_equal))
            .select_from(copy.source)
            .where(asked, within)
        ).one()
        ranges += 1
        source, there, equal = source + int(counted[0]), there + int(counted[1]), equal + int(counted[2])
    return Comparison(ranges=ranges, source=source, there=there, equal=equal, must_be_equal=copy.updates)


def _ranges(connection: Connection, copy: Copy, key: Key, rules: KeyRules) -> Iterator[ColumnElement[bool]]:
    low: Bound | None = None
    while True:
        behind: ColumnElement[bool] = sa.true() if low is None else rules.after(key, low)
        boundary = sa.select(*key.columns).select_from(copy.source).where(copy.where, behind)
        found = connection.execute(boundary.order_by(*key.columns).limit(1).offset(RANGE - 1)).first()
        if found is None:
            yield behind
            return
        yield rules.within(key, low, tuple(found))
        low = tuple(found)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
