"""Whatever a revision file holds, the check ends with findings or a clear error."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.commands.check import check_request
from migrator.commands.check_requests import CheckRequest
from migrator.errors import MigratorError
from migrator.model.finding import CheckReport
from migrator.scripts.supervision import Supervision
from tests.support.project import Project

HEAD = ["from alembic import op", "import sqlalchemy as sa", "revision = 'fuzz'", "down_revision = 'shop'"]
# Nothing here reaches out of the process or ends it: tests/cli/test_check_apart.py has that.
PIECES = (
    "revision = 'x'", "revision = None", "revision = ['x']", "down_revision = 'shop'", "down_revision = 'nobody'",
    "down_revision = ('shop', 'x')", "down_revision = 7", "branch_labels = 'expand'", "branch_labels = 3",
    "depends_on = 'x'", "depends_on = {}", "allow = 1", "allow = {'drop-table': ''}", "requires_data = 4",
    "change = 5",
    "def upgrade():", "def upgrade(a):", "upgrade = 1", "class upgrade:", "    pass", "    op.drop_table('shop')",
    "    raise SystemExit", "    1/0",
    "    for row in op.get_bind().execute(sa.text('SELECT a FROM b')):",
    "        row.a",
    "        op.execute(f'DROP TABLE {row.a}')", "    op.execute('\\0')", "    op.execute(None)", "    op.add_column()",
    "    return upgrade()", "    yield 1", "    global op", "    op = None", "    del sa", "async def upgrade():",
    "import nothing", "raise BaseException", "from alembic import op", "import sqlalchemy as sa", "\ufeff", "(", "'''",
    "\0", "# coding: utf-16", "__file__ = None", "__name__ = 3", "op = sa = None", "    lambda: (yield)",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=9).map(lambda lines: "\n".join([*HEAD[: len(lines) % 5], *lines]))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("fuzz"), "sqlite://")
    project.revision("expand", "shop", 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))')
    return project


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60))
def test_any_bytes_give_findings_or_an_error(shop: Project, content: bytes) -> None:
    report = checked(shop, content)
    if isinstance(report, MigratorError):
        assert report.message
        assert report.remedy
    else:
        assert 3 <= report.revisions <= 4
        assert all(one.rule and one.remedy and one.message for one in report.findings)


def checked(shop: Project, content: bytes) -> CheckReport | MigratorError:
    file = shop.path / "migrations" / "expand" / "fuzz.py"
    file.write_bytes(content)
    for compiled in (file.parent / "__pycache__").glob("fuzz.*"):
        compiled.unlink()
    try:
        with contextlib.chdir(shop.path):
            return check_request(CheckRequest(config_file=shop.config, dialects=("postgresql",)), Supervision())
    except MigratorError as error:
        return error


def test_the_pieces_reach_the_rules(shop: Project) -> None:
    report = checked(shop, "\n".join([*HEAD, "def upgrade():", "    op.drop_table('shop')"]).encode())
    assert isinstance(report, CheckReport)
    assert "drop-table" in {one.rule for one in report.findings}
