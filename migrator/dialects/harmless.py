"""What SQL text may do without being noticed by anybody: closed lists, the same for all dialects."""

from __future__ import annotations

# Functions that only compute.  Any other function in a query may write, so the query counts as unread.
PURE_FUNCTIONS = frozenset(
    """
    abs any_value array_agg array_length avg bool_and bool_or btrim ceil ceiling char_length character_length
    coalesce concat concat_ws count current_database current_date current_schema current_setting current_time
    current_timestamp current_user database date date_part date_trunc datetime every exists extract floor format
    gen_random_uuid generate_series greatest group_concat hex if ifnull instr json_agg json_array json_build_object
    json_extract json_object jsonb_agg jsonb_build_object last_insert_id least left length localtime localtimestamp
    lower ltrim max md5 min mod now nullif octet_length pg_table_is_visible power quote_ident quote_literal random
    rank dense_rank regexp_replace replace right round row_number row_to_json rtrim split_part sqlite_version
    strftime string_agg strpos substr substring sum timestamp to_char to_date to_jsonb to_regclass to_regtype
    to_timestamp trim trunc typeof unnest upper user uuid version
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

MISSING = "{package} is not installed, so SQL text can't be read: pip install 'migrator-alembic[check]'"
EXECUTES = "{verb} runs code that isn't in this text"
