"""SET of PostgreSQL: what a setting does to the statements after it."""

from __future__ import annotations

import re
from typing import Any

from migrator.dialects.harmless import HARMLESS_SETTINGS
from migrator.dialects.postgresql.text_nodes import kind_of, unread
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
_UNITS = {"us": 1e-6, "": 1e-3, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
# What stands at the top of dumps, and every psql file: it checks less, or says what is so anyway.
_OF_DUMPS = frozenset(
    """
    check_function_bodies client_encoding default_table_access_method default_tablespace idle_session_timeout
    row_security transaction_timeout xmloption
    """.split()
)
# They decide how fast something is, how it is shown, whose it is, or what the session's own clock says.
_OF_SESSIONS = {"transaction", "session characteristics"}.union(
    """
    bytea_output datestyle deadlock_timeout default_statistics_target default_toast_compression
    default_transaction_isolation effective_cache_size extra_float_digits hash_mem_multiplier intervalstyle jit
    lc_messages log_duration log_min_duration_statement log_statement max_parallel_workers_per_gather
    maintenance_io_concurrency random_page_cost role seq_page_cost session_authorization synchronous_commit
    temp_buffers timezone transaction_isolation vacuum_cost_delay vacuum_cost_limit
    """.split()
)


def setting(node: Any) -> Read:
    """SET, SET LOCAL and RESET of one setting."""
    name = node.name.lower()
    if kind_of(node, "kind") == "VAR_RESET_ALL":
        return (o.LockTimeout(what="all settings", seconds=None),)
    known = known_setting(name, _given(node))
    if known is not None:
        return known
    if _as_it_is(name, node):
        return (o.Harmless(what=f"the setting {node.name}"),)
    path = _path(node) if name == "search_path" else ()
    found = unread(f"SET {node.name} changes what the statements after it mean")
    if not path:
        return found
    return (o.SearchPath(what="the setting search_path", schemas=path), *(found if path != ("public",) else ()))


def known_setting(name: str, value: str) -> Read | None:
    """What a setting means by its name alone, None for one that may change what the statements after it mean; those
    with a dot are the code's own, or an extension's."""
    name = name.lower()
    if name == "lock_timeout":
        return (o.LockTimeout(what="the setting lock_timeout", seconds=_seconds(value)),)
    if name in HARMLESS_SETTINGS | _OF_DUMPS | _OF_SESSIONS or name.startswith("enable_") or "." in name:
        return (o.Harmless(what=f"the setting {name}"),)
    return None


def _path(node: Any) -> tuple[str, ...]:
    """The schemas of SET search_path; the server's own for RESET and DEFAULT, none for what isn't known."""
    if kind_of(node, "kind") != "VAR_SET_VALUE":
        return ("public",)
    values = [_text(one) for one in node.args]
    # A schema of the user's own name is rare, and no dump shows whose it would be.
    return tuple(one for one in values if one != "$user") if all(values) else ()


def _as_it_is(name: str, node: Any) -> bool:
    """Whether it sets what a server has by itself: where names without a schema are, how text is read."""
    values = [_text(one) for one in node.args]
    if kind_of(node, "kind") != "VAR_SET_VALUE":
        return False
    if name == "search_path":
        # Without any schema, a name that says none is an error.
        return set(values) <= {"", "pg_catalog"}
    return name == "standard_conforming_strings" and values in (["on"], ["true"])


def _text(argument: Any) -> str:
    return str(argument.a_const.sval.sval) if argument.WhichOneof("node") == "a_const" else ""


def _given(node: Any) -> str:
    """The one constant that SET gives; empty for anything else."""
    if len(node.args) != 1 or node.args[0].WhichOneof("node") != "a_const":
        return ""
    constant = node.args[0].a_const
    return str(constant.sval.sval) if constant.WhichOneof("val") == "sval" else str(constant.ival.ival)


def _seconds(text: str) -> float | None:
    """What SET gives a timeout; None for what it had before, and for what isn't a number with a unit."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(us|ms|s|min|h|d|)\s*", text)
    return None if match is None else float(match[1]) * _UNITS[match[2]]
