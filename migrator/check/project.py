"""Check a whole project: every revision on every dialect, and the graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config

from migrator.check import suppressions
from migrator.check.drift import Drift
from migrator.check.graph import Found, graph_findings
from migrator.check.history import History
from migrator.check.judge import NONE_SMALL, Judgement, judge_fully
from migrator.check.models import Models, drift_from_revisions, unread_revisions
from migrator.check.planned import Planning
from migrator.check.servers import checked_servers
from migrator.check.small_tables import SmallTables
from migrator.dialects.schema_model import SchemaModel
from migrator.errors import UsageError
from migrator.model.finding import CheckReport, Finding
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.model.suppression import Suppression
from migrator.scripts.git_changes import Since
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.recording import Recording
from migrator.scripts.several_databases import record_for_each
from migrator.scripts.supervision import Supervision


def check_project(
    graph: RevisionGraph,
    paths: Sequence[Path],
    dialects: Sequence[str],
    target_metadata: sa.MetaData | None = None,
    *,
    data: Mapping[str, Collection[str]] | None = None,
    arguments: Mapping[str, Any] | None = None,
    each: Sequence[Mapping[str, Any]] = (),
    config: Config | None = None,
    today: date | None = None,
    since: Since | None = None,
    server_version: str | None = None,
    supervision: Supervision | None = None,
    models: Models | None = None,
    small: SmallTables = NONE_SMALL,
) -> CheckReport:
    """Record the history on each dialect and judge the expand and contract revisions.

    Args:
        paths: files or folders; only revisions in them are judged.  Empty judges all.
        dialects: which databases to check for, with the oldest version where it is known (``postgresql>=14``).
        target_metadata: env.py's, for its naming convention and for what the application maps.
        data: the data migrations and what each requires (revisions, changes, other data migrations); None where they
            aren't known, and then ``requires_data`` isn't checked.
        arguments: what env.py passes to ``upgrade()``; ``each``: for each database in turn, where it has several.
        today: for suppressions that expire; None asks the clock.
        since: only revisions in files that changed are judged, those that were there before are released; None for all.
        server_version: as ``15``, for all of them; None takes those of ``dialects``, else the oldest supported.
        supervision: told before each revision's code runs.
        models: to be compared with what the revisions make; None for no comparison.
        small: tables that are known to be small.

    Returns:
        Findings in the order of files and lines, one for all dialects that share it.

    Raises:
        UsageError: a path that isn't there or holds no revision of this project.
        ConfigurationError: a database that isn't supported, or no version of it.
    """
    servers = checked_servers(dialects)
    plannings = {one.dialect: Planning.for_server(one.dialect, server_version or one.version) for one in servers}
    chosen = chosen_revisions(graph, paths, None if since is None else since.changed)
    env = _env(target_metadata=target_metadata, arguments=arguments, config=config, supervision=supervision)
    schemas = {one: SchemaModel() for one in plannings}
    recorded = _recorded(graph, schemas, each or (arguments or {},), env)
    ids = frozenset(one.id for one in chosen)
    history = History(graph=graph, chosen=ids, recorded=recorded, data=data, metadata=target_metadata, since=since)
    judged = _judge_all(history, plannings, today or datetime.now(UTC).date(), small)
    drift = _drift(graph, models, schemas, recorded, env)
    found = [*(finding for one in judged for finding in one.findings), *drift.findings]
    return CheckReport(
        findings=tuple(sorted(found, key=lambda one: (one.file, one.line))),
        suppressed=tuple(finding for one in judged for finding in (*one.suppressed, *one.excused)),
        revisions=len(chosen),
        statements=sum(len(history[one.id].statements) for history in recorded.values() for one in chosen),
        dialects=tuple(one.label for one in servers),
        notes=(*_excused_notes(judged), *drift.notes),
        drift=drift.looks,
    )


def _recorded(
    graph: RevisionGraph,
    schemas: Mapping[str, SchemaModel],
    each: Sequence[Mapping[str, Any]],
    env: Mapping[str, Any],
) -> dict[str, Mapping[str, Recording]]:
    options = {name: value for name, value in env.items() if name != "arguments"}
    return {
        dialect: record_for_each(graph, dialect, each, schema=schema, follow_unknowns=True, **options)
        for dialect, schema in schemas.items()
    }


def _env(**given: Any) -> dict[str, Any]:
    """What every recording is given."""
    return given


def _drift(
    graph: RevisionGraph,
    models: Models | None,
    schemas: Mapping[str, SchemaModel],
    recorded: Mapping[str, Mapping[str, Recording]],
    env: Mapping[str, Any],
) -> Drift:
    """That of all databases as one: one finding for all that share it, and the look at the first."""
    if models is None:
        return Drift()
    drifts = [drift_from_revisions(graph, models, schema, dialect, **env) for dialect, schema in schemas.items()]
    looks = [one.look for one in drifts if one.look is not None]
    unread = (label for history in recorded.values() for label in unread_revisions(history))
    uncompared = tuple(dict.fromkeys([*unread, *(one for look in looks for one in look.uncompared)]))
    return Drift(
        findings=tuple(_merged([one.findings for one in drifts], len(drifts))),
        look=replace(looks[0], uncompared=uncompared) if looks else None,
        notes=tuple(dict.fromkeys(note for one in drifts for note in one.notes)),
    )


def _excused_notes(judged: Sequence[Judgement]) -> Iterator[str]:
    excused = [finding for one in judged for finding in one.excused]
    if excused:
        rules = ", ".join(dict.fromkeys(one.rule for one in excused))
        yield f"held back, since their tables are all among small_tables: {len(excused)} findings ({rules})"


def chosen_revisions(
    graph: RevisionGraph, paths: Sequence[Path], changed: Collection[Path] | None = None
) -> tuple[Revision, ...]:
    """The revisions to judge, in order; the trunk is history.

    Args:
        paths: only those in these files and folders; empty for all.
        changed: only those in these files (resolved); None for no such limit.

    Raises:
        UsageError: a path that isn't there or holds no revision of this project.
    """
    chosen = _inside(graph, paths)
    return chosen if changed is None else tuple(one for one in chosen if one.path.resolve() in changed)


def _inside(graph: RevisionGraph, paths: Sequence[Path]) -> tuple[Revision, ...]:
    judged = [graph.revisions[one] for one in graph.order if graph.revisions[one].phase is not Phase.TRUNK]
    if not paths:
        return tuple(judged)
    chosen: dict[str, Revision] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {str(path)!r}", remedy="name revision files, or folders of them")
        inside = [one for one in graph.revisions.values() if one.path.resolve().is_relative_to(path.resolve())]
        if not inside:
            raise UsageError(
                f"{str(path)!r} holds no revision of this project",
                remedy="name revision files or folders of version_locations, or leave the paths out",
            )
        chosen.update({one.id: one for one in inside})
    return tuple(one for one in judged if one.id in chosen)


def _judge_all(history: History, plannings: Mapping[str, Planning], day: date, small: SmallTables) -> list[Judgement]:
    """The judgement of each revision; those that weren't chosen are asked of their place only."""
    judged = []
    for revision in (history.graph.revisions[one] for one in history.graph.order):
        recordings = {dialect: recorded[revision.id] for dialect, recorded in history.recorded.items()}
        asked = plannings if revision.id in history.chosen or _is_unrun_past(revision, recordings) else {}
        # In a database that has run it, its suppressions have done their work: none ends, and nobody mends them.
        until = date.min if history.released(revision) else day
        judged.append(_judge_revision(recordings, asked, graph_findings(history, revision), until, small))
    return judged


def _is_unrun_past(revision: Revision, recordings: Mapping[str, Recording]) -> bool:
    """Whether its code hung or ended a process, in the trunk: on no selection is the schema known behind it."""
    errors = [one.error for one in recordings.values()]
    return revision.phase is Phase.TRUNK and any(error is not None and error.unrun for error in errors)


def _judge_revision(
    recordings: Mapping[str, Recording],
    plannings: Mapping[str, Planning],
    of_graph: Iterable[Found],
    day: date,
    small: SmallTables,
) -> Judgement:
    """One judgement of a revision over its dialects.

    Args:
        plannings: none where only its place in the graph is judged.
        of_graph: what is wrong with that.
        day: for suppressions that expire; ``date.min`` for a revision whose suppressions are history.
    """
    judgements = [
        judge_fully(recordings[name], dialect=name, today=day, planning=planning, small=small)
        for name, planning in plannings.items()
    ]
    found = _merged([one.findings for one in judgements], len(recordings))
    held = _merged([one.suppressed for one in judgements], len(recordings))
    excused = _merged([one.excused for one in judgements], len(recordings))
    used: set[Suppression] = {one for judgement in judgements for one in judgement.used}
    for finding, around in of_graph:
        by = suppressions.applying(finding.rule, next(iter(recordings.values())), around, day)
        (held if by else found).append(finding)
        used.update(by)
    if day != date.min:
        reports = (
            list(suppressions.broken(recordings[name], day)) + list(suppressions.unused(recordings[name], used, day))
            for name in plannings
        )
        found += dict.fromkeys(one for report in reports for one in report)
    return Judgement(findings=tuple(found), suppressed=tuple(held), excused=tuple(excused), used=frozenset(used))


def _merged(of_dialects: Iterable[Sequence[Finding]], dialects: int) -> list[Finding]:
    """One finding for all dialects that share it."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for findings in of_dialects:
        for one in findings:
            key = (one.rule, one.severity, one.file, one.line, one.revision, one.remedy)
            groups.setdefault(key, []).append(one)
    merged = []
    for group in groups.values():
        names = tuple(dict.fromkeys(one.dialect for one in group))
        everywhere = len(names) == dialects and dialects > 1
        merged.append(replace(group[0], dialect="" if everywhere else ",".join(names)))
    return merged
