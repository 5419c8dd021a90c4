"""The catalogue of PostgreSQL."""

from __future__ import annotations

from migrator.dialects.heads import HeadCatalogue


class PostgreSQLCatalogue(HeadCatalogue):
    """The heads that SQLAlchemy and Alembic write are enough here."""
