"""Which database, which step, who holds a lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


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
class ClientName:
    """A session and one name that its client gave it (``application_name``, a connection attribute)."""

    session: str
    name: str


@dataclass(frozen=True, kw_only=True)
class LockHolder:
    """A session that holds a lock, as far as the server lets us see it.

    ``age`` is that of its transaction; ``state`` what it does (``active``, ``idle in transaction``, ...).  ``certain``
    is false where the server shows open transactions but not what they hold.
    """

    session: str
    user: str = ""
    application: str = ""
    age: timedelta | None = None
    state: str = ""
    certain: bool = True

    @property
    def label(self) -> str:
        parts = [f"session {self.session}"]
        if self.user:
            parts.append(f"user {self.user}")
        if self.application:
            parts.append(f"application {self.application}")
        if self.state:
            parts.append(self.state)
        if self.age is not None:
            parts.append(f"in a transaction for {self.age.total_seconds():.0f} s")
        return ", ".join(parts) if self.certain else ", ".join([*parts, "perhaps"])


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done in the database, told to the observer before and after.

    ``kind`` is one of ``statement``, ``version``, ``ledger``, ``journal``, ``commit``, ``predicate``, ``fence``,
    ``unfence``, ``lock``, ``batch``, ``watermark``; ``name`` is the revision or data migration it belongs to.
    """

    kind: str
    name: str
    statement: str = ""
