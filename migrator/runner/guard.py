"""The guard: plain Alembic meets the same gates and the same lock, and writes the ledger.

Two lines in env.py, after ``context.configure(...)`` and before ``context.run_migrations()``::

    import migrator
    migrator.guard(context)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext, RevisionStep

from migrator.errors import MigratorError
from migrator.runner.guard_refusal import GuardRefusedError
from migrator.state.tables import PREFIX

_MISSING: Any = object()


def guard(context: Any) -> None:
    """Put the gates of ``migrator contract``, the runner lock and the ledger around plain Alembic commands.

    ``current``, ``check``, ``stamp``, ``revision --autogenerate`` and offline mode go on working; migrator's own
    tables stay out of the comparison of models and database.

    Args:
        context: ``alembic.context`` as env.py imports it, already configured.

    Raises:
        CommandError: later, while Alembic runs: a gate is closed, or another runner is at work.
    """
    migration_context: MigrationContext = context.get_context()
    _hide_own_tables(migration_context)
    inner = getattr(migration_context, "_migrations_fn", _MISSING)
    if inner is _MISSING:
        raise GuardRefusedError(
            "this Alembic has no migrations function that migrator.guard could wrap: upgrade migrator"
        )
    if inner is None or migration_context.as_sql or getattr(inner, "migrator_own", False):
        return
    forced = _forced(context)

    def guarded(heads: Any, running: MigrationContext) -> Iterator[Any]:
        steps = list(inner(heads, running))  # pure for upgrade, downgrade and stamp
        revisions = [step for step in steps if isinstance(step, RevisionStep)]
        if not steps:
            return
        # Mostly env.py is only asked for its settings, and that need not wait for all that runs migrations.
        from migrator.runner.guarding import Guarding

        with _worded():
            guarding = Guarding(context.config, context.script, running, forced)
            with guarding.locked(heads, revisions):
                yield from steps

    migration_context._migrations_fn = guarded


def _hide_own_tables(context: MigrationContext) -> None:
    theirs = context.opts.get("include_object")

    def include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        if kind == "table" and name is not None and name.startswith(PREFIX):
            return False
        return True if theirs is None else bool(theirs(item, name, kind, reflected, compare_to))

    context.opts["include_object"] = include


def _forced(context: Any) -> Mapping[str, str]:
    """``-x migrator=force:GATE:REASON``, as often as given."""
    found: dict[str, str] = {}
    for argument in context.get_x_argument():
        kind, _, rest = argument.removeprefix("migrator=").partition(":")
        gate, _, reason = rest.partition(":")
        if argument.startswith("migrator=") and kind == "force":
            if not gate or not reason:
                raise GuardRefusedError("write -x migrator=force:GATE:REASON, with a reason")
            found[gate] = reason
    return found


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except MigratorError as error:
        raise GuardRefusedError(f"{error.message}; next: {error.remedy}" if error.remedy else error.message) from None
