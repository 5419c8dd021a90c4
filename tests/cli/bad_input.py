"""What the tests of bad input share."""

from __future__ import annotations

from tests.support.project import Project
from tests.support.run import Run


def refused(outcome: Run, exit_code: int, *words: str) -> None:
    """The exit code, one sentence on stderr with these words, a next step, no traceback, nothing on stdout."""
    assert outcome.exit_code == exit_code, outcome.output
    assert outcome.stdout == ""
    lines = outcome.stderr.strip().splitlines()
    assert lines[0].startswith("error: "), outcome.stderr
    assert any(line.startswith("next:  ") for line in lines), outcome.stderr
    assert "Traceback" not in outcome.stderr
    for word in words:
        assert word in outcome.stderr, outcome.stderr


def make_shop(project: Project) -> None:
    project.revision(
        "expand",
        "shop",
        'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True), sa.Column("old", sa.Integer),'
        ' sa.Column("new", sa.Integer))',
        change="shop",
    )


DATA = """
    shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
    {name} = migrator.UpdateMigration(
        name="{name}", table=shop, set={{"new": shop.c.old}}, where=shop.c.new.is_distinct_from(shop.c.old),
        requires=("shop",),
    )
"""


def add_data(project: Project, name: str = "fill", file: str = "fill") -> None:
    project.data(file, DATA.format(name=name))
