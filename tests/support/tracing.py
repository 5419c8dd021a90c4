"""``migrator check --trace`` over a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.database import Database
from tests.support.project import Project

USERS = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))'


def traced(project: Project, database: Database, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """(exit code, the document) of ``check --trace``."""
    result = project.run("check", "--trace", database.url, "--format", "json", *arguments)
    return result.exit_code, result.json()
