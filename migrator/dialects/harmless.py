"""What SQL text may do without being noticed by anybody: closed lists, the same for all dialects."""

from __future__ import annotations

from migrator.model import operation as o

# Functions that only compute.  Any other function in a query may write, so the query counts as unread.
PURE_FUNCTIONS = frozenset(
    """
    abs adddate any_value array_agg array_length ascii avg bin bin_to_uuid bool_and bool_or btrim ceil ceiling
    changes char char_length character_length coalesce concat concat_ws connection_id conv convert_tz count crc32
    current_database current_date current_schema current_setting current_time current_timestamp current_user
    database date date_add date_format date_part date_sub date_trunc datediff datetime dayofmonth dense_rank elt
    every exists extract field find_in_set floor format format_bytes found_rows from_unixtime gen_random_uuid
    generate_series get_lock greatest group_concat hex if ifnull iif inet6_aton inet6_ntoa inet_aton inet_ntoa instr
    is_free_lock is_used_lock is_uuid json json_agg json_array json_array_length json_build_object json_contains
    json_extract json_extract_scalar json_group_array json_group_object json_keys json_length json_merge_patch
    json_object json_quote json_set json_type json_unquote json_valid json_value jsonb_agg jsonb_build_object
    julianday last_insert_id last_insert_rowid least left length localtime localtimestamp lower lpad ltrim makedate
    maketime max md5 min mod now nullif octet_length period_add pg_table_is_visible power printf quote quote_ident
    quote_literal random rank regexp_replace release_all_locks release_lock repeat replace reverse right round
    row_count row_number row_to_json rpad rtrim schema session_user sha1 sha2 sign split_part sqlite_source_id
    sqlite_version sqrt str_to_date strftime string_agg strpos subdate substr substring substring_index sum
    system_user timestamp timestampdiff to_char to_date to_days to_jsonb to_regclass to_regtype to_timestamp total
    total_changes trim trunc typeof unhex unicode unix_timestamp unixepoch unnest upper user utc_timestamp uuid
    uuid_short uuid_to_bin version
    """.split()
)

# Settings of a session that change how long it waits or what it logs, and nothing that it does.
HARMLESS_SETTINGS = frozenset(
    """
    application_name client_min_messages idle_in_transaction_session_timeout innodb_lock_wait_timeout
    lock_timeout lock_wait_timeout log_min_messages maintenance_work_mem max_execution_time
    max_parallel_maintenance_workers max_statement_time names statement_timeout work_mem
    """.split()
)

EXECUTES = "{verb} runs code that isn't in this text"


def without_parser(package: str) -> tuple[o.Operation, ...]:
    """One operation that nobody tries to read, since the package isn't installed."""
    why = f"{package} is not installed, so SQL text can't be read: pip install 'migrator-alembic[check]'"
    return (o.Unread(why=why, no_parser=True),)
