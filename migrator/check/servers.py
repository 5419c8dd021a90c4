"""The servers for which a project is checked, as its settings name them: ``postgresql>=14``, ``mysql``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrator.check.planned import Planning
from migrator.dialects.planning import version_numbers
from migrator.errors import ConfigurationError, UsageError

_ITEM = re.compile(r"(?P<dialect>[a-z]+)(?:\s*>=\s*(?P<version>[\w.]+))?")


@dataclass(frozen=True, kw_only=True)
class CheckedServer:
    """A dialect in its oldest version that is in use; None for the oldest that is supported.

    A newer one can do all that this one can, so what it finds is the worst of them all.
    """

    dialect: str
    version: str | None = None

    @property
    def label(self) -> str:
        """As it is written in the settings."""
        return f"{self.dialect}>={self.version}" if self.version else self.dialect


def checked_servers(texts: Sequence[str]) -> tuple[CheckedServer, ...]:
    """One for each dialect, in order: where it is named twice, in the older version.

    Raises:
        ConfigurationError: a text that names no dialect of ours, or no version.
    """
    found: dict[str, CheckedServer] = {}
    for text in texts:
        one = _parsed(text)
        known = found.get(one.dialect)
        found[one.dialect] = one if known is None else min(known, one, key=_age)
    return tuple(found.values())


def _parsed(text: str) -> CheckedServer:
    match = _ITEM.fullmatch(text.strip().lower())
    if match is None:
        raise ConfigurationError(
            f"{text!r} names no database to check for: neither a name nor a name and its oldest version",
            remedy='write databases = ["postgresql>=14", "mysql"]',
        )
    try:
        Planning.for_server(match["dialect"], match["version"])
    except UsageError:
        raise ConfigurationError(
            f"{text!r} names no version of {match['dialect']}",
            remedy=f'give it as numbers: databases = ["{match["dialect"]}>=14"]',
        ) from None
    return CheckedServer(dialect=match["dialect"], version=match["version"])


def _age(server: CheckedServer) -> tuple[int, ...]:
    return version_numbers(server.version) if server.version else ()
