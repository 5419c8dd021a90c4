"""What the cases of the rules about revisions are made of: a project on disk, and one more thing in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from migrator.commands.check import check
from migrator.model.finding import CheckReport
from migrator.scripts.supervision import Supervision
from migrator.scripts.tolerant import load_tolerantly
from tests.support.project import Project

Write = Callable[[Project], object]
SHOP = """
op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
"""


@dataclass(frozen=True, kw_only=True)
class GraphCases:
    """Each writes something into a project that is clean; ``dialect`` is what it is checked for."""

    found: tuple[Write, ...]
    clean: tuple[Write, ...]
    dialect: str = "postgresql"


def add(name: str, table: str = "shop") -> str:
    """A column that old code doesn't notice."""
    return f'op.add_column("{table}", sa.Column("{name}", sa.Integer))'


def drop(name: str, table: str = "shop") -> str:
    return f'op.drop_column("{table}", "{name}")'


def new_shop(path: Path) -> Project:
    """A project whose table ``shop`` (id, name) comes from the revision ``shop`` of expand."""
    project = Project(path, "postgresql://nobody@nowhere.invalid/none")
    project.revision("expand", "shop", SHOP)
    return project


def checked(project: Project, *dialects: str, since: str | None = None) -> CheckReport:
    loaded = load_tolerantly(project.config, supervision=Supervision())
    return check(loaded, dialects=dialects or ("postgresql",), since=since)


def rules_in(report: CheckReport) -> dict[str, str]:
    """Rule → severity."""
    return {one.rule: str(one.severity) for one in report.findings}
