"""``./dev python -m tools.rule_pages``: write the page of each rule of the check to ``docs/rules/``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrator.check.catalogue import entries, page
from migrator.report.rule_pages import rule_pages

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"


def made() -> Mapping[str, str]:
    """File name → text, as the rules' docstrings say it now."""
    return rule_pages([page(one.id) for one in entries()])


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    texts = made()
    for file in FOLDER.glob("*.md"):
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text)
    print(f"{len(texts)} files in docs/rules")


if __name__ == "__main__":
    main()
