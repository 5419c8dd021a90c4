"""The queries of the snapshot on MySQL and MariaDB: each gives kind, name, table and the parts of the definition.

``:schema`` is the database's name.  Rows that follow each other with the same kind and name are one thing (an index of
three columns has three); nothing is put together by group_concat(), which cuts at group_concat_max_len.
"""

from __future__ import annotations

_SCHEMA_MYSQL = """
SELECT 'schema', '', '', default_character_set_name, default_collation_name, concat('encryption ', default_encryption)
FROM information_schema.schemata WHERE schema_name = :schema
"""

_SCHEMA_MARIADB = """
SELECT 'schema', '', '', default_character_set_name, default_collation_name,
  if(schema_comment <> '', concat('comment ', quote(schema_comment)), '')
FROM information_schema.schemata WHERE schema_name = :schema
"""

_TABLES = """
SELECT 'table', table_name, table_name, table_type, engine, row_format, table_collation, create_options,
  if(table_comment <> '', concat('comment ', quote(table_comment)), '')
FROM information_schema.tables WHERE table_schema = :schema AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
"""

_COLUMNS_MYSQL = """
SELECT 'column', concat(table_name, '.', column_name), table_name, column_type, character_set_name, collation_name,
  if(is_nullable = 'NO', 'not null', ''), if(column_default IS NULL, '', concat('default ', quote(column_default))),
  extra, if(generation_expression <> '', concat('as ', generation_expression), ''), concat('srid ', srs_id),
  if(column_comment <> '', concat('comment ', quote(column_comment)), '')
FROM information_schema.columns WHERE table_schema = :schema
"""

_COLUMNS_MARIADB = """
SELECT 'column', concat(table_name, '.', column_name), table_name, column_type, character_set_name, collation_name,
  if(is_nullable = 'NO', 'not null', ''), if(column_default IS NULL, '', concat('default ', quote(column_default))),
  extra, if(generation_expression <> '', concat('as ', generation_expression), ''),
  if(column_comment <> '', concat('comment ', quote(column_comment)), '')
FROM information_schema.columns WHERE table_schema = :schema
"""

_KEYS = """
SELECT 'constraint', concat(c.table_name, '.', c.constraint_name), c.table_name, lower(c.constraint_type),
  k.column_name
FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k
  ON k.table_name = c.table_name AND k.constraint_name = c.constraint_name AND k.referenced_table_name IS NULL
WHERE c.table_schema = :schema AND k.table_schema = :schema AND c.constraint_type IN ('PRIMARY KEY', 'UNIQUE')
ORDER BY c.table_name, c.constraint_name, k.ordinal_position
"""

_FOREIGN_KEYS = """
SELECT 'constraint', concat(r.table_name, '.', r.constraint_name), r.table_name, 'foreign key',
  concat(k.column_name, ' references ', if(k.referenced_table_schema = :schema, '',
         concat(k.referenced_table_schema, '.')), k.referenced_table_name, '.', k.referenced_column_name),
  concat('on update ', r.update_rule), concat('on delete ', r.delete_rule), concat('match ', r.match_option),
  concat('key ', r.unique_constraint_name)
FROM information_schema.referential_constraints r JOIN information_schema.key_column_usage k
  ON k.table_name = r.table_name AND k.constraint_name = r.constraint_name AND k.referenced_table_name IS NOT NULL
WHERE r.constraint_schema = :schema AND k.table_schema = :schema
ORDER BY r.table_name, r.constraint_name, k.ordinal_position
"""

_CHECKS_MYSQL = """
SELECT 'constraint', concat(c.table_name, '.', c.constraint_name), c.table_name, 'check', k.check_clause,
  if(c.enforced = 'NO', 'not enforced', '')
FROM information_schema.table_constraints c JOIN information_schema.check_constraints k
  ON k.constraint_schema = c.constraint_schema AND k.constraint_name = c.constraint_name
WHERE c.table_schema = :schema AND c.constraint_type = 'CHECK'
"""

# The check of a column has the column's name.
_CHECKS_MARIADB = """
SELECT 'constraint', concat(table_name, '.', constraint_name), table_name, 'check', check_clause, level
FROM information_schema.check_constraints WHERE constraint_schema = :schema
"""

_INDEXES_MYSQL = """
SELECT 'index', concat(table_name, '.', index_name), table_name, if(non_unique, '', 'unique'), index_type,
  if(expression IS NULL, column_name, concat('(', expression, ')')), concat('first ', sub_part),
  if(collation = 'D', 'desc', ''), if(is_visible = 'NO', 'invisible', ''),
  if(index_comment <> '', concat('comment ', quote(index_comment)), '')
FROM information_schema.statistics WHERE table_schema = :schema ORDER BY table_name, index_name, seq_in_index
"""

_INDEXES_MARIADB = """
SELECT 'index', concat(table_name, '.', index_name), table_name, if(non_unique, '', 'unique'), index_type, column_name,
  concat('first ', sub_part), if(collation = 'D', 'desc', ''), if(ignored = 'YES', 'ignored', ''),
  if(index_comment <> '', concat('comment ', quote(index_comment)), '')
FROM information_schema.statistics WHERE table_schema = :schema ORDER BY table_name, index_name, seq_in_index
"""

_TRIGGERS = """
SELECT 'trigger', trigger_name, event_object_table, action_timing, event_manipulation,
  concat('number ', action_order), concat('definer ', definer), concat('mode ', sql_mode), collation_connection,
  action_statement
FROM information_schema.triggers WHERE trigger_schema = :schema
"""

_ROUTINES = """
SELECT lower(routine_type), routine_name, '', concat('returns ', nullif(dtd_identifier, '')), collation_name,
  if(is_deterministic = 'YES', 'deterministic', ''), sql_data_access, concat('security ', security_type),
  concat('definer ', definer), concat('mode ', sql_mode), collation_connection,
  if(routine_comment <> '', concat('comment ', quote(routine_comment)), ''), routine_definition
FROM information_schema.routines WHERE routine_schema = :schema
"""

_PARAMETERS = """
SELECT 'parameters', concat(lower(routine_type), ' ', specific_name), '', parameter_mode, parameter_name,
  dtd_identifier, collation_name
FROM information_schema.parameters WHERE specific_schema = :schema AND ordinal_position > 0
ORDER BY routine_type, specific_name, ordinal_position
"""

_EVENTS = """
SELECT 'event', event_name, '', concat('at ', execute_at), concat('every ', interval_value, ' ', interval_field),
  concat('from ', starts), concat('to ', ends), status, on_completion, concat('definer ', definer),
  concat('time zone ', time_zone), concat('mode ', sql_mode), collation_connection,
  if(event_comment <> '', concat('comment ', quote(event_comment)), ''), event_definition
FROM information_schema.events WHERE event_schema = :schema
"""

_VIEWS_MYSQL = """
SELECT 'view', table_name, table_name, concat('check option ', check_option), concat('security ', security_type),
  concat('definer ', definer), collation_connection, view_definition
FROM information_schema.views WHERE table_schema = :schema
"""

_VIEWS_MARIADB = """
SELECT 'view', table_name, table_name, concat('check option ', check_option), concat('security ', security_type),
  concat('algorithm ', algorithm), concat('definer ', definer), collation_connection, view_definition
FROM information_schema.views WHERE table_schema = :schema
"""

_PARTITIONS = """
SELECT 'partition', concat_ws('.', table_name, partition_name, subpartition_name), table_name,
  concat('number ', partition_ordinal_position), concat('subpartition ', subpartition_ordinal_position),
  partition_method, partition_expression, partition_description, subpartition_method, subpartition_expression,
  if(partition_comment <> '', concat('comment ', quote(partition_comment)), ''), concat('tablespace ', tablespace_name)
FROM information_schema.partitions WHERE table_schema = :schema AND partition_name IS NOT NULL
"""

_TABLE_GRANTS = """
SELECT 'grant', concat(privilege_type, ' on table ', table_name, ' to ', grantee), table_name, 'granted',
  if(is_grantable = 'YES', 'grant option', '')
FROM information_schema.table_privileges WHERE table_schema = :schema
"""

_COLUMN_GRANTS = """
SELECT 'grant', concat(privilege_type, ' on column ', table_name, '.', column_name, ' to ', grantee), table_name,
  'granted', if(is_grantable = 'YES', 'grant option', '')
FROM information_schema.column_privileges WHERE table_schema = :schema
"""

_SCHEMA_GRANTS = """
SELECT 'grant', concat(privilege_type, ' on schema to ', grantee), '', 'granted',
  if(is_grantable = 'YES', 'grant option', '')
FROM information_schema.schema_privileges WHERE table_schema = :schema
"""

_BOTH = (
    _TABLES,
    _KEYS,
    _FOREIGN_KEYS,
    _TRIGGERS,
    _ROUTINES,
    _PARAMETERS,
    _EVENTS,
    _PARTITIONS,
    _TABLE_GRANTS,
    _COLUMN_GRANTS,
    _SCHEMA_GRANTS,
)
MYSQL = (*_BOTH, _SCHEMA_MYSQL, _COLUMNS_MYSQL, _CHECKS_MYSQL, _INDEXES_MYSQL, _VIEWS_MYSQL)
MARIADB = (*_BOTH, _SCHEMA_MARIADB, _COLUMNS_MARIADB, _CHECKS_MARIADB, _INDEXES_MARIADB, _VIEWS_MARIADB)
