"""``version_control``: put a database that exists already under migrator's control."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.changeset.expected import created, expected
from migrator.changeset.versions import Versions, opening, versions_at
from migrator.errors import ConfigurationError
from migrator.model.database import DatabaseIdentity
from migrator.model.ledger import Event
from migrator.runner.listening import Silent
from migrator.runner.position import Position
from migrator.runner.preflight import recorded
from migrator.runner.run_options import BY_THE_SETTINGS
from migrator.runner.schema_run import SchemaRun, schema_run
from migrator.scripts.environment import Target
from migrator.state.ledger import read_ledger, write_ledger
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class Controlled:
    """A database under control: where it stands, and which revisions this call wrote into the ledger, in order."""

    database: DatabaseIdentity
    versions: Versions
    recorded: tuple[str, ...] = ()


def version_control(
    config: str | Path | None = None,
    database_url: str | None = None,
    revision: str | Sequence[str] | None = None,
) -> Controlled:
    """Make migrator's own tables, and write down what is applied already.  No revision is run.

    Without ``revision`` the version table is believed: what it says is recorded as adopted; with neither rows in it
    nor tables of the revisions in the database, nothing is applied yet.  Calling it again does nothing.

    Args:
        config: alembic.ini or pyproject.toml; None looks in the working directory.
        database_url: this database instead of env.py's.
        revision: the revision that the database is at, for one whose version table is missing or empty; it stands for
            all its ancestors.  Several where the branches stand side by side.

    Raises:
        ConfigurationError: the record would lie: the database lacks what the revision made, or has tables that a
            revision makes while none is said to be applied, or its version table says something else.
        AheadError: the version table names revisions that these scripts don't have.
        PrivilegeError: the role may not make tables; the message holds the statements.
        RunnerBusyError: another runner is at work.
    """
    wanted = (revision,) if isinstance(revision, str) else tuple(revision or ())

    def work(target: Target, store: Store) -> Controlled:
        graph = target.project.graph
        ids = [graph.resolve(one).id for one in wanted]
        # All refusals come before our tables are made; the questions are asked again under the lock.
        with target.database.autocommit("position") as connection:
            heads = target.heads(connection)
            before = len(read_ledger(store, connection))
        if all(one in graph.revisions for one in heads):
            _refuse_lie(target, graph.closure(heads), ids)
        with schema_run(target, store, Silent(), BY_THE_SETTINGS) as run:
            return _take_control(run, ids, before)

    return opening(config, database_url).run(work)


def _take_control(run: SchemaRun, ids: Collection[str], before: int) -> Controlled:
    position = run.position()
    _refuse_lie(run.target, position.applied, ids)
    if ids and not position.applied:
        _write(run, position, ids)
        position = run.position()
    written = [entry.revision for entry in position.ledger[before:]]
    return Controlled(database=run.target.database.identity, versions=versions_at(position), recorded=tuple(written))


def _write(run: SchemaRun, position: Position, ids: Collection[str]) -> None:
    """Version rows and ledger, in one transaction."""
    graph, target = position.graph, run.target
    applied = graph.closure(ids)
    with target.database.transaction("version control") as connection:
        context = target.environment.migration_context(connection, target.project.script)
        for head in graph.real_heads(applied):
            context.stamp(target.project.script, head)
        entries = [
            run.executor.entry(graph.revisions[one], Event.ADOPTED, reason="version_control")
            for one in graph.order
            if one in applied
        ]
        write_ledger(run.store, connection, entries)


def _refuse_lie(target: Target, applied: Collection[str], ids: Collection[str]) -> None:
    """Refuse what would be written if it isn't true; ``applied`` is what the version table says."""
    graph = target.project.graph
    if applied:
        _refuse_other(graph.closure(ids), applied, ids)
    elif ids:
        _refuse_missing(target, ids)
    else:
        _refuse_found(target)


def _refuse_other(wanted: Collection[str], applied: Collection[str], ids: Collection[str]) -> None:
    if not ids or set(wanted) == set(applied):
        return
    raise ConfigurationError(
        f"the version table says something else than {', '.join(ids)}: the database is under control already",
        remedy="migrator status; then migrator expand, or `alembic stamp` and `migrator ledger sync` to correct it",
    )


def _refuse_missing(target: Target, ids: Collection[str]) -> None:
    graph = target.project.graph
    recordings = recorded(target, [graph.revisions[one] for one in ids])
    with target.database.autocommit("catalogue") as connection:
        missing = list(expected(recordings.values()).missing(connection))
    if missing:
        raise ConfigurationError(
            f"the database is not at {', '.join(ids)}: it has no {', no '.join(missing[:5])}"
            f"{f' and {len(missing) - 5} more' if len(missing) > 5 else ''}; nothing was recorded",
            remedy="name the revision that it is at; if it was changed by hand, mend it or `alembic stamp` it first",
            missing=tuple(missing),
        )


def _refuse_found(target: Target) -> None:
    graph = target.project.graph
    recordings = recorded(target, list(graph.revisions.values()))
    with target.database.autocommit("catalogue") as connection:
        found = list(created(recordings).present(connection))
    if found:
        table, maker = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise ConfigurationError(
            f"the database says that nothing is applied, and has table {table}, which revision {maker} creates{more}:"
            " the next expand would fail on it; nothing was recorded",
            remedy="name the revision that it is at: version_control(revision=...); see `alembic history`",
            tables=tuple(name for name, _ in found),
        )
