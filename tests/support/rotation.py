"""Which server a test meets in a run that has not much time: one after the other in turn, not each test all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

OUR_OWN = (
    "tests/walk/",
    "tests/cli/",
    "tests/integration/data/",
    "tests/integration/services/",
    "tests/integration/test_changeset.py",
    "tests/integration/test_drift_command.py",
    "tests/integration/test_environment.py",
    "tests/integration/test_gates_of_kinds.py",
    "tests/integration/test_guard.py",
    "tests/integration/test_invariant_gates.py",
    "tests/integration/test_trace.py",
    "tests/integration/test_waived_gates.py",
)
"""Here the servers' own ways are behind us: what is tested is what we make of them."""

ON_ITS_OWN = "sqlite"
"""No server, and quick: all tests run on it."""


def passed_over(tests: Sequence[tuple[str, str, str]]) -> frozenset[int]:
    """The places of those that a quick run leaves out.

    Args:
        tests: (file from the root of the checkout, the rest of the test's name without its server, the server), in
            their order.

    Returns: of each test of :data:`OUR_OWN` all but one of the servers, who take turns from test to test.
    """
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, (file, name, server) in enumerate(tests):
        if server != ON_ITS_OWN and file.startswith(OUR_OWN):
            places[file, name].append(place)
    turns: Counter[str] = Counter()
    left_out: set[int] = set()
    for (file, _), known in places.items():
        if len(known) > 1:
            left_out.update(known)
            left_out.remove(known[turns[file] % len(known)])
            turns[file] += 1
    return frozenset(left_out)
