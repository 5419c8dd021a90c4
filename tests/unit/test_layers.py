"""The rooms of the package import downwards only; import-linter judges, pyproject.toml has the order."""

from __future__ import annotations

from importlinter import cli

from migrator.scripts.logs import loggers_kept


def test_imports_go_down_only() -> None:
    with loggers_kept():  # import-linter sets up logging for its whole process
        found = cli.lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert found == cli.EXIT_STATUS_SUCCESS
