"""Bulk writes on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from migrator.dialects.keys import Key
from migrator.dialects.writing import (
    PlainColumn,
    Target,
    TellingUpdate,
    WriteRules,
    Written,
    chunks,
    names_in_sql,
    placeholders,
)

_PLAIN = frozenset((int, str, bool, float, Decimal, date, datetime, time, timedelta, UUID))
_PAGE = 8192
_SAMPLE = 100
_SIZES = sa.text(
    "SELECT COALESCE(sum(GREATEST(reltuples, 0)), 0)::float8, COALESCE(sum(pg_relation_size(oid)), 0),"
    " COALESCE(sum(CASE WHEN reltoastrelid <> 0 THEN pg_relation_size(reltoastrelid) ELSE 0 END), 0)"
    " FROM pg_catalog.pg_class WHERE relkind = 'r' AND (oid = to_regclass(:name)"
    " OR oid IN (SELECT relid FROM pg_partition_tree(to_regclass(:name))))"
)
_STORED_APART = sa.text(
    "SELECT attname FROM pg_catalog.pg_attribute"
    " WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped AND attstorage <> 'p'"
)
_NOTHING_INTERFERES = sa.text(
    "WITH parts AS (SELECT to_regclass(:name) AS oid UNION SELECT relid FROM pg_partition_tree(to_regclass(:name)))"
    " SELECT NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_class AS c ON c.oid = parts.oid"
    " WHERE c.relkind NOT IN ('r', 'p'))"
    " AND NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = parts.oid"
    " WHERE NOT t.tgisinternal)"
    " AND NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = parts.oid)"
    " AND NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_constraint AS f ON f.confrelid = parts.oid"
    " WHERE f.contype = 'f' AND f.confupdtype NOT IN ('a', 'r'))"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class AS p ON p.oid = inhparent"
    " WHERE inhparent = to_regclass(:name) AND p.relkind = 'r')"
)
_PLAIN_COLUMNS = sa.text(
    "SELECT attname, format_type(atttypid, atttypmod) || ' ' || attcollation::text, NOT attnotnull"
    " FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type AS t ON t.oid = atttypid"
    " WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    " AND (t.typtype = 'e' OR t.typtype = 'b' AND t.typnamespace = 'pg_catalog'::regnamespace)"
)
_MOST_PARAMETERS = 60_000  # the protocol counts them in 16 bits


def _sample(table: sa.TableClause) -> sa.Select[Any]:
    first = sa.select(sa.literal_column("*")).select_from(table).limit(_SAMPLE).subquery("migrator_sample")
    return sa.select(sa.func.avg(sa.func.pg_column_size(sa.literal_column("migrator_sample.*")))).select_from(first)


class PostgreSQLWriting(WriteRules):
    """``UPDATE ... FROM unnest(...)``, with an array for each column; where values are none that both drivers make
    one of, ``FROM (VALUES ...)``, whose parameters take the server twice as long (measured on 15).

    Each value is cast to its column's type without length: a driver sends text and NULL without a type, and a cast to
    ``varchar(5)`` would cut where an assignment refuses.
    """

    most_rows = 5_000

    def target(self, connection: Connection, table: sa.TableClause, key: Key) -> Target:
        name = connection.dialect.identifier_preparer.format_table(table)
        found = connection.execute(
            sa.text(
                "SELECT attname, format_type(atttypid, -1), typcategory <> 'A' AND typarray <> 0"
                " FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type AS t ON t.oid = atttypid"
                " WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped"
            ),
            {"name": name.replace("%%", "%")},
        ).all()
        listed = frozenset(row[0] for row in found if row[2])
        return Target(table=table, key=key, casts={row[0]: row[1] for row in found}, listed=listed)

    def telling_update(self, connection: Connection, table: sa.TableClause) -> TellingUpdate | None:
        """By RETURNING, which shows a row as BEFORE triggers left it; not where a trigger that comes after the change,
        or a rule, may make something else of the rows."""
        name = connection.dialect.identifier_preparer.format_table(table)
        found = connection.execute(
            sa.text(
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE NOT t.tgisinternal AND t.tgtype & 2 = 0"
                " AND t.tgrelid IN (SELECT c.oid UNION SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))"
                " OR EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid)"
                " FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass(:name)"
            ),
            {"name": name.replace("%%", "%")},
        )
        return _update_and_tell if found.scalar() is False else None

    def plain_columns(self, connection: Connection, table: sa.TableClause) -> Mapping[str, PlainColumn]:
        """Those of types of the server itself, and enums: what an extension calls equal, only it knows."""
        name = {"name": connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")}
        if connection.execute(_NOTHING_INTERFERES, name).scalar() is not True:
            return {}
        found = connection.execute(_PLAIN_COLUMNS, name).all()
        return {row[0]: PlainColumn(kind=row[1], nullable=row[2]) for row in found}

    def row_width(self, connection: Connection, table: sa.TableClause, changed: Collection[str] | None) -> float | None:
        """From the sizes of the table and of its TOAST table, and its rows as of the last ANALYZE; without one, of its
        first rows."""
        name = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
        rows, heap, apart = connection.execute(_SIZES, {"name": name}).one()
        if not rows:
            width = connection.execute(_sample(table)).scalar()
            return None if width is None else float(width)
        kept: float = min(float(heap) / rows, _PAGE)  # not more than a page: the rest is room that nobody uses
        stored_apart = connection.execute(_STORED_APART, {"name": name}).scalars().all()
        return kept + (float(apart) / rows if changed is None or set(changed) & set(stored_apart) else 0.0)

    def size_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """As it is stored: compressed where it is."""
        return sa.func.pg_column_size(value)

    def write_back(self, connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Written]) -> int:
        width = len(target.key.names) + len(names)
        most = min(self.most_rows, _MOST_PARAMETERS // width)
        return sum(self._write(connection, target, names, some) for some in chunks(rows, most))

    def _write(self, connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Written]) -> int:
        table, quote = names_in_sql(target, connection.dialect)
        following = placeholders(connection.dialect)
        casts = [target.casts[name].replace("%", "%%") for name in (*target.key.names, *names)]
        columns = list(zip(*((*key, *new) for key, new in rows), strict=True))
        parameters: tuple[Any, ...]
        if target.listed.issuperset((*target.key.names, *names)) and all(map(_listable, columns)):
            source = f"unnest({', '.join(f'CAST({following()} AS {cast}[])' for cast in casts)})"
            parameters = tuple(map(list, columns))
        else:
            values = ", ".join("(" + ", ".join(f"CAST({following()} AS {cast})" for cast in casts) + ")" for _ in rows)
            source = f"(VALUES {values})"
            parameters = tuple(value for key, new in rows for value in (*key, *new))
        aliases = [f"k{n}" for n in range(len(target.key.names))] + [f"v{n}" for n in range(len(names))]
        written = ", ".join(f"{quote(name)} = migrator_new.v{n}" for n, name in enumerate(names))
        joined = " AND ".join(f"{table}.{quote(name)} = migrator_new.k{n}" for n, name in enumerate(target.key.names))
        new = f"{source} AS migrator_new ({', '.join(aliases)})"
        statement = f"UPDATE {table} SET {written} FROM {new} WHERE {joined}"  # noqa: S608  # names quoted, no values
        return connection.exec_driver_sql(statement, parameters).rowcount

    def insert_missing(self, table: sa.TableClause, key: Sequence[str], names: Sequence[str]) -> Insert:
        return postgresql.insert(table).on_conflict_do_nothing()

    def same(self, left: ColumnElement[Any], right: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[bool]:
        if isinstance(type_, sa.String) and not isinstance(type_, sa.Enum):
            left, right = (sa.collate(sa.cast(one, sa.Text), "C") for one in (left, right))
        return left.is_not_distinct_from(right)


def _update_and_tell(connection: Connection, update: sa.Update, todo: ColumnElement[bool]) -> tuple[int, int]:
    changed = update.returning(sa.type_coerce(todo, sa.Boolean).label("stays")).cte("migrator_changed")
    counted = sa.select(sa.func.count(), sa.func.count().filter(changed.c.stays)).select_from(changed)
    row = connection.execute(counted).one()
    return int(row[0]), int(row[1])


def _listable(values: Sequence[Any]) -> bool:
    """Whether a driver makes an array of these: all of one plain type, but for NULLs."""
    types = set(map(type, values)) - {type(None)}
    return len(types) <= 1 and types <= _PLAIN
