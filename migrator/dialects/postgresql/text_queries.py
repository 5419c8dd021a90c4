"""Queries of PostgreSQL: the functions that they call, and the tables of which they may read every row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.dialects.harmless import PURE_FUNCTIONS
from migrator.dialects.postgresql.functions import changes_nothing
from migrator.dialects.postgresql.text_nodes import dotted, kind_of, names, nodes, table_of, unread
from migrator.dialects.postgresql.text_rows import constant, keyed_by
from migrator.dialects.postgresql.text_session import known_setting
from migrator.dialects.postgresql.text_table import new_table
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
_CATALOGUES = ("pg_catalog", "information_schema")
_GATHERS = frozenset("array_agg avg bool_and bool_or count every json_agg jsonb_agg max min string_agg sum".split())
_GROWING = ("max", "nextval")
_SKIPS = "LockWaitSkip"
_SLEEPS = ("pg_sleep", "pg_sleep_for", "pg_sleep_until")
_KNOWN = PURE_FUNCTIONS | frozenset(_SLEEPS)


def select(node: Any) -> Read:
    """SELECT, VALUES and TABLE; with INTO it makes a table."""
    read = reads(node)
    if node.HasField("into_clause"):
        return (new_table(node.into_clause.rel), *read)
    own = _own_call(node)
    if own is not None:
        return own
    unknown = _unknown_calls(node)
    if unknown:
        why = f"the function {unknown[0]}() that it calls may change anything"
        return (*_locked(node, read), *(o.Unread(why=why, calls=unknown),))
    called = _called(node)
    found = read or (_pause(node),)
    return (*_locked(node, read), *(replace(one, calls=called) if called else one for one in found))


def _called(node: Any) -> tuple[str, ...]:
    calls = (names(one.funcname) for one in nodes(node) if one.DESCRIPTOR.name == "FuncCall")
    return tuple(dict.fromkeys(one[-1].lower() for one in calls if one[:-1] != ["pg_catalog"]))


def _pause(node: Any) -> o.Harmless:
    """A query of no table: it takes a moment, but for one that sleeps."""
    calls = [one for one in nodes(node) if one.DESCRIPTOR.name == "FuncCall"]
    sleeps = [one for one in calls if names(one.funcname)[-1].lower() in _SLEEPS]
    if not sleeps or all(_is_moment(constant(one.args[0])) for one in sleeps if one.args):
        return o.Harmless(what="a query")
    return o.Pause(what="a query that sleeps")


def _is_moment(seconds: str | None) -> bool:
    """Whether it says less than a second; an interval and a time count as more."""
    return seconds is not None and re.fullmatch(r"0?\.\d+|0", seconds) is not None


def _unknown_calls(node: Any) -> tuple[str, ...]:
    calls = [names(one.funcname) for one in nodes(node) if one.DESCRIPTOR.name == "FuncCall"]
    return tuple(dict.fromkeys(one[-1] for one in calls if not _is_known(one)))


def _is_known(call: list[str]) -> bool:
    return changes_nothing(call) or call[-1].lower() in _KNOWN


def reads(node: Any, target: Any = None) -> tuple[o.ReadRows, ...]:
    """What a statement reads of other tables than its target: one operation, or none.

    A query that stops at a LIMIT counts as short, but for one that sorts or gathers first.
    """
    if node.DESCRIPTOR.name == "SelectStmt" and _stops_early(node):
        return ()
    every = list(nodes(node))
    own = {one.ctename for one in every if one.DESCRIPTOR.name == "CommonTableExpr"}
    tables = [
        table_of(one) for one in every if one.DESCRIPTOR.name == "RangeVar" and one != target and not _is_told(one, own)
    ]
    found = tuple(dict.fromkeys(table for table in tables if table[0] not in _CATALOGUES))
    if not found:
        return ()
    keys = keyed_by(node.where_clause) if len(tables) == 1 and hasattr(node, "where_clause") else ()
    return (o.ReadRows(what="a query", tables=found, keyed_by=keys),)


def _is_told(relation: Any, own: set[str]) -> bool:
    """Whether the name is one of the statement's own, or of a catalogue."""
    return not relation.schemaname and (relation.relname in own or relation.relname.startswith("pg_"))


def _stops_early(node: Any) -> bool:
    if not node.HasField("limit_count") or len(node.sort_clause) or len(node.group_clause):
        return False
    calls = {names(one.funcname)[-1].lower() for one in nodes(node) if one.DESCRIPTOR.name == "FuncCall"}
    return not calls & _GATHERS


def _locked(node: Any, read: tuple[o.ReadRows, ...]) -> Read:
    """FOR UPDATE and its like: as good as a lock of the table where they may meet every row."""
    if not node.locking_clause or any(_waits_for_none(one.locking_clause) for one in node.locking_clause):
        return ()
    return tuple(
        o.LockTable(table=table, schema=schema) for one in read if not one.keyed_by for schema, table in one.tables
    )


def _waits_for_none(clause: Any) -> bool:
    return kind_of(clause, "wait_policy") == _SKIPS


def _own_call(node: Any) -> Read | None:
    """``SELECT setval(...)`` and ``SELECT set_config(...)``, one or several; None for any other query."""
    found: list[o.Operation] = []
    for target in node.target_list:
        value = target.res_target.val
        if value.WhichOneof("node") != "func_call":
            return None
        reader = _OWN.get(names(value.func_call.funcname)[-1].lower())
        own = None if reader is None else reader(list(value.func_call.args))
        if own is None:
            return None
        found += own
    return (*found, *reads(node)) if found else None


def _setval(arguments: list[Any]) -> Read | None:
    """As ALTER SEQUENCE ... RESTART WITH; a query that asks for the largest number takes it from the rows."""
    told = None if len(arguments) < 2 else _sequence_named(arguments[0])
    if told is None:
        return None
    number = constant(arguments[1])
    if number is not None and number.isdecimal():
        return (told if int(number) <= 1 else _numbers(told),)
    within = list(nodes(arguments[1]))
    calls = [names(one.funcname) for one in within if one.DESCRIPTOR.name == "FuncCall"]
    columns = [names(one.fields)[-1:] for one in within if one.DESCRIPTOR.name == "ColumnRef"]
    grows = ["last_value"] in columns or any(one[-1].lower() in _GROWING for one in calls)
    return (_numbers(told),) if grows and all(map(_is_known, calls)) else None


def _sequence_named(argument: Any) -> o.Act | None:
    """RESTART of the sequence that is named, or of that of a column; None for one that only the server can tell."""
    kind = o.ActKind.RESTART_SEQUENCE
    if argument.WhichOneof("node") == "func_call":
        call = argument.func_call
        given = [constant(one) for one in call.args]
        if names(call.funcname)[-1].lower() != "pg_get_serial_sequence" or len(given) != 2 or None in given:
            return None
        schema, table = _named(str(given[0]))
        return o.Act(kind=kind, table=table, schema=schema, other=str(given[1]))
    name = constant(argument)
    if name is None:
        return None
    schema, sequence = _named(name)
    return o.Act(kind=kind, table=sequence, schema=schema)


def _named(text: str) -> tuple[str | None, str]:
    return dotted([part.strip('"') for part in text.split(".")])


def _numbers(told: o.Act) -> o.Operation:
    return o.Harmless(what=f"sequence {told.target}")


def _set_config(arguments: list[Any]) -> Read | None:
    """A search path without a schema: names that say none are errors from then on."""
    values = [constant(one) for one in arguments]
    if values[:1] == ["search_path"] and values[1:2] in ([""], ["pg_catalog"]):
        return (o.Harmless(what="the setting search_path"),)
    return None if None in values[:2] else known_setting(str(values[0]), str(values[1]))


_OWN: dict[str, Callable[[list[Any]], Read | None]] = {"setval": _setval, "set_config": _set_config}


def declared(node: Any) -> Read:
    """DECLARE CURSOR: its query."""
    kind = node.query.WhichOneof("node")
    return select(node.query.select_stmt) if kind == "select_stmt" else unread("a cursor over something unknown")
