"""What a project's own functions decide by rows is followed both ways too, and they get their own code back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

from tests.unit.check.history import assert_clean, assert_found
from tests.unit.check.test_unknowns import BIND, DROP

HELPERS = """
from contextlib import contextmanager

def is_missing(value):
    return value is None

def many(rows):
    return len(rows) > 100

def is_old(kind):
    return kind in {"old", "older"}

def outer(value):
    return is_missing(value)

class Kinds:
    def __init__(self, bind, query):
        self.kinds = {row[0] for row in bind.execute(query)}

    def has(self, kind):
        return kind in self.kinds

    @property
    def first_is_null(self):
        return next(iter(self.kinds), 1) is None

    @staticmethod
    def missing(value):
        return value is None

def others(rows):
    seen = set()
    found = []
    for row in rows:
        if row[0] in seen:
            found.append(row)
        seen.add(row[0])
    return found

@contextmanager
def guarded(value):
    yield value is None

def works(bind, text):
    try:
        bind.execute(text)
    except Exception:
        return False
    return True

def plain(value=1):
    return value + 1
"""
KIND = "bind.scalar(sa.select(t.c.kind))"
HIDDEN = {
    "none": f"if helpers_of_tests.is_missing({KIND}):\n    {DROP}",
    "not-none": f"if not helpers_of_tests.is_missing({KIND}):\n    {DROP}",
    "length": f"if helpers_of_tests.many(bind.execute(sa.select(t.c.id)).fetchall()):\n    {DROP}",
    "in-a-set": f"if helpers_of_tests.is_old({KIND}):\n    {DROP}",
    "one-calls-the-other": f"if helpers_of_tests.outer({KIND}):\n    {DROP}",
    "method": f"if helpers_of_tests.Kinds(bind, sa.select(t.c.kind)).has('old'):\n    {DROP}",
    "property": f"if helpers_of_tests.Kinds(bind, sa.select(t.c.kind)).first_is_null:\n    {DROP}",
    "static-method": f"if helpers_of_tests.Kinds.missing({KIND}):\n    {DROP}",
    "partial": f"from functools import partial\nif partial(helpers_of_tests.is_missing, {KIND})():\n    {DROP}",
    "handed-on": f"if any(map(helpers_of_tests.is_missing, [{KIND}])):\n    {DROP}",
    "context-manager": f"with helpers_of_tests.guarded({KIND}) as missing:\n    if missing:\n        {DROP}",
    "failing-statement": f"if not helpers_of_tests.works(bind, sa.text('SELECT 1 FROM things')):\n    {DROP}",
    "second-row": f"for row in helpers_of_tests.others(bind.execute(sa.select(t.c.kind)).fetchall()):\n    {DROP}",
}


@pytest.fixture(autouse=True)
def _helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "helpers_of_tests.py").write_text(HELPERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("helpers_of_tests", None)


@pytest.mark.parametrize("name", HIDDEN)
def test_what_a_helper_decides_is_found(name: str) -> None:
    assert_found("drop-table", f"import helpers_of_tests\n{BIND}{HIDDEN[name]}")


@pytest.mark.parametrize("name", HIDDEN)
def test_what_a_helper_decides_is_analysable(name: str) -> None:
    assert_clean(f"import helpers_of_tests\n{BIND}{HIDDEN[name]}", rule="not-analysable")


def test_what_a_helper_knows_stays_exact() -> None:
    assert_clean(f"import helpers_of_tests\n{BIND}if helpers_of_tests.plain() != 2:\n    {DROP}")


def test_helpers_get_their_own_code_back() -> None:
    assert_found("drop-table", f"import helpers_of_tests\n{BIND}{HIDDEN['method']}")
    held = vars(sys.modules["helpers_of_tests"])
    functions = [one for one in (*held.values(), *vars(held["Kinds"]).values()) if isinstance(one, FunctionType)]
    assert len(functions) > 8
    names = {name for one in functions for name in one.__code__.co_names} | set(held)
    assert not [name for name in names if name.startswith("_migrator_")]
