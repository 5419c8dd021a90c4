"""The shape of our own tables (prefix ``migrator_``), in the version table's schema.

A newer migrator may add tables and nullable columns; an older one names its columns in every statement, so it goes on
working.  ``SCHEMA_VERSION`` counts these additions: 2 brought the services, and of data migrations the learned batch
size, the throttle and what another shell wants of them; 3 brought the quarantine, 4 the key ranges
that several workers share, 5 what a person says of rows in
quarantine, and the pace of a data migration.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

SCHEMA_VERSION = 5
PREFIX = "migrator_"
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> sa.DateTime:
    from sqlalchemy.dialects import mysql

    return sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _long_text() -> sa.Text:
    from sqlalchemy.dialects import mysql

    return sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


@dataclass(frozen=True, kw_only=True)
class StateTables:
    """Our tables in one schema, with the metadata that holds them."""

    metadata: sa.MetaData
    schema_version: sa.Table
    ledger: sa.Table
    journal: sa.Table
    data_migration: sa.Table
    quarantine: sa.Table
    data_range: sa.Table
    service: sa.Table


def state_tables(schema: str | None) -> StateTables:
    """The tables in ``schema`` (None: the connection's default)."""
    metadata = sa.MetaData(schema=schema)
    return StateTables(
        metadata=metadata,
        schema_version=sa.Table(
            f"{PREFIX}schema", metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False)
        ),
        ledger=_ledger(metadata),
        journal=_journal(metadata),
        data_migration=_data_migration(metadata),
        quarantine=_quarantine(metadata),
        data_range=_data_range(metadata),
        service=_service(metadata),
    )


def _ledger(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        f"{PREFIX}ledger",
        metadata,
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("change_name", sa.String(128), nullable=False),
        sa.Column("down_revision", sa.Text, nullable=False),
        sa.Column("depends_on", sa.Text, nullable=False),
        sa.Column("requires_data", sa.Text, nullable=False),
        sa.Column("description", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("by_whom", sa.String(128), nullable=False),
        sa.Column("release", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(255)),
        sa.Index(f"ix_{PREFIX}ledger_revision", "revision"),
    )


def _journal(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        f"{PREFIX}journal",
        metadata,
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("nth", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("server_session", sa.String(64), nullable=False),
        sa.Column("statement", sa.String(255)),
        sa.Column("at", _moment(), nullable=False),
        sa.UniqueConstraint("revision", "digest", "nth", name=f"uq_{PREFIX}journal_step"),
    )


def _data_migration(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        f"{PREFIX}data_migration",
        metadata,
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("watermark", sa.Text),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("pass_number", sa.Integer, nullable=False),
        sa.Column("pass_size", sa.BigInteger),
        sa.Column("pass_tried", sa.BigInteger, nullable=False),
        sa.Column("pass_done", sa.BigInteger, nullable=False),
        sa.Column("stalled", sa.Integer, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("busy_ms", sa.BigInteger, nullable=False),
        sa.Column("commits_itself", sa.Boolean, nullable=False),
        sa.Column("error_class", sa.String(128)),
        sa.Column("error_code", sa.String(64)),
        sa.Column("run_id", sa.String(32)),
        sa.Column("batch_number", sa.BigInteger, nullable=False),
        sa.Column("updated_at", _moment(), nullable=False),
        # Since version 2, so they may be missing, and are NULL in older rows.
        sa.Column("batch_size", sa.Integer),
        sa.Column("throttled_ms", sa.BigInteger),
        sa.Column("control", sa.String(16)),
        sa.Column("ratio_permille", sa.Integer),
        sa.Column("ratio_until", _moment()),
        sa.Column("held_by", sa.String(255)),
        sa.Column("held_at", _moment()),
        # Since version 3.
        sa.Column("quarantined", sa.Integer),
        # Since version 4.
        sa.Column("parted", sa.Integer),
        # Since version 5.
        sa.Column("waived", sa.Integer),
        sa.Column("marks", sa.Text),
    )


def _data_range(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        f"{PREFIX}data_range",
        metadata,
        sa.Column("migration", sa.String(128), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("low", _long_text()),
        sa.Column("high", _long_text(), nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.Column("tried", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("busy_ms", sa.BigInteger, nullable=False),
        sa.Column("writes", sa.BigInteger, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("server_session", sa.String(64)),
        sa.Column("expires_at", _moment()),
    )


def _quarantine(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        f"{PREFIX}quarantine",
        metadata,
        sa.Column("migration", sa.String(128), primary_key=True),
        # Of the key, whose text may be longer than an index takes.
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("row_key", sa.Text, nullable=False),
        sa.Column("error_class", sa.String(128), nullable=False),
        sa.Column("error_code", sa.String(64), nullable=False),
        sa.Column("constraint_name", sa.String(128), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
        sa.Column("first_at", _moment(), nullable=False),
        sa.Column("last_at", _moment(), nullable=False),
        # Since version 5, so they may be missing.
        sa.Column("waived_at", _moment()),
        sa.Column("waived_by", sa.String(128)),
        sa.Column("waived_reason", sa.String(255)),
    )


def _service(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        f"{PREFIX}service",
        metadata,
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("instance", sa.String(128), primary_key=True),
        sa.Column("release", sa.String(64), nullable=False),
        sa.Column("heads", sa.Text, nullable=False),
        sa.Column("revisions", _long_text(), nullable=False),
        sa.Column("expiry_ms", sa.BigInteger, nullable=False),
        sa.Column("registered_at", _moment(), nullable=False),
        sa.Column("last_seen", _moment(), nullable=False),
        sa.Column("asked_at", _moment()),
        sa.Column("stopped_at", _moment()),
    )
