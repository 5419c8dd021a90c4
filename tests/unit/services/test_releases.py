"""Releases are compared by their numbers, and where nobody can say, nobody says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.services.releases import at_least, lowest

NUMBERS = st.lists(st.integers(0, 3000), min_size=1, max_size=4)
RELEASES = st.text(max_size=12) | NUMBERS.map(lambda numbers: ".".join(map(str, numbers)))


def written(numbers: list[int]) -> str:
    return ".".join(str(number) for number in numbers)


def value(numbers: list[int]) -> list[int]:
    """Zeros at the end say nothing: 1.0 is 1."""
    kept = list(numbers)
    while len(kept) > 1 and kept[-1] == 0:
        kept.pop()
    return kept


@pytest.mark.parametrize(
    ("release", "minimum", "answer"),
    [
        ("2026.46", "2026.5", True),
        ("2026.5", "2026.46", False),
        ("v1.2", "1.2", True),
        ("1.2rc1", "1.2", False),
        ("1.2.post1", "1.2", True),
        ("blue", "blue", True),
        ("blue", "1.0", None),
        ("1.0", "blue", None),
        ("", "", None),
        ("", "1.0", None),
    ],
)
def test_releases_are_ordered_as_versions(release: str, minimum: str, answer: bool | None) -> None:
    assert at_least(release, minimum) is answer


@given(NUMBERS, NUMBERS)
def test_dotted_numbers_are_ordered_as_numbers(one: list[int], other: list[int]) -> None:
    assert at_least(written(one), written(other)) is (value(one) >= value(other))


@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_the_lowest_is_one_of_them_and_none_is_lower(releases: list[list[int]]) -> None:
    texts = [written(numbers) for numbers in releases]
    found = lowest(texts)
    assert found in texts
    assert all(at_least(text, found) for text in texts)


@given(st.lists(RELEASES, max_size=4))
def test_any_texts_have_an_answer(texts: list[str]) -> None:
    found = lowest(texts)
    assert found is None or found in texts


@given(st.lists(NUMBERS.map(written), max_size=3))
def test_one_that_gave_no_release_leaves_the_lowest_unknown(texts: list[str]) -> None:
    assert lowest([*texts, ""]) is None


def test_nobody_has_no_lowest() -> None:
    assert lowest([]) is None
    assert lowest(["blue"]) == "blue"
    assert lowest(["blue", "1.0"]) is None
