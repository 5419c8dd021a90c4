"""Compare the project's models with what its revisions make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from migrator.check.drift import Drift, Telling, drift_of, lasting, passing_note
from migrator.check.shape_diff import compare
from migrator.dialects.checking import check_rules
from migrator.dialects.comparing import comparing
from migrator.dialects.schema_model import SchemaModel
from migrator.errors import UserCodeError
from migrator.model.finding import Severity
from migrator.model.operation import Unread
from migrator.model.phase import Phase
from migrator.model.shape import Comparison, Difference, Shape
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.including import Including
from migrator.scripts.models import python_types, schema_of_models
from migrator.scripts.recorder import record_history
from migrator.scripts.recording import Recording
from migrator.scripts.shaping import shape_of

REVISIONS = "the revisions"


@dataclass(frozen=True, kw_only=True)
class Models:
    """The models of a project as its env.py gives them; ``options`` are all that it gives."""

    metadata: tuple[sa.MetaData, ...]
    env_py: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def telling(self, dialect: str, against: str = REVISIONS) -> Telling:
        """How differences from something are told."""
        return Telling(env_py=self.env_py, dialect=dialect, against=against, python_types=python_types(self.metadata))

    def compared(
        self, other: SchemaModel, dialect: str, *, default_schema: str | None = None, server_text: bool = False
    ) -> tuple[Comparison, Shape]:
        """(what differs from the other schema, the models); ``other`` is left as it was.

        Args:
            default_schema: None for the dialect's usual one.
            server_text: whether a server worded the other one's expressions.

        Raises:
            SQLAlchemyError: the models make no schema.
            UserCodeError: a hook of env.py raised.
        """
        rules, traits = comparing(dialect), check_rules(dialect).traits
        ours, theirs = schema_of_models(self.metadata, dialect), other.copy()
        default = default_schema or traits.default_schema
        including = Including(options=self.options, env_py=self.env_py, default_schema=default)
        including.apply(self.metadata, ours, theirs)
        writer = check_rules(dialect).recording_dialect(SchemaModel())
        shape = shape_of(ours, writer, rules)
        return compare(shape, shape_of(theirs, writer, rules, server_text=server_text)), shape


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The models against what all revisions make: differences that ``stay``, and those that a contract ends."""

    found: Comparison
    models: Shape
    stay: tuple[Difference, ...]
    passing: tuple[Difference, ...]


def standing(graph: RevisionGraph, models: Models, schema: SchemaModel, dialect: str, **recording: Any) -> Standing:
    """Compare with the schema after all revisions and, where that differs, with the one before the contracts.

    Args:
        schema: after every revision.
        recording: what :func:`record_history` was given, for the schema without the contracts.

    Raises: as :meth:`Models.compared`.
    """
    found, shape = models.compared(schema, dialect)
    stay: tuple[Difference, ...] = found.differences
    passing: tuple[Difference, ...] = ()
    if found.differences and any(not one.anchor for one in graph.of_phase(Phase.CONTRACT)):
        until = [one.id for phase in (Phase.TRUNK, Phase.EXPAND) for one in graph.of_phase(phase)]
        expanded = SchemaModel()
        record_history(graph, dialect, until=until, follow_unknowns=True, schema=expanded, **recording)
        stay, passing = lasting(found, models.compared(expanded, dialect)[0])
    return Standing(found=found, models=shape, stay=stay, passing=passing)


def drift_from_revisions(
    graph: RevisionGraph, models: Models, schema: SchemaModel, dialect: str, **recording: Any
) -> Drift:
    """The models against the schema that all revisions make; what a contract changes is no drift.

    Args: as for :func:`standing`.
    """
    telling = models.telling(dialect)
    try:
        stands = standing(graph, models, schema, dialect, **recording)
    except SQLAlchemyError as error:
        return Drift(findings=(telling.not_compared(f"they raised {type(error).__name__}", Severity.ERROR),))
    except UserCodeError as error:
        return Drift(findings=(telling.not_compared(error.message, Severity.ERROR),))
    drift = drift_of(telling, stands.models, stands.stay, stands.found.uncompared)
    return replace(drift, notes=passing_note(stands.passing))


def unread_revisions(history: Mapping[str, Recording]) -> tuple[str, ...]:
    """Those that may have made something that nobody read, as things that weren't compared."""
    return tuple(f"revision {id}: not all of it could be read" for id, one in history.items() if _is_unread(one))


def _is_unread(recording: Recording) -> bool:
    operations = (operation for item in recording.items for operation in item.operations)
    return recording.error is not None or any(isinstance(one, Unread) for one in operations)
