"""Take away each ``depends_on`` that no order of the revisions can keep, so that all the rest can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from alembic.script import Script

_LOOSE = "migrator_loose_depends_on"


@dataclass(frozen=True, kw_only=True)
class Loose:
    """``name`` stands in depends_on; ``circular``: it is there, and waits for this revision itself."""

    name: str
    circular: bool = False


def loosened(scripts: Sequence[Script]) -> Sequence[Script]:
    """The same scripts without what :func:`loose_in` then tells of their modules."""
    labels = {label for one in scripts for label in _texts(getattr(one.module, "branch_labels", None))}
    known = {one.revision for one in scripts}
    for one in scripts:
        _take(one, [Loose(name=name) for name in _texts(one.dependencies) if name not in known | labels])
    parents = {one.revision: [*_texts(one.down_revision), *_texts(one.dependencies)] for one in scripts}
    for one in scripts:
        circular = [name for name in _texts(one.dependencies) if one.revision in _ancestors(name, parents)]
        parents[one.revision] = [name for name in parents[one.revision] if name not in circular]
        _take(one, [Loose(name=name, circular=True) for name in circular])
    return scripts


def without_itself(module: ModuleType) -> ModuleType:
    """The module, its ``depends_on`` without its own id, with which Alembic takes no revision."""
    own, depends = module.__dict__["revision"], _texts(module.__dict__.get("depends_on"))
    if own in depends:
        module.__dict__["depends_on"] = tuple(name for name in depends if name != own) or None
        setattr(module, _LOOSE, (*loose_in(module), Loose(name=own, circular=True)))
    return module


def loose_in(module: Any) -> tuple[Loose, ...]:
    """What was taken away of a revision's depends_on; may be empty."""
    found: tuple[Loose, ...] = getattr(module, _LOOSE, ())
    return found


def _take(script: Script, loose: Sequence[Loose]) -> None:
    if loose:
        names = {one.name for one in loose}
        script.dependencies = tuple(name for name in _texts(script.dependencies) if name not in names) or None
        setattr(script.module, _LOOSE, (*loose_in(script.module), *loose))


def _ancestors(start: str, parents: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The revision and all that it stands on."""

    def walk() -> Iterator[str]:
        todo, seen = [start], set[str]()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo.extend(parents.get(one, ()))
                yield one

    return frozenset(walk())


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
