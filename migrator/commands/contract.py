"""``migrator contract``."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.commands.opening import Opening
from migrator.commands.planning import planned_phase
from migrator.model.report import PhaseReport
from migrator.runner.contract import contract as run_contract
from migrator.runner.contract import wanted_contracts
from migrator.runner.listening import Listener
from migrator.runner.run_options import BY_THE_SETTINGS, RunOptions
from migrator.scripts.environment import Target
from migrator.state.store import Store


def contract(
    opening: Opening,
    listener: Listener,
    *,
    to: str | None = None,
    dry_run: bool = False,
    options: RunOptions = BY_THE_SETTINGS,
    force: Mapping[str, str] | None = None,
) -> PhaseReport:
    """Apply open contract revisions, or with ``dry_run`` show the statements of the pending ones.

    Raises: as :func:`migrator.runner.contract.contract`.
    """

    def work(target: Target, store: Store) -> PhaseReport:
        last = target.project.graph.resolve(to) if to else None
        if not dry_run:
            return run_contract(target, store, listener, to=last, options=options, force=force)
        return planned_phase(
            target,
            store,
            "contract",
            lambda position: wanted_contracts(position, last),
            note="the gates were not asked: a dry run shows statements only",
        )

    return opening.run(work)
