"""The revision graph: phases by anchors, closures, real heads.  Built from Alembic's scripts, asked without Alembic."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util.exc import CommandError

from migrator.errors import ConfigurationError
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.usercode import user_code

_LABELS = {"expand": Phase.EXPAND, "contract": Phase.CONTRACT}


@dataclass(frozen=True, kw_only=True)
class RevisionGraph:
    """All revisions of a project, over ``down_revision`` and ``depends_on``.

    ``order`` is a valid order to apply them in; ``revisions`` has the same keys.
    """

    script: ScriptDirectory
    order: tuple[str, ...]
    revisions: Mapping[str, Revision]

    def closure(self, ids: Iterable[str]) -> frozenset[str]:
        """The ids and all their ancestors; ids that the graph doesn't have are ignored."""
        found: set[str] = set()
        todo = [one for one in ids if one in self.revisions]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo.extend(parent for parent in self.revisions[one].parents if parent in self.revisions)
        return frozenset(found)

    def real_heads(self, ids: Collection[str] | None = None) -> tuple[str, ...]:
        """The maximal elements of ``ids`` (default: all), in order: what the version table holds for them.

        Alembic's own ``get_heads(consider_depends_on=True)`` came after 1.18.
        """
        chosen = set(self.order if ids is None else ids)
        covered = {parent for one in chosen for parent in self.revisions[one].parents}
        return tuple(one for one in self.order if one in chosen and one not in covered)

    def of_phase(self, phase: Phase) -> tuple[Revision, ...]:
        """The revisions of one phase in order, its anchor included; may be empty."""
        return self._of_phase[phase]

    def branch_heads(self, phase: Phase) -> tuple[str, ...]:
        """The heads of a branch along ``down_revision``; one, unless two features grew side by side."""
        return self._heads[phase]

    @cached_property
    def _of_phase(self) -> Mapping[Phase, tuple[Revision, ...]]:
        ordered = [self.revisions[one] for one in self.order]
        return {phase: tuple(one for one in ordered if one.phase is phase) for phase in Phase}

    @cached_property
    def _heads(self) -> Mapping[Phase, tuple[str, ...]]:
        covered = {
            phase: {parent for one in inside for parent in one.down_revision}
            for phase, inside in self._of_phase.items()
        }
        return {
            phase: tuple(one.id for one in inside if one.id not in covered[phase])
            for phase, inside in self._of_phase.items()
        }

    def changes(self) -> Mapping[str, tuple[Revision, ...]]:
        """Change name → its expand and contract revisions, in order; anchors and trunk are no change."""
        found: dict[str, list[Revision]] = {}
        for one in self.order:
            revision = self.revisions[one]
            if revision.phase is not Phase.TRUNK and not revision.anchor:
                found.setdefault(revision.change, []).append(revision)
        return {name: tuple(revisions) for name, revisions in found.items()}

    def resolve(self, text: str) -> Revision:
        """The revision that a person named: an id or an unambiguous beginning of one.

        Raises:
            ConfigurationError: none, or several.
        """
        if text in self.revisions:
            return self.revisions[text]
        matches = [one for one in self.order if one.startswith(text)] if text else []
        if len(matches) == 1:
            return self.revisions[matches[0]]
        why = f"is the beginning of {', '.join(matches)}" if matches else "is not in these scripts"
        raise ConfigurationError(f"revision {text!r} {why}", remedy="see `alembic history` for the ids")

    def module(self, revision: str) -> Any:
        """The imported revision file."""
        script = self.script.get_revision(revision)
        return script.module


def build_graph(script: ScriptDirectory) -> RevisionGraph:
    """Import every revision and lay out the graph.

    Raises:
        UserCodeError: a revision file doesn't import.
        ConfigurationError: an unknown ``down_revision`` or ``depends_on``, a cycle, a malformed attribute.
    """
    try:
        with user_code("a revision file"):
            scripts = list(reversed(list(_walk(script))))
            return _graph(script, scripts)
    except (RevisionError, CommandError) as error:
        raise ConfigurationError(
            f"Alembic can't read the revisions: {error}",
            remedy="mend the revision files; see `alembic history`",
        ) from None


def _walk(script: ScriptDirectory) -> Iterable[Script]:
    try:
        yield from script.walk_revisions()
    except (RevisionError, CommandError, KeyError) as error:
        raise ConfigurationError(
            f"the revisions don't fit together ({type(error).__name__}: {error})",
            remedy="mend down_revision and depends_on (ids, not symbols like expand@head); see `alembic history`",
        ) from None


def _graph(script: ScriptDirectory, scripts: list[Script]) -> RevisionGraph:
    phases: dict[str, Phase] = {}
    revisions: dict[str, Revision] = {}
    for one in scripts:
        down = _ids(script, one.down_revision)
        phase, anchor = _phase(one, down, phases)
        phases[one.revision] = phase
        revisions[one.revision] = _revision(one, phase, anchor, down, _ids(script, one.dependencies))
    named = {key: _with_change(revision, revisions) for key, revision in revisions.items()}
    return RevisionGraph(script=script, order=tuple(named), revisions=named)


def _ids(script: ScriptDirectory, value: str | Collection[str] | None) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else list(value or ())
    return tuple(found.revision for text in texts for found in script.get_revisions(text) if found is not None)


def _phase(one: Script, down: tuple[str, ...], phases: Mapping[str, Phase]) -> tuple[Phase, bool]:
    """By the labelled anchor among the ancestors along ``down_revision``.

    ``Script.branch_labels`` would not do: while only one branch exists its label flows down to the trunk.
    """
    own = getattr(one.module, "branch_labels", None)
    labels = {own} if isinstance(own, str) else set(own or ())
    anchors = [_LABELS[label] for label in sorted(labels) if label in _LABELS]
    if len(anchors) == 1:
        return anchors[0], True
    inherited = {phases[parent] for parent in down} - {Phase.TRUNK}
    if len(inherited) > 1 or len(anchors) > 1:
        raise ConfigurationError(
            f"revision {one.revision} stands in both branches, expand and contract",
            remedy="give it one down_revision branch; order the two with depends_on instead of a merge",
        )
    return (inherited.pop() if inherited else Phase.TRUNK), False


def _revision(one: Script, phase: Phase, anchor: bool, down: tuple[str, ...], depends_on: tuple[str, ...]) -> Revision:
    module = one.module
    change = getattr(module, "change", None)
    path = Path(one.path)
    return Revision(
        id=one.revision,
        phase=phase,
        change=change if isinstance(change, str) else "",
        named_change=isinstance(change, str),
        message=one.doc or "",
        path=path,
        digest=hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest(),
        anchor=anchor,
        down_revision=down,
        depends_on=depends_on,
        requires_data=_names(one, "requires_data"),
        requires_services=_releases(one),
        allow=_allow(one),
    )


def _names(one: Script, attribute: str) -> tuple[str, ...]:
    value = getattr(one.module, attribute, None) or ()
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise ConfigurationError(
            f"{attribute} of revision {one.revision} must be a list of names",
            remedy=f'write {attribute} = ["name", ...] in {Path(one.path).name}',
        )
    return tuple(value)


def _releases(one: Script) -> Mapping[str, str]:
    value = getattr(one.module, "requires_services", None) or {}
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) and text for pair in value.items() for text in pair
    ):
        raise ConfigurationError(
            f"requires_services of revision {one.revision} must map services to releases",
            remedy=f'write requires_services = {{"api": "2026.46"}} in {Path(one.path).name}',
        )
    return dict(value)


def _allow(one: Script) -> Mapping[str, str]:
    value = getattr(one.module, "allow", None)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"allow of revision {one.revision} must map rule ids to reasons",
            remedy=f'write allow = {{"rule-id": "reason"}} in {Path(one.path).name}',
        )
    return {str(rule): str(reason or "") for rule, reason in value.items()}


def _with_change(revision: Revision, revisions: Mapping[str, Revision]) -> Revision:
    """Without a ``change`` of its own, a contract belongs to the expand that it depends on; an expand stands alone."""
    if revision.named_change:
        return revision
    if revision.phase is Phase.CONTRACT:
        for parent in revision.depends_on:
            expand = revisions[parent]
            if expand.phase is Phase.EXPAND:
                return replace(revision, change=expand.change or expand.id)
    return replace(revision, change=revision.id)
