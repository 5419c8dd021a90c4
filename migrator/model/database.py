"""Which database, which step, who holds a lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class DatabaseIdentity:
    """A database without its password.

    ``dialect`` is ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``; ``name`` is the database's name or, on SQLite,
    the file's path; ``schema`` is the schema that unqualified names go to, None where there is no such thing.
    """

    dialect: str
    version: str
    name: str
    host: str = ""
    port: int | None = None
    schema: str | None = None

    @property
    def label(self) -> str:
        """For messages: ``postgresql 15.18 at db1:5432/shop``."""
        place = f"{self.host}:{self.port}/" if self.host and self.port else f"{self.host}/" if self.host else ""
        return f"{self.dialect} {self.version} at {place}{self.name}"


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """What env.py set on its connection and we set again on each of ours (names and values are the dialect's)."""

    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LockHolder:
    """A session that holds a lock, as far as the server lets us see it."""

    session: str
    user: str = ""
    application: str = ""

    @property
    def label(self) -> str:
        parts = [f"session {self.session}"]
        if self.user:
            parts.append(f"user {self.user}")
        if self.application:
            parts.append(f"application {self.application}")
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done in the database, told to the observer before and after.

    ``kind`` is one of ``statement``, ``version``, ``ledger``, ``journal``, ``commit``, ``predicate``, ``fence``,
    ``unfence``, ``lock``, ``batch``, ``watermark``; ``name`` is the revision or data migration it belongs to.
    """

    kind: str
    name: str
    statement: str = ""
