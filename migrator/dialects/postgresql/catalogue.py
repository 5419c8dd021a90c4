"""The catalogue of PostgreSQL."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.heads import HeadCatalogue
from migrator.dialects.postgresql.sql_forms import NAME, PART, in_schema_of, index_form

_DROP_INDEX = re.compile(rf"DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?({NAME})$", re.IGNORECASE)
_ATTACH = re.compile(rf"ALTER INDEX ({NAME}) ATTACH PARTITION ({NAME})$", re.IGNORECASE)
_PARTITION = re.compile(
    rf"ALTER TABLE (?:ONLY )?(?P<whole>{NAME}) (?P<way>ATTACH|DETACH) PARTITION (?P<part>{NAME})"
    r"(?P<rest> CONCURRENTLY| FINALIZE| FOR VALUES .*| DEFAULT)?$",
    re.IGNORECASE | re.DOTALL,
)
_ADD_VALUE = re.compile(
    rf"ALTER TYPE (?P<type>{NAME}) ADD VALUE (?:IF NOT EXISTS )?'(?P<value>(?:[^']|'')*)'(?: (?:BEFORE|AFTER) .*)?$",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(rf"ALTER TABLE (?:ONLY )?({NAME}) (VALIDATE|ADD|DROP) CONSTRAINT ({PART})\b", re.IGNORECASE)
_BLANKED = "…"  # what the journal's texts show in place of a literal
_IS_VALID = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:index_name)")
_IN_WORK = sa.text("SELECT 1 FROM pg_stat_progress_create_index WHERE index_relid = to_regclass(:index_name)")
_ATTACHED = sa.text("SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(:part) AND inhparent = to_regclass(:whole)")
_IS_PARTITION = sa.text(
    "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass(:part) AND inhparent = to_regclass(:whole)"
)
_HAS_VALUE = sa.text("SELECT 1 FROM pg_enum WHERE enumtypid = to_regtype(:type) AND enumlabel = :value")
_VALIDATED = sa.text(
    "SELECT convalidated FROM pg_constraint WHERE conrelid = to_regclass(:table_name) AND conname = :constraint_name"
)


class PostgreSQLCatalogue(HeadCatalogue):
    """An index that is there is not an index that is done: a build that was stopped leaves an INVALID one behind,
    which slows writes and serves no query (manual of 14 to 18, CREATE INDEX)."""

    def effect_visible(self, connection: Connection, statement: str) -> bool | None:
        text = " ".join(statement.split()).rstrip("; ")
        built = index_form(text)
        if built is not None:
            return bool(connection.execute(_IS_VALID, {"index_name": built.full_name}).scalar())
        dropped = _DROP_INDEX.match(text)
        if dropped is not None:
            return connection.execute(_IS_VALID, {"index_name": dropped[1]}).first() is None
        attached = _ATTACH.match(text)
        if attached is not None:
            names = {"whole": attached[1], "part": in_schema_of(attached[1], attached[2])}
            return connection.execute(_ATTACHED, names).first() is not None
        constraint = _CONSTRAINT.match(text)
        if constraint is not None:
            return _constraint(connection, constraint)
        partition = _PARTITION.match(text)
        if partition is not None:
            there = connection.execute(_IS_PARTITION, partition.groupdict()).first() is not None
            return there == (partition["way"].upper() == "ATTACH")
        added = _ADD_VALUE.match(text)
        if added is not None and added["value"] != _BLANKED:
            names = {"type": added["type"], "value": added["value"].replace("''", "'")}
            return connection.execute(_HAS_VALUE, names).first() is not None
        return super().effect_visible(connection, statement)

    def rest_of(self, connection: Connection, statement: str) -> str | None:
        """DETACH ... CONCURRENTLY commits in its middle; stopped behind that, only FINALIZE goes on (manual of 14 to
        18, ALTER TABLE)."""
        partition = _PARTITION.match(" ".join(statement.split()).rstrip("; "))
        if partition is None or partition["way"].upper() != "DETACH":
            return None
        if not connection.execute(_IS_PARTITION, partition.groupdict()).scalar():
            return None
        return f"ALTER TABLE {partition['whole']} DETACH PARTITION {partition['part']} FINALIZE"

    def is_left_over(self, connection: Connection, index: str) -> bool:
        if connection.execute(_IS_VALID, {"index_name": index}).scalar() is not False:
            return False
        return connection.execute(_IN_WORK, {"index_name": index}).first() is None

    def drop_left_over(self, connection: Connection, index: str) -> None:
        """Locks: SHARE UPDATE EXCLUSIVE; waits for the transactions that use the table."""
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {index}", execution_options={"no_parameters": True})


def _constraint(connection: Connection, match: re.Match[str]) -> bool:
    name = match[3][1:-1].replace('""', '"') if match[3].startswith('"') else match[3]
    row = connection.execute(_VALIDATED, {"table_name": match[1], "constraint_name": name}).first()
    if match[2].upper() == "DROP":
        return row is None
    return row is not None and (match[2].upper() == "ADD" or bool(row[0]))
