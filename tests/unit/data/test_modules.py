"""``migrations/data/*.py``."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from migrator.data.modules import load_data_migrations
from migrator.errors import ConfigurationError, UserCodeError

HEAD = """\
import sqlalchemy as sa
import migrator
t = sa.table("t", sa.column("id"), sa.column("a"), sa.column("b"))
"""
UPDATE = 'migrator.UpdateMigration(name="{name}", table=t, set={{"b": t.c.a}}, where=t.c.b.is_distinct_from(t.c.a))'


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(HEAD + textwrap.dedent(text))


def test_they_come_by_file_name_and_then_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "b.py", f"second = {UPDATE.format(name='x')}\nfirst = {UPDATE.format(name='a')}\nagain = second\n")
    write(tmp_path, "a.py", f"one = {UPDATE.format(name='z')}\n")
    write(tmp_path, "_helper.py", "raise RuntimeError")
    loaded = load_data_migrations(tmp_path)
    assert [one.name for one in loaded] == ["z", "x", "a"]
    assert [one.path for one in loaded] == [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "b.py"]


def test_each_carries_the_change_of_its_module_else_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, "a.py", f"change = 'shop'\none = {UPDATE.format(name='x')}\n")
    write(tmp_path, "b.py", f"one = {UPDATE.format(name='y')}\n")
    assert [one.change for one in load_data_migrations(tmp_path)] == ["shop", "y"]


def test_a_decorated_function_is_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.py",
        """
        @migrator.function_migration(name="f", requires=("2a",))
        def f(context, max_count):
            return 0, 0
        """,
    )
    (one,) = load_data_migrations(tmp_path)
    assert (one.name, one.requires, one.has_predicate) == ("f", ("2a",), False)


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert load_data_migrations(tmp_path / "data") == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("raise LookupError('CANARY')", "bad.py:4 LookupError"),
        ("def f(:\n", "bad.py:4 SyntaxError"),
        ("import not_there_at_all\n", "bad.py:4 ModuleNotFoundError"),
    ],
)
def test_one_that_does_not_import_is_named_by_file_line_and_class_only(tmp_path: Path, text: str, named: str) -> None:
    write(tmp_path, "bad.py", text)
    with pytest.raises(UserCodeError) as refused:
        load_data_migrations(tmp_path)
    for word in named.split():
        assert word in refused.value.message
    assert "CANARY" not in refused.value.message


def test_two_of_one_name_are_refused_with_both_files(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        write(tmp_path, name, f"one = {UPDATE.format(name='x')}\n")
    with pytest.raises(ConfigurationError, match=r"'x'.*a\.py and b\.py"):
        load_data_migrations(tmp_path)


def test_a_change_that_is_not_a_text_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "change = 3\n")
    with pytest.raises(ConfigurationError, match="change"):
        load_data_migrations(tmp_path)
