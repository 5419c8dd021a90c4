"""``migrator expand``."""

from __future__ import annotations

from migrator.commands.opening import Opening
from migrator.commands.planning import planned_phase
from migrator.model.report import PhaseReport
from migrator.runner.expand import expand as run_expand
from migrator.runner.expand import plan_expand
from migrator.runner.listening import Listener
from migrator.runner.run_options import BY_THE_SETTINGS, RunOptions
from migrator.scripts.environment import Target
from migrator.state.store import Store


def expand(
    opening: Opening,
    listener: Listener,
    *,
    to: str | None = None,
    dry_run: bool = False,
    options: RunOptions = BY_THE_SETTINGS,
) -> PhaseReport:
    """Apply pending expand revisions, or with ``dry_run`` show their statements.

    Raises: as :func:`migrator.runner.expand.expand`.
    """

    def work(target: Target, store: Store) -> PhaseReport:
        last = target.project.graph.resolve(to) if to else None
        if not dry_run:
            return run_expand(target, store, listener, to=last, options=options)
        return planned_phase(target, store, "expand", lambda position: plan_expand(position, last))

    return opening.run(work)
