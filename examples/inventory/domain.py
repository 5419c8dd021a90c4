"""The values that all three releases speak of, wherever each of them keeps them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """The size of an instance."""

    id: int
    name: str
    memory_mb: int
    vcpus: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A virtual machine.  ``version`` counts its changes, whichever release made them; a new one has 1."""

    id: int
    version: int
    host: str | None
    flavor: Flavor | None


class Inventory(Protocol):
    """What every release offers; each call is one transaction."""

    def create(self, name: str, host: str, flavor: Flavor) -> int:
        """Add an instance and return its id."""

    def migrate(self, instance: int, host: str) -> int | None:
        """Move an instance to another host; returns its new version, None when it doesn't exist."""

    def resize(self, instance: int, flavor: Flavor) -> int | None:
        """Give an instance another flavor; returns its new version, None when it doesn't exist."""

    def delete(self, instance: int) -> bool:
        """Remove an instance; False when it doesn't exist."""

    def get(self, instance: int) -> Instance | None:
        """One instance as this release sees it."""

    def page(self, after: int, size: int, pause: float = 0.0) -> list[Instance]:
        """The next instances by id, read twice in one transaction with a pause of so many seconds between: a report
        that takes its time.  Returns both readings, one after the other; may be empty."""
