"""What ``./dev test --full`` runs after the suite: every pair of libraries, every Python."""

from __future__ import annotations

import pytest

from tools.combinations import spread

PAIRS = {
    ("sqlalchemy==2.0.*", "alembic==1.18"),
    ("sqlalchemy==2.0.*", "alembic"),
    ("sqlalchemy==2.1.*", "alembic==1.18"),
    ("sqlalchemy==2.1.*", "alembic"),
}


@pytest.mark.parametrize(
    "versions", [["3.11"], ["3.12", "3.11"], ["3.11", "3.12", "3.13"], ["3.9", "3.10", "3.11", "3.12", "3.13"]]
)
def test_every_pair_and_every_python_runs_in_as_few_runs_as_that_takes(versions: list[str]) -> None:
    chosen = spread({version: f"python{version}" for version in versions}, lowest_alembic="alembic==1.18")
    assert {one.version for one in chosen} == set(versions)
    assert {one.pins for one in chosen} >= PAIRS
    assert len(chosen) == max(len(PAIRS), len(versions))


def test_the_oldest_python_gets_the_oldest_libraries_and_the_newest_the_newest() -> None:
    chosen = spread({"3.11": "a", "3.9": "b", "3.13": "c"}, lowest_alembic="alembic==1.18")
    assert (chosen[0].version, chosen[0].pins) == ("3.9", ("sqlalchemy==2.0.*", "alembic==1.18"))
    assert (chosen[-1].version, chosen[-1].pins) == ("3.13", ("sqlalchemy==2.1.*", "alembic"))
