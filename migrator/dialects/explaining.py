"""What a server's planner says of a statement: by which index it finds the rows of each table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from migrator.model.data_plan import Access

_EXPLAINED = ("select", "update", "delete", "insert", "with")


class ExplainRules(ABC):
    """Asks without running the statement; takes no lock that a reader wouldn't."""

    def accesses(self, connection: Connection, statement: str, parameters: Any) -> tuple[Access, ...]:
        """How each table of the statement is read, in the server's order; empty for one that can't be explained.

        Args:
            statement: as the driver takes it, with its placeholders.
            parameters: what SQLAlchemy gave the driver with it.
        """
        if not statement.lstrip(" \t\r\n(").lower().startswith(_EXPLAINED):
            return ()
        return tuple(self._explain(connection, statement, parameters))

    @abstractmethod
    def _explain(self, connection: Connection, statement: str, parameters: Any) -> Sequence[Access]: ...
