"""``migrator services list`` and ``migrator services forget``."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.commands.opening import Opening
from migrator.errors import UsageError
from migrator.model.database import DatabaseIdentity
from migrator.model.service import Service
from migrator.scripts.environment import Target
from migrator.state.services import forget, read_services
from migrator.state.store import Store

Seen = tuple[DatabaseIdentity, tuple[Service, ...]]


def services_list(opening: Opening) -> Seen:
    """All services that registered and were not forgotten, by name and instance; may be empty.  Changes nothing."""

    def work(target: Target, store: Store) -> Seen:
        with target.database.autocommit("services") as connection:
            return target.database.identity, read_services(store, connection)

    return opening.run(work)


def services_forget(opening: Opening, labels: Sequence[str]) -> tuple[DatabaseIdentity, tuple[str, ...]]:
    """Delete the rows of these instances (``NAME/INSTANCE``), all or none.

    Returns:
        The database, and the labels as given.

    Raises:
        UsageError: a label that isn't one, or nobody of that name is known.
    """
    chosen = [_parts(label) for label in labels]

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, tuple[str, ...]]:
        with target.database.transaction("services") as connection:
            for name, instance in chosen:
                if not forget(store, connection, name, instance):
                    raise UsageError(
                        f"there is no service {name}/{instance}: nothing was forgotten",
                        remedy="migrator services list",
                    )
        return target.database.identity, tuple(labels)

    return opening.run(work)


def _parts(label: str) -> tuple[str, str]:
    name, slash, instance = label.partition("/")
    if not (name and slash and instance):
        raise UsageError(
            f"{label!r} is not NAME/INSTANCE", remedy="take it from `migrator services list`: api/web-1:4711"
        )
    return name, instance
