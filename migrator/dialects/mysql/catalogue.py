"""The catalogue of MySQL and MariaDB."""

from __future__ import annotations

from migrator.dialects.heads import HeadCatalogue


class MySQLCatalogue(HeadCatalogue):
    """The heads that SQLAlchemy and Alembic write are enough here."""
