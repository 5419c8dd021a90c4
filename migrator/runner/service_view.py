"""Asks the database for its clients, and the gate of services what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.data.outcome import SERVICE
from migrator.model.report import Gate
from migrator.model.revision import Revision
from migrator.runner.service_gate import Need, SeenServices, questions, service_gate
from migrator.scripts.environment import Target
from migrator.state.services import ask, read_services
from migrator.state.store import Store

_NAMED = 2
_ASKED_EVERY = timedelta(seconds=1)
_OPEN = Gate(name="services", open=True, why="it needs nothing of any service")


@dataclass(frozen=True, kw_only=True)
class ServiceView:
    """The services of one database as a project sees them."""

    target: Target
    store: Store

    def seen(self, connection: Connection) -> SeenServices:
        """Registry and, with a ``release_pattern``, what sessions call themselves.  Changes nothing."""
        pattern = self.target.project.settings.release_pattern
        clients = self.target.database.pack.clients
        return SeenServices(
            services=read_services(self.store, connection),
            sessions=clients.names(connection) if pattern is not None else (),
        )

    def gate(self, connection: Connection, need: Need | None) -> Gate:
        """Whether everybody is ready for it; None needs nothing."""
        if need is None:
            return _OPEN
        return self.gate_of(self.seen(connection), need)

    def gate_of(self, seen: SeenServices, need: Need | None) -> Gate:
        """The same from what was seen before."""
        if need is None:
            return _OPEN
        return service_gate(seen, need, self.target.project.settings, self.target.project.graph.closure)

    def ask(self, connection: Connection, need: Need | None) -> None:
        """Leave a question in the rows of silent services that stand in the way, where silence may count as gone.

        That it could be written proves that their heartbeats could be, too.
        """
        if need is None:
            return
        project = self.target.project
        silent = questions(self.seen(connection), need, project.settings, project.graph.closure)
        if silent:
            ask(self.store, connection, silent)


def contract_need(revision: Revision) -> Need | None:
    """Every service must contain the contract revision, or run the release that it names; an anchor needs nobody."""
    if revision.anchor:
        return None
    return Need(what=f"contract {revision.id}", revisions=frozenset({revision.id}), minimums=revision.requires_services)


def data_need(migration: DataMigration, expands: Mapping[str, tuple[str, ...]]) -> Need | None:
    """In pinned order every service must contain the expands of the change; ``requires_services`` names releases.

    Args:
        expands: change → the ids of its expand revisions.
    """
    if not migration.requires_services and migration.order != "pinned":
        return None
    revisions = expands.get(migration.change, ()) if migration.order == "pinned" else ()
    return Need(
        what=f"data migration {migration.name}",
        revisions=frozenset(revisions),
        minimums=migration.requires_services,
    )


@dataclass(kw_only=True)
class DataGates:
    """For a run of data migrations: whether one may go on, asked of the database once a second at most."""

    view: ServiceView
    expands: Mapping[str, tuple[str, ...]]
    _answers: dict[str, tuple[timedelta, tuple[str, ...]]] = field(default_factory=dict)

    def __call__(self, migration: DataMigration) -> tuple[str, ...]:
        """Who keeps it from running, for people; empty when it may run."""
        need = data_need(migration, self.expands)
        if need is None:
            return ()
        database = self.view.target.database
        now = database.clock.monotonic()
        known = self._answers.get(migration.name)
        if known is not None and now - known[0] < _ASKED_EVERY:
            return known[1]
        with database.autocommit("services") as connection:
            answer = closed_by(self.view.gate(connection, need))
        self._answers[migration.name] = (now, answer)
        return answer


def closed_by(gate: Gate) -> tuple[str, ...]:
    """``service api/web-1 (release 2026.45)`` for the first that close it, and how many more; empty when it is open."""
    named = [
        f"{SERVICE} {one.name}{'/' + one.instance if one.instance else ''}"
        + (f" (release {one.release})" if one.release else "")
        for one in gate.services[:_NAMED]
    ]
    more = len(gate.services) - _NAMED
    return (*named, f"{more} more") if more > 0 else tuple(named)
