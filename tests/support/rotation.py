"""Which server a test meets: one after the other in turn, where not each test needs all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence

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


def any_server(server: str) -> str:
    """All servers take turns: of a test that has not much time."""
    return ""


def each_product(server: str) -> str:
    """The versions and drivers of one product take turns: its name."""
    return server.split("-")[0]


def passed_over(
    tests: Sequence[tuple[str, str, str]],
    *,
    in_turn: Callable[[str], str] = any_server,
    apart: Collection[str] = (ON_ITS_OWN,),
) -> frozenset[int]:
    """The places of those that a run leaves out.

    Args:
        tests: (file from the root of the checkout, the rest of the test's name without its server, the server), in
            their order.
        in_turn: servers for which it gives the same take turns.
        apart: servers that take no part, and run every test.

    Returns: of each test of :data:`OUR_OWN` all but one of the servers that take turns, another one from test to test.
    """
    places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, (file, name, server) in enumerate(tests):
        if server not in apart and file.startswith(OUR_OWN):
            places[file, name, in_turn(server)].append(place)
    turns: Counter[tuple[str, str]] = Counter()
    left_out: set[int] = set()
    for (file, _, product), known in places.items():
        if len(known) > 1:
            left_out.update(known)
            left_out.remove(known[turns[file, product] % len(known)])
            turns[file, product] += 1
    return frozenset(left_out)
