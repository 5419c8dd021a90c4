"""The catalogue of the rules, read from the rules themselves: nothing lists them twice."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import import_module

from migrator.check.rule import Rule
from migrator.check.rules import all_rules
from migrator.dialects import SUPPORTED
from migrator.errors import UsageError
from migrator.model.catalogue import RuleEntry, RulePage

_PART = re.compile(r"^(Effect|Remedy|Bad|Good|Source)(?: \((?P<where>[^)]*)\))?:", re.MULTILINE)


def entries() -> tuple[RuleEntry, ...]:
    """Every rule, by id."""
    return tuple(_entry(rule, _docstring(rule)) for rule in all_rules())


def page(rule_id: str) -> RulePage:
    """A rule's page.

    Raises:
        UsageError: there is no such rule; names those that are spelled alike.
    """
    rules = {rule.id: rule for rule in all_rules()}
    rule = rules.get(rule_id.strip().lower())
    if rule is None:
        close = get_close_matches(rule_id.lower(), rules, n=3, cutoff=0.5)
        near = f"; there are {', '.join(close)}" if close else ""
        raise UsageError(
            f"there is no rule {rule_id!r}{near}",
            remedy=f"migrator explain {close[0]}" if close else "migrator rules",
        )
    return _page(rule, _docstring(rule))


def _docstring(rule: Rule) -> str:
    module = import_module(f"migrator.check.rules.{rule.id.replace('-', '_')}")
    return (module.__doc__ or "").strip()


def _entry(rule: Rule, text: str) -> RuleEntry:
    return RuleEntry(
        id=rule.id,
        family=rule.family.value,
        phases=rule.phases,
        dialects=rule.dialects or SUPPORTED,
        summary=text.split("\n", 1)[0].removeprefix(f"{rule.id}: "),
    )


def _page(rule: Rule, text: str) -> RulePage:
    parts: dict[str, list[str]] = {}
    marks = list(_PART.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        end = len(text) if after is None else after.start()
        where = f"# in {mark['where']}\n" if mark["where"] else ""
        parts.setdefault(mark[1], []).append(where + _dedented(text[mark.end() : end]))
    entry = _entry(rule, text)
    said = {name: "\n".join(found) for name, found in parts.items()}
    return RulePage(
        entry=entry,
        condition=entry.summary,
        effect=_joined(said.get("Effect", "")),
        remedy=_joined(said.get("Remedy", "")),
        bad=said.get("Bad", ""),
        good=said.get("Good", ""),
        source=_joined(said.get("Source", "")),
    )


def _dedented(text: str) -> str:
    """Code as it stands behind ``Bad:``, its further lines by the same margin."""
    lines = text.strip().split("\n")
    return "\n".join([lines[0], *(re.sub(r"^ {1,7}", "", line) for line in lines[1:])]).strip()


def _joined(text: str) -> str:
    return " ".join(text.split("\n"))
