"""A table as PostgreSQL's catalogue shows it now: what the planner asks for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.postgresql.sql_forms import full_table
from migrator.model.plan import ColumnFacts, TableFacts, TableName

_TABLE = sa.text(
    "SELECT c.oid, c.relkind, c.reltuples::bigint AS rows, pg_total_relation_size(c.oid) AS bytes"
    " FROM pg_class c WHERE c.oid = to_regclass(:name)"
)
# Whole-row and expression references of an index show as dependencies of the index on the column; so do its key
# columns, which may be widened freely, hence only indexes with a condition or an expression count.
_COLUMNS = sa.text(
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,"
    # Since 18 a column is marked NOT NULL while rows may hold NULL: its constraint is NOT VALID.
    " (SELECT max(k.conname) FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'"
    "         AND NOT k.convalidated AND a.attnum = ANY (k.conkey)) AS unproven,"
    " EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'c'"
    "         AND k.convalidated"
    "         AND a.attnum = ANY (k.conkey))"
    " OR EXISTS (SELECT 1 FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass"
    "         AND d.objid = i.indexrelid AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum"
    "         WHERE i.indrelid = a.attrelid AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)) AS guarded,"
    " EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey)) AS indexed,"
    " EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.convalidated"
    "         AND pg_get_constraintdef(k.oid) = 'CHECK ((' || quote_ident(a.attname) || ' IS NOT NULL))') AS proven"
    " FROM pg_attribute a WHERE a.attrelid = :oid AND a.attnum > 0 AND NOT a.attisdropped"
)
_PARTITIONS = sa.text(
    "SELECT n.nspname, c.relname, c.relkind FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = :oid ORDER BY c.relname"
)
_FOREIGN_KEYS = sa.text(
    "SELECT k.conname, CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END, c.relname"
    " FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE k.conrelid = :oid AND k.contype = 'f'"
)


def table_facts(connection: Connection, schema: str | None, table: str) -> TableFacts | None:
    """See :meth:`PlanRules.facts`."""
    row = connection.execute(_TABLE, {"name": full_table(schema, table)}).first()
    if row is None:
        return None
    oid = {"oid": row.oid}
    columns = {
        one.attname: ColumnFacts(
            type=str(one.type),
            nullable=bool(one.nullable or one.unproven),
            unproven=str(one.unproven or ""),
            guarded=bool(one.guarded),
            indexed=bool(one.indexed),
            proven=bool(one.proven),
        )
        for one in connection.execute(_COLUMNS, oid)
    }
    partitioned = _letter(row.relkind) == "p"
    partitions = connection.execute(_PARTITIONS, oid).all() if partitioned else []
    keys: dict[str, TableName] = {one[0]: (one[1], one[2]) for one in connection.execute(_FOREIGN_KEYS, oid)}
    return TableFacts(
        columns=columns,
        partitioned=partitioned,
        partitions=tuple((str(one[0]), str(one[1])) for one in partitions),
        nested=any(_letter(one[2]) == "p" for one in partitions),
        foreign_keys=keys,
        rows=int(row.rows) if row.rows >= 0 else None,
        bytes=int(row.bytes),
    )


def _letter(value: str | bytes) -> str:
    """PostgreSQL's "char" comes as text or as bytes, as the driver has it."""
    return value.decode() if isinstance(value, bytes) else value
