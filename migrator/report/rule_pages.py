"""The rules' pages as Markdown files, and their index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from migrator.model.catalogue import RulePage
from migrator.report.rules_text import dialects_text, phases_text

_SQL_STARTS = ("--", "ALTER ", "CREATE ", "DROP ", "VACUUM ", "REINDEX ", "REFRESH ", "UPDATE ")
INDEX = "README.md"
_PHASE = re.compile(r"\A# (in \w+)\n")


def rule_pages(pages: Sequence[RulePage]) -> Mapping[str, str]:
    """File name → its text, one for each rule and the index of all."""
    return {INDEX: _index(pages)} | {f"{page.entry.id}.md": _page(page) for page in pages}


def _index(pages: Sequence[RulePage]) -> str:
    lines = ["# The rules of `migrator check`", "", f"{len(pages)} rules; `migrator explain RULE` prints the same."]
    for family in dict.fromkeys(page.entry.family for page in pages):
        lines += ["", f"## {family}", "", "| rule | in | databases | finds |", "|---|---|---|---|"]
        for entry in (page.entry for page in pages if page.entry.family == family):
            cells = (f"[{entry.id}]({entry.id}.md)", phases_text(entry), dialects_text(entry), _cell(entry.summary))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _page(page: RulePage) -> str:
    entry = page.entry
    return f"""# {entry.id}

{entry.family}; {phases_text(entry)}; {dialects_text(entry)}

**Finds**: {_prose(page.condition)}

**Effect**: {_prose(page.effect)}

**Fix**: {_prose(page.remedy)}

Bad:

```{_language(page.bad)}
{_code(page.bad)}
```

Good:

```{_language(page.good)}
{_code(page.good)}
```

Source: {_prose(page.source)}
"""


def _language(code: str) -> str:
    return "sql" if _PHASE.sub("", code).startswith(_SQL_STARTS) else "python"


def _code(code: str) -> str:
    """The example, with the line that says its phase as a comment of its language."""
    return _PHASE.sub(r"-- \1\n", code) if _language(code) == "sql" else code


def _prose(text: str) -> str:
    """Docstrings quote code as reStructuredText does."""
    return text.replace("``", "`")


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|")
