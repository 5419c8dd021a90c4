"""``migrator check --drift``: the static check, and the models compared with a database too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from migrator.check.allowed_drift import AllowedDrift
from migrator.check.drift import NOT_COMPARED, Drift, Telling, drift_of, key_of, passing_note
from migrator.check.models import Models, standing
from migrator.commands.check_requests import CheckRequest
from migrator.dialects.comparing import comparing
from migrator.dialects.schema_model import SchemaModel
from migrator.errors import UsageError
from migrator.model.finding import CheckReport, Finding, Severity
from migrator.scripts.environment import Target, open_target
from migrator.scripts.models import every_metadata
from migrator.scripts.recorder import record_history
from migrator.scripts.reflecting import schema_of_database
from migrator.scripts.supervision import Supervision
from migrator.scripts.tolerant import load_tolerantly

DATABASE = "the database"
_LIMIT = timedelta(seconds=10)


def check_drift(
    judge: Callable[[CheckRequest], CheckReport],
    compare: Callable[[CheckRequest, str], CheckReport],
    url: str,
    request: CheckRequest,
) -> CheckReport:
    """Judge the revisions, and compare the models with the database of the URL.

    What the models don't have in common with the revisions either is found by the static check already; where they hang
    or end the process there, that finding stands and no database is opened.

    Args:
        judge: the static check.
        compare: :func:`drift_from_database` in a process of its own.

    Raises: as both.
    """
    report = judge(request)
    if any(one.rule == NOT_COMPARED and one.severity is Severity.ERROR for one in report.findings):
        # A process of its own found that they hang, end it or make no schema: it would be the same again.
        return replace(report, notes=(*report.notes, "the models were not compared with the database either"))
    more = compare(request, url)
    return replace(
        report,
        findings=(*report.findings, *more.findings),
        suppressed=(*report.suppressed, *more.suppressed),
        notes=(*report.notes, *more.notes),
        drift=(*report.drift, *more.drift),
    )


def drift_from_database(request: CheckRequest, url: str, supervision: Supervision) -> CheckReport:
    """What models and revisions have in common and the database of the URL hasn't; what revisions that are still
    pending on this database change is no drift.

    Args:
        supervision: told before the user's code runs.

    Raises:
        UsageError: env.py gives no models.
        others: as :func:`load_tolerantly` and :func:`open_target`.
    """
    overrides = {**request.overrides, "database_url": url}
    project = load_tolerantly(request.config_file, overrides=overrides, supervision=supervision)
    env_py = Path(project.script.env_py_location)
    refused = supervision.begin(env_py, needed=True)
    if refused is not None:
        why = f"its env.py {refused.happened} when it connects"
        finding = Telling(env_py=env_py, dialect="", against=DATABASE).not_compared(why, Severity.ERROR)
        return _report((finding,), (), Drift())
    try:
        target = open_target(project)
    finally:
        supervision.end()
    metadata = every_metadata(target.environment.options)
    if not any(one.tables for one in metadata):
        raise UsageError(
            "--drift compares the models with a database, and env.py gives none",
            remedy="give env.py the metadata of the models:  target_metadata = Base.metadata",
        )
    models = Models(metadata=metadata, env_py=env_py, options=target.environment.options)
    read = target.database.run(lambda: _read(target, models))
    telling = models.telling(target.database.pack.name, DATABASE)
    try:
        drift = _drift(_Sides(target=target, models=models, supervision=supervision), telling, read)
    except SQLAlchemyError as error:
        drift = Drift(findings=(telling.not_compared(f"they raised {type(error).__name__}", Severity.ERROR),))
    stand, held = _allowing(target, drift)
    return _report(stand, held, drift)


def _report(findings: tuple[Finding, ...], suppressed: tuple[Finding, ...], drift: Drift) -> CheckReport:
    return CheckReport(
        findings=findings,
        suppressed=suppressed,
        revisions=0,
        statements=0,
        dialects=(),
        notes=drift.notes,
        drift=drift.looks,
    )


def _allowing(target: Target, drift: Drift) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """(findings, those that the settings accept); with what the settings accept for a database in vain."""
    project = target.project
    settings, file = project.settings, project.config_file
    of_both = AllowedDrift(setting="allow_drift", file=file, entries=settings.allow_drift)
    own = AllowedDrift(setting="allow_database_drift", file=file, entries=settings.allow_database_drift)
    left, held_by_both = of_both.sorted(drift.findings)
    stand, held = own.sorted(left)
    mistakes = own.mistakes({one.about for one in held}) if drift.look is not None else ()
    return (*stand, *mistakes), (*held_by_both, *held)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the database has, and at which revisions it is."""

    schema: SchemaModel
    heads: tuple[str, ...]
    default_schema: str | None


def _read(target: Target, models: Models) -> _Read:
    """The schemas that the models name, and the default one."""
    rules = comparing(target.database.pack.name)
    translated = dict(target.database.execution_options.get("schema_translate_map") or {})
    with target.database.autocommit("drift") as connection:
        rules.read_only(connection, _LIMIT)
        default = connection.dialect.default_schema_name
        named = {table.schema for one in models.metadata for table in one.tables.values()} | {None}
        schemas = sorted({None if one == default else one for one in named}, key=str)
        return _Read(
            schema=schema_of_database(connection, rules, schemas, translated),
            heads=target.heads(connection),
            default_schema=default,
        )


@dataclass(frozen=True, kw_only=True)
class _Sides:
    """Models and revisions."""

    target: Target
    models: Models
    supervision: Supervision

    @property
    def recording(self) -> dict[str, Any]:
        """What recording the revisions needs."""
        environment = self.target.environment
        return {
            "target_metadata": environment.target_metadata,
            "arguments": environment.arguments,
            "config": self.target.project.config,
            "supervision": self.supervision,
        }

    def made(self, dialect: str, until: Collection[str]) -> SchemaModel:
        """What these revisions and those that they stand on make."""
        schema = SchemaModel()
        graph = self.target.project.graph
        record_history(graph, dialect, until=until, follow_unknowns=True, schema=schema, **self.recording)
        return schema


def _drift(sides: _Sides, telling: Telling, read: _Read) -> Drift:
    graph, dialect, models = sides.target.project.graph, sides.target.database.pack.name, sides.models
    found, shape = models.compared(read.schema, dialect, default_schema=read.default_schema, server_text=True)
    stands = standing(graph, models, sides.made(dialect, graph.order), dialect, **sides.recording)
    told = {key_of(one) for one in stands.stay}
    new = [one for one in found.differences if key_of(one) not in told]
    unknown = ", ".join(one for one in read.heads if one not in graph.revisions)
    pending: set[tuple[object, ...]] = set()
    if new and not unknown:
        here, _ = models.compared(sides.made(dialect, read.heads), dialect)
        pending = {key_of(one) for one in here.differences} - {key_of(one) for one in stands.found.differences}
    drift = drift_of(telling, shape, [one for one in new if key_of(one) not in pending], found.uncompared)
    notes = passing_note([one for one in new if key_of(one) in pending], pending=True)
    if unknown:
        notes += (f"the database is at {unknown}, which the scripts don't have: what is pending on it isn't known",)
    return replace(drift, notes=notes)
