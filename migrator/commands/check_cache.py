"""Verdicts of earlier checks, kept in the project's folder: one file for each question that was asked.

A verdict is taken again only if the question is the same and all that it was made of is as it was.  Whatever can't be
read, or isn't ours, counts as not there; so does a folder that can't be written.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from migrator.commands.check_requests import CheckRequest, Verdict
from migrator.model.finding import CheckReport, Finding, Severity
from migrator.model.phase import Phase
from migrator.model.shape import DriftLook
from migrator.scripts.git_changes import Since
from migrator.scripts.ingredients import OUR_CACHE, Ingredients

_FORM = 1
_MOST_FILES = 50
_PACKAGE = Path(__file__).resolve().parent.parent
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by `migrator check`; it may be deleted at any time.\n"
# What changes how Python itself reads files and times, before any code could read it.
_OF_PYTHON = ("PYTHON", "LC_", "LANG", "TZ")


class VerdictCache:
    """The kept answers to one question; :meth:`find` and :meth:`keep` may be called by many processes at once."""

    def __init__(
        self, request: CheckRequest, since: Since | None, config_file: Path, *, today: date | None = None
    ) -> None:
        """
        Args:
            request: the question; its overrides are not part of it.
            since: what changed since the commit of the request.
            config_file: the one that was found; the cache's folder is beside it.
            today: for suppressions that expire; None asks the clock.
        """
        self._folder = config_file.parent / OUR_CACHE
        self._key = _key(request, since, config_file, today or datetime.now(UTC).date())

    @property
    def _file(self) -> Path:
        return self._folder / f"check-{self._key}.json"

    def find(self) -> CheckReport | None:
        """The report of a run over the very same things; None for none."""
        try:
            content = json.loads(self._file.read_bytes())
            if content["form"] != _FORM or content["key"] != self._key or content["sum"] != _sum(content):
                return None
            kept = content["ingredients"]
            ingredients = Ingredients(
                things=tuple((aspect, path, state) for aspect, path, state in kept["things"]),
                variables=tuple(kept["variables"]),
                salt=kept["salt"],
                values=kept["values"],
            )
            return _report(content["report"]) if ingredients.are_as_they_were() else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def keep(self, verdict: Verdict) -> None:
        """Keep it, where it hangs on nothing but its ingredients."""
        if verdict.ingredients is None:
            return
        content = {
            "form": _FORM,
            "key": self._key,
            "ingredients": asdict(verdict.ingredients),
            "report": _values(verdict.report),
        }
        content["sum"] = _sum(content)
        with suppress(OSError):
            self._make_folder()
            handle, name = tempfile.mkstemp(prefix="writing-", dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
            os.replace(name, self._file)
            self._forget_oldest()

    def _make_folder(self) -> None:
        self._folder.mkdir(exist_ok=True)
        for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
            if not (self._folder / name).exists():
                (self._folder / name).write_text(text, encoding="utf-8")

    def _forget_oldest(self) -> None:
        files = [*self._folder.glob("check-*.json"), *self._folder.glob("writing-*")]
        aged = sorted(((one.stat().st_mtime, one) for one in files), reverse=True)
        for _, one in aged[_MOST_FILES:]:
            one.unlink(missing_ok=True)


def _key(request: CheckRequest, since: Since | None, config_file: Path, today: date) -> str:
    """A digest of the question and of who answers it."""
    question = {
        "config": str(config_file),
        "paths": [str(one) for one in request.paths],
        "dialects": list(request.dialects),
        "since": None if since is None else _values_since(since),
        "server": request.server_version,
        "drift": request.drift,
        "folder": os.getcwd(),
        "day": today.isoformat(),
        "python": [sys.version, sys.prefix, sys.path, list(sys.flags), sys.platform, sys.getfilesystemencoding()],
        "environment": sorted(one for one in os.environ.items() if one[0].startswith(_OF_PYTHON)),
        "ours": _own_digest(),
    }
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode(errors="surrogateescape")).hexdigest()


def _values_since(since: Since) -> dict[str, Any]:
    return {
        "reference": since.reference,
        "changed": sorted(map(str, since.changed)),
        "existed": sorted(map(str, since.existed)),
        "texts": {str(path): text for path, text in since.texts.items()},
    }


def _own_digest() -> str:
    """Of our own code: its version alone says little of a checkout."""
    whole = hashlib.sha256()
    for folder, names, files in os.walk(_PACKAGE):
        names.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                whole.update(f"{folder}/{name}\0".encode())
                with open(os.path.join(folder, name), "rb") as file:
                    whole.update(file.read())
    return whole.hexdigest()


def _sum(content: dict[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != "sum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _values(report: CheckReport) -> dict[str, Any]:
    return asdict(report)


def _report(values: dict[str, Any]) -> CheckReport:
    for name in ("findings", "suppressed"):
        values[name] = tuple(_finding(one) for one in values[name])
    for name in ("dialects", "notes", "trace"):
        values[name] = tuple(values[name])
    values["drift"] = tuple(DriftLook(**{**one, "uncompared": tuple(one["uncompared"])}) for one in values["drift"])
    return CheckReport(**values)


def _finding(values: dict[str, Any]) -> Finding:
    plain = Finding(**values)
    return replace(plain, severity=Severity(plain.severity), phase=Phase(plain.phase))
