"""The catalogue of SQLite."""

from __future__ import annotations

from migrator.dialects.heads import HeadCatalogue


class SQLiteCatalogue(HeadCatalogue):
    """The heads that SQLAlchemy and Alembic write are enough here."""
