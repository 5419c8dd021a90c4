"""The rooms of the package import downwards only; import-linter judges, pyproject.toml has the order."""

from __future__ import annotations

from importlinter import cli


def test_imports_go_down_only() -> None:
    assert cli.lint_imports(config_filename="pyproject.toml", no_cache=True) == cli.EXIT_STATUS_SUCCESS
