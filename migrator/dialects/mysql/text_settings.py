"""SET of MySQL and MariaDB: the settings of a session that change nothing of what this check says of the rest.

A setting counts as harmless where every statement that it changes is a finding by itself, or where it only makes the
server refuse more.  Settings of the whole server, and values that are asked for, stay unread.

Source: MySQL manual 8.4, "Server System Variables"; MariaDB manual, "Server System Variables"; the effect of those on
changes of tables run on MySQL 9.7 and MariaDB 10.11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrator.dialects.harmless import HARMLESS_SETTINGS
from migrator.dialects.mysql.planner_text import UnreadableError, pieces
from migrator.model import operation as o

# What a session reads, logs and shows, how it is told of mistakes, how much memory it takes, how long it waits.
_ANY_VALUE = HARMLESS_SETTINGS | frozenset(
    """
    character_set_client character_set_connection character_set_results collation_connection cte_max_recursion_depth
    eq_range_index_dive_limit group_concat_max_len idle_transaction_timeout information_schema_stats_expiry
    innodb_ddl_buffer_size innodb_ddl_threads innodb_parallel_read_threads interactive_timeout join_buffer_size
    lc_messages lc_time_names long_query_time max_allowed_packet max_error_count max_heap_table_size
    max_recursive_iterations myisam_sort_buffer_size net_buffer_length net_read_timeout net_retry_count
    net_write_timeout optimizer_search_depth optimizer_switch profiling profiling_history_size progress_report_time
    read_buffer_size read_rnd_buffer_size sort_buffer_size sql_auto_is_null sql_big_selects sql_buffer_result
    sql_notes sql_quote_show_create sql_safe_updates sql_warnings system_versioning_alter_history time_zone
    tmp_memory_table_size tmp_table_size transaction_isolation tx_isolation updatable_views_with_limit wait_timeout
    """.split()
)
_ON, _OFF, _DEFAULT = r"1|ON|TRUE|'ON'", r"0|OFF|FALSE|'OFF'", r"DEFAULT|@+\w+"
# By value.  Without the checks of keys and checks a new one is added unseen, which is a finding of its own.
_SOME_VALUES: Mapping[str, str] = {
    "autocommit": rf"{_ON}|DEFAULT",
    "unique_checks": rf"{_ON}|{_OFF}|{_DEFAULT}",
    "foreign_key_checks": rf"{_ON}|DEFAULT|@+\w+",
    "check_constraint_checks": rf"{_ON}|{_OFF}|{_DEFAULT}",
    "sql_require_primary_key": rf"{_ON}|{_OFF}|{_DEFAULT}",
    "innodb_strict_mode": rf"{_ON}|DEFAULT",
    "old_alter_table": rf"{_OFF}|DEFAULT",
    "alter_algorithm": r"'?(?:DEFAULT|INSTANT|NOCOPY|INPLACE)'?",
    "sql_mode": r"DEFAULT|@+\w+",
}
# Other modes change what the words of later statements mean, or hide what would be refused.
_MODES = frozenset(
    """
    ALLOW_INVALID_DATES ERROR_FOR_DIVISION_BY_ZERO NO_AUTO_CREATE_USER NO_AUTO_VALUE_ON_ZERO NO_ENGINE_SUBSTITUTION
    NO_UNSIGNED_SUBTRACTION NO_ZERO_DATE NO_ZERO_IN_DATE ONLY_FULL_GROUP_BY PAD_CHAR_TO_FULL_LENGTH STRICT_ALL_TABLES
    STRICT_TRANS_TABLES TIME_TRUNCATE_FRACTIONAL TRADITIONAL
    """.split()
)
_VALUE = (
    r"(?:@{0,2}[\w.]+|[-+]?[\d.]+|'(?:[^'\\]|\\.|'')*'|\"[^\"\\]*\"|CONCAT\(@@(?:SESSION\.)?SQL_MODE, ?'[\w, ]*'\))"
)
_ITEM = re.compile(
    r"(?P<user>@ ?(?:\w+|`[^`]+`))|(?:(?:SESSION |LOCAL |@@(?:SESSION|LOCAL)\.|@@)?(?P<name>[A-Za-z]\w*))",
    re.IGNORECASE,
)
_NAMES = re.compile(r"NAMES \S+(?: COLLATE \S+)?|(?:CHARACTER SET|CHARSET) \S+", re.IGNORECASE)
_ADDED = re.compile(r"CONCAT\(@@(?:SESSION\.)?SQL_MODE, ?('[\w, ]*')\)", re.IGNORECASE)


def settings(words: str) -> tuple[o.Operation, ...]:
    """The operations of a SET of settings and variables; empty where it is something else.

    Args:
        words: the statement without comments, on one line.
    """
    begins = re.match(r"SET ", words, re.IGNORECASE)
    if begins is None:
        return ()
    # Where the parser's tokens were put together again, marks stand apart.
    joined = re.sub(
        r"'[^']*'|\"[^\"]*\"|(@) (?=[@\w`])| ?(\.) ?", lambda m: m[1] or m[2] or m[0], words[begins.end() :]
    )
    try:
        items = [one.text for one in pieces(joined)]
    except UnreadableError:
        return ()
    found = [_setting(one) for one in items]
    return tuple(one for one in found if one is not None) if all(found) else ()


def _setting(item: str) -> o.Operation | None:
    if _NAMES.fullmatch(item):
        return o.Harmless(what="the setting names")
    match = _ITEM.match(item)
    said = re.fullmatch(rf" ?:?= ?(?P<value>{_VALUE})", item[match.end() :], re.IGNORECASE) if match else None
    if match is None or said is None:
        return None
    if match["user"]:
        return o.Harmless(what="a variable of the session")
    name, value = match["name"].lower(), said["value"]
    if name == "lock_wait_timeout":
        return o.LockTimeout(what=f"the setting {name}", seconds=float(value) if value.isdigit() else None)
    if name == "foreign_key_checks" and re.fullmatch(_OFF, value, re.IGNORECASE):
        return o.KeysUnchecked(what=f"the setting {name}")
    harmless = name in _ANY_VALUE or bool(re.fullmatch(_SOME_VALUES.get(name, "(?!)"), value, re.IGNORECASE))
    harmless = harmless or (name == "sql_mode" and _keeps_its_words(value))
    return o.Harmless(what=f"the setting {name}") if harmless else None


def _keeps_its_words(value: str) -> bool:
    """Whether a sql_mode leaves the meaning of words as it is; one that isn't strict writes what it can't keep, and
    each statement that could is a finding."""
    added = _ADDED.fullmatch(value)
    text = (added[1] if added else value).strip("'\"")
    return value[:1] in "'\"Cc" and {one.strip().upper() for one in text.split(",")} - {""} <= _MODES
