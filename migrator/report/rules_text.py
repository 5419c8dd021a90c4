"""The catalogue of the rules, and one rule's page, for a person."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from migrator.model.catalogue import RuleEntry, RulePage

_EVERY = 4


def catalogue_text(rules: Sequence[RuleEntry]) -> str:
    """The rules by family, and how many there are."""
    blocks = []
    for family in dict.fromkeys(rule.family for rule in rules):
        lines = [f"{family}"]
        for rule in (one for one in rules if one.family == family):
            lines.append(f"  {rule.id}  [{phases_text(rule)}; {dialects_text(rule)}]")
            lines.append(f"    {rule.summary}")
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, f"{len(rules)} rules; one of them in full: migrator explain RULE"])


def phases_text(rule: RuleEntry) -> str:
    return ", ".join(f"{phase} {severity}" for phase, severity in rule.phases.items())


def dialects_text(rule: RuleEntry) -> str:
    return "every database" if len(rule.dialects) == _EVERY else ", ".join(rule.dialects)


def page_text(page: RulePage, *, width: int = 100) -> str:
    """One rule in full."""
    entry = page.entry
    lines = [f"{entry.id}  ({entry.family})", f"{phases_text(entry)}; {dialects_text(entry)}", ""]
    for title, text in (("finds", page.condition), ("effect", page.effect), ("fix", page.remedy)):
        lines += textwrap.wrap(f"{title}: {text}", width, subsequent_indent="  ", break_long_words=False)
    for title, code in (("bad", page.bad), ("good", page.good)):
        lines += ["", f"{title}:", textwrap.indent(code, "  ")]
    return "\n".join([*lines, "", f"source: {page.source}"])
