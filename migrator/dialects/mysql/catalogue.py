"""The catalogue of MySQL and MariaDB."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from migrator.dialects.heads import HeadCatalogue

_CONDITION = re.compile(r"^((?:/\*.*?\*/\s*)?(?:CREATE|ALTER|DROP)\b[^(']*?) IF (?:NOT )?EXISTS\b", re.IGNORECASE)


class MySQLCatalogue(HeadCatalogue):
    """The heads that SQLAlchemy and Alembic write are enough here, with IF EXISTS and IF NOT EXISTS too: whether the
    thing is there answers for both, since no build that was stopped leaves half a thing behind."""

    def effect_visible(self, connection: Connection, statement: str) -> bool | None:
        return super().effect_visible(connection, _CONDITION.sub(r"\1", " ".join(statement.split())))
