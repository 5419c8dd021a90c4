"""The expand phase: additions that the running code does not notice."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.errors import AheadError, ClosedError, PrivilegeError, ReadOnlyError
from migrator.model.exit_code import ExitCode
from migrator.model.phase import Phase
from migrator.model.report import AppliedRevision, PhaseReport
from migrator.model.revision import Revision
from migrator.runner.listening import Listener
from migrator.runner.position import Position, read_position
from migrator.runner.preflight import refuse_blocking, refuse_destructive
from migrator.runner.run_options import BY_THE_SETTINGS, RunOptions
from migrator.runner.schema_run import names, schema_run
from migrator.scripts.environment import Target
from migrator.state.store import Store


def expand(
    target: Target,
    store: Store,
    listener: Listener,
    *,
    to: Revision | None = None,
    options: RunOptions = BY_THE_SETTINGS,
) -> PhaseReport:
    """Apply the pending expand revisions in order, each as the steps of its online form.

    With nothing pending no lock is taken and nothing is written, but for tables of ours that an older migrator didn't
    know.

    Raises:
        ClosedError: an expand needs a contract or the trunk first.
        FindingsError: a pending expand holds something destructive, or something that would stop traffic.
        AheadError: the database is ahead of this code and incompatible.
    """
    with target.database.autocommit("position") as connection:
        position = read_position(target, store, connection)
        outdated = store.outdated(connection)
    planned = plan_expand(position, to)
    if not planned:
        return _report(target, position, (), notes=_extended(store) if outdated else ())
    refuse_destructive(target, [one for one in planned if one.phase is Phase.EXPAND])
    with schema_run(target, store, listener, options) as run:
        wanted = plan_expand(run.position(), to)
        refuse_blocking(target, wanted)
        for revision in wanted:
            run.apply(revision)
        return _report(target, run.position(), tuple(run.applied))


def plan_expand(position: Position, to: Revision | None = None) -> tuple[Revision, ...]:
    """The expand revisions to apply, in order; empty when all are applied.

    Args:
        to: the last one wanted; None wants all.

    Raises:
        ClosedError: something of another phase must come first.
        AheadError: the database holds expands that these scripts don't have, and lacks some that they have.
    """
    wanted = position.pending(Phase.EXPAND)
    if to is not None:
        reach = position.graph.closure([to.id])
        wanted = tuple(one for one in wanted if one.id in reach)
    if wanted and position.ahead:
        raise AheadError(
            f"the database is ahead of this code ({_ids(position)}) and lacks expands of it: {names(wanted)}",
            remedy="deploy a release that contains both, then run `migrator expand` from it",
        )
    for revision in wanted:
        _refuse_foreign(revision, position)
    return wanted


def _refuse_foreign(revision: Revision, position: Position) -> None:
    missing = position.missing(revision)
    contracts = [one for one in missing if one.phase is Phase.CONTRACT]
    trunk = [one for one in missing if one.phase is Phase.TRUNK]
    if trunk:
        raise ClosedError(
            f"the database is behind the trunk: {names(trunk)} come before expand {revision.id}",
            remedy="migrator upgrade",
            revision=revision.id,
        )
    if contracts:
        raise ClosedError(
            f"expand {revision.id} depends on contract {names(contracts)}, which is not applied;"
            " expand never runs a contract",
            remedy="migrator contract",
            revision=revision.id,
        )


def _extended(store: Store) -> tuple[str, ...]:
    """What came of bringing our own tables up to date; a role that may not is no error, since nothing is pending."""
    try:
        store.ensure()
    except (PrivilegeError, ReadOnlyError) as error:
        return (f"an older migrator made its tables here, and they lack some: {error.message}; {error.remedy}",)
    return ("migrator's own tables, made by an older one, were brought up to date",)


def _ids(position: Position) -> str:
    return ", ".join(entry.revision for entry in position.ahead)


def _report(
    target: Target, position: Position, applied: tuple[AppliedRevision, ...], notes: Sequence[str] = ()
) -> PhaseReport:
    notes = list(notes)
    if position.ahead:
        notes.append(
            f"the database is ahead of this code by expands only ({_ids(position)}): compatible, nothing to do"
        )
    pending = position.pending(Phase.EXPAND)
    return PhaseReport(
        command="expand",
        database=target.database.identity,
        exit_code=ExitCode.DONE,
        applied=applied,
        pending=tuple(one.id for one in pending),
        ahead=tuple(entry.revision for entry in position.ahead),
        notes=tuple(notes),
        next=("migrator expand",) if pending else ("migrator online-data-migrations", "migrator status"),
    )
