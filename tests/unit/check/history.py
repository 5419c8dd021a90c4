"""A history of revisions in memory, recorded and judged."""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from alembic.script import ScriptDirectory

from migrator.check.judge import judge_fully
from migrator.check.planned import Planning
from migrator.check.rule import Family
from migrator.model.finding import Finding
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.recorder import record_history
from migrator.scripts.recording import Recording

TODAY = date(2026, 6, 1)
HEAD = """\
import sqlalchemy as sa
from alembic import op
import migrator

def upgrade():
"""
HEAD_LINES = HEAD.count("\n")

# What every case finds in the database.
BEFORE = """
op.create_table(
    "users",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100)),
    sa.Column("email", sa.String(100), nullable=False),
    sa.Column("age", sa.Integer, server_default="0", nullable=False),
    sa.UniqueConstraint("email", name="uq_users_email"),
    sa.CheckConstraint("age >= 0", name="ck_users_age"),
)
op.create_table(
    "posts",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", name="fk_posts_user")),
)
op.create_index("ix_users_name", "users", ["name"])
"""


@dataclass(frozen=True, kw_only=True)
class MemoryGraph(RevisionGraph):
    """A graph whose modules are not in files."""

    modules: Mapping[str, ModuleType] = field(default_factory=dict)

    def module(self, revision: str) -> Any:
        return self.modules[revision]


def module(name: str, code: str) -> ModuleType:
    """A revision file; ``code`` is the body of ``upgrade()``."""
    made = ModuleType(name)
    made.__file__ = f"{name}.py"
    body = textwrap.indent(textwrap.dedent(code).strip() or "pass", "    ")
    source = f"{HEAD}{body}\n\ndef downgrade():\n    undo()\n"
    linecache.cache[made.__file__] = (len(source), None, source.splitlines(keepends=True), made.__file__)
    exec(compile(source, made.__file__, "exec"), made.__dict__)
    return made


def history(
    code: str, *, phase: Phase = Phase.EXPAND, before: str = BEFORE, allow: Mapping[str, str] | None = None
) -> RevisionGraph:
    """``before`` in a revision of the trunk, then ``code`` in the revision ``change``."""
    revisions = {
        "before": _revision("before", Phase.TRUNK, ()),
        "change": _revision("change", phase, ("before",), allow or {}),
    }
    return MemoryGraph(
        script=cast(ScriptDirectory, None),
        order=tuple(revisions),
        revisions=revisions,
        modules={"before": module("before", before), "change": module("change", code)},
    )


def _revision(id: str, phase: Phase, down: tuple[str, ...], allow: Mapping[str, str] | None = None) -> Revision:
    return Revision(
        id=id,
        phase=phase,
        change=id,
        message=id,
        path=Path(f"{id}.py"),
        digest="",
        down_revision=down,
        allow=allow or {},
    )


def record(code: str, dialect: str = "postgresql", **options: Any) -> Recording:
    """The recording of ``code``."""
    return record_history(history(code, **options), dialect, follow_unknowns=True)["change"]


def judged(code: str, dialect: str = "postgresql", **options: Any) -> tuple[Finding, ...]:
    """All findings of ``code``."""
    planning = Planning.for_server(dialect, None)
    return judge_fully(record(code, dialect, **options), dialect=dialect, today=TODAY, planning=planning).findings


def rules_of(findings: tuple[Finding, ...]) -> list[str]:
    """The ids, sorted."""
    return sorted(one.rule for one in findings)


def assert_found(rule: str, code: str, dialect: str = "postgresql", **options: Any) -> Finding:
    """The rule finds something, at the line of the code, with all that a finding promises."""
    findings = judged(code, dialect, **options)
    found = [one for one in findings if one.rule == rule]
    assert found, f"{rule} finds nothing in {code!r}, others: {findings}"
    first = found[0]
    assert first.message
    assert first.remedy
    assert first.source
    assert first.dialect == dialect
    assert first.file == "change.py"
    assert first.revision == "change"
    assert first.family in set(Family)
    return first


def assert_clean(code: str, dialect: str = "postgresql", rule: str | None = None, **options: Any) -> None:
    """Nothing is found, or nothing by this rule."""
    findings = judged(code, dialect, **options)
    assert [one for one in findings if rule is None or one.rule == rule] == []
