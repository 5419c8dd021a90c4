"""What ``data verify`` prints."""

from __future__ import annotations

import pytest

from migrator.model.verification import Verification
from migrator.report.verify_text import verify_text


@pytest.mark.parametrize(
    ("found", "after", "last"),
    [
        (Verification(name="fill", remaining=0, breaking=0), (), "fill: its invariant holds"),
        (Verification(name="fill", remaining=3), ("migrator run",), "next: migrator run"),
        (
            Verification(name="fill", remaining=0, breaking=2),
            ("migrator data verify fill",),
            "next: mend those rows, then migrator data verify fill",
        ),
    ],
    ids=["well", "rows-left", "broken"],
)
def test_the_last_line_is_the_next_command_where_something_is_to_do(
    found: Verification, after: tuple[str, ...], last: str
) -> None:
    assert verify_text(found, after).splitlines()[-1] == last
