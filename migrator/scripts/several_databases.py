"""One history for several databases: env.py runs each revision once for each, and passes the name of the database."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.way import Choice
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.recorder import record_history
from migrator.scripts.recording import RecordedWay, Recording
from migrator.scripts.tolerant import not_imported

Arguments = Mapping[str, Any]


def record_for_each(
    graph: RevisionGraph, dialect: str, each: Sequence[Arguments], *, schema: SchemaModel, **options: Any
) -> Mapping[str, Recording]:
    """What each revision does in all databases together, as ways through it.

    Args:
        each: what ``upgrade()`` is called with, for each database; empty for one database and no argument.
        schema: an empty one; it becomes what the history makes in any of them.
        options: as :func:`record_history` has them.
    """
    if len(each) < 2:
        return record_history(graph, dialect, schema=schema, arguments=next(iter(each), None), **options)
    schemas = [schema, *(SchemaModel() for _ in each[1:])]
    recorded = [
        record_history(graph, dialect, schema=one, arguments=arguments, **options)
        for one, arguments in zip(schemas, each, strict=True)
    ]
    for one in schemas[1:]:
        schema.tables.update({key: table for key, table in one.tables.items() if key not in schema.tables})
    return {id: _together([one[id] for one in recorded], each) for id in recorded[0]}


def likely_arguments(graph: RevisionGraph) -> Sequence[Arguments]:
    """What an env.py that can't be run passes, as far as the revisions show: ``upgrade(engine_name)`` that calls the
    ``upgrade_NAME`` of its file, as Alembic's template for several databases has it.

    Returns:
        One for each name; empty where they don't all ask for one argument, or there is no such function.
    """
    modules = [module for module in map(graph.module, graph.order) if not_imported(module) is None]
    wanted = {_wanted(getattr(module, "upgrade", None)) for module in modules}
    names = [
        name.removeprefix("upgrade_")
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("upgrade_") and inspect.isfunction(value)
    ]
    if len(wanted) != 1 or not (argument := wanted.pop()):
        return ()
    return tuple({argument: name} for name in dict.fromkeys(names))


def _wanted(function: Any) -> str:
    """The function's one argument; empty where it has none, or several."""
    given = list(inspect.signature(function).parameters.values()) if inspect.isfunction(function) else []
    return given[0].name if len(given) == 1 and given[0].kind is given[0].POSITIONAL_OR_KEYWORD else ""


def _together(recordings: Sequence[Recording], each: Sequence[Arguments]) -> Recording:
    first = recordings[0]
    ways = [_for(way, arguments) for one, arguments in zip(recordings, each, strict=True) for way in one.all_ways]
    return replace(
        first,
        conditional=any(one.conditional for one in recordings),
        error=next((one.error for one in recordings if one.error is not None), None),
        suppressions=tuple(dict.fromkeys(held for one in recordings for held in one.suppressions)),
        ways=tuple(ways),
        unfollowed=tuple(dict.fromkeys(held for one in recordings for held in one.unfollowed)),
    )


def _for(way: RecordedWay, arguments: Arguments) -> RecordedWay:
    told = " and ".join(f"{name} {value!r}" for name, value in arguments.items() if isinstance(value, str))
    line = way.items[0].line if way.items else 0
    said = Choice(line=line, answers=(f"is run for {told or 'another database'}",), answer=0, usual=0)
    return replace(way, choices=(said, *way.choices))
