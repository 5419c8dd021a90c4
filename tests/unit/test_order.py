"""The order in which several workers take the tests."""

from __future__ import annotations

from tests.support.order import dealt, rank

TESTS = [
    "tests/unit/a.py",
    "tests/unit/b.py",
    "tests/unit/c.py",
    "tests/walk/d.py",
    "tests/cli/e.py",
    "tests/walk/f.py",
]


def test_every_worker_begins_with_a_long_test_and_ends_with_a_short_one() -> None:
    hands = dealt(TESTS, 2, by=lambda path: rank(path, slow=False))
    assert sorted(hands) == sorted(TESTS)
    for hand in (hands[:3], hands[3:]):
        assert hand[0].startswith("tests/walk")
        assert hand[-1].startswith("tests/unit")


def test_what_is_marked_as_slow_comes_first_wherever_it_lies() -> None:
    hands = dealt(TESTS, 1, by=lambda path: rank(path, slow=path.endswith("c.py")))
    assert hands[:2] == ["tests/unit/c.py", "tests/walk/d.py"]
