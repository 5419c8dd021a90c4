"""The check of a history that env.py runs once for each of several databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.commands.check_apart import check_apart
from migrator.commands.check_requests import CheckRequest
from migrator.model.finding import CheckReport
from tests.support.project import Project

ENV = """\
from alembic import context

{first}
for name in ("shop", "logs"):
    context.configure(url="sqlite://")
    with context.begin_transaction():
        context.run_migrations(engine_name=name)
"""
TABLE = "op.create_table({name!r}, sa.Column('id', sa.Integer, primary_key=True))"


def checked(project: Project) -> CheckReport:
    return check_apart(CheckRequest(config_file=project.config, dialects=("sqlite",)))


def dropping(project: Project, *names: str) -> list[Path]:
    """A table in each database, and the revision that drops it in the databases that are named."""
    dispatch = "globals()['upgrade_' + engine_name]()"
    written = []
    for id, bodies in (
        ("made", {"shop": TABLE.format(name="orders"), "logs": TABLE.format(name="lines")}),
        (
            "dropped",
            {"shop": "op.drop_table('orders')", "logs": "op.drop_table('lines')"},
        ),
    ):
        bodies = {name: body if id == "made" or name in names else "pass" for name, body in bodies.items()}
        head = "\n".join(f"def upgrade_{name}():\n    {body}" for name, body in bodies.items())
        file = project.revision("expand", id, dispatch, head=head)
        file.write_text(file.read_text().replace("def upgrade() -> None:", "def upgrade(engine_name) -> None:"))
        written.append(file)
    return written


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "several", "sqlite://")
    monkeypatch.chdir(project.path)
    project.write("migrations/env.py", ENV.format(first=""))
    for phase in ("expand", "contract"):
        (file,) = (project.path / "migrations" / phase).glob("*_base.py")
        file.write_text(file.read_text().replace("def upgrade() -> None:", "def upgrade(engine_name=None) -> None:"))
    return project


@pytest.mark.parametrize("name", ["shop", "logs"])
def test_what_is_done_in_each_database_is_judged(several: Project, name: str) -> None:
    dropping(several, name)
    (found,) = [one for one in checked(several).findings if one.rule == "drop-table"]
    assert f"is run for engine_name '{name}')" in found.message


def test_a_history_whose_env_py_fails_is_judged_for_the_databases_that_it_names(several: Project) -> None:
    several.write("migrations/env.py", ENV.format(first="import some_application"))
    dropping(several, "shop", "logs")
    found = [one.rule for one in checked(several).findings]
    assert found.count("drop-table") == 2
    assert "not-analysable" not in found


def test_an_argument_that_nobody_gives_is_named_with_its_line(several: Project) -> None:
    several.write("migrations/env.py", "import some_application\n")
    file = several.revision("expand", "strange")
    file.write_text(file.read_text().replace("def upgrade() -> None:", "def upgrade(one, other) -> None:"))
    (found,) = [one for one in checked(several).findings if one.rule == "not-analysable"]
    assert "wants other arguments of env.py than it gives" in found.message
    assert found.line == file.read_text().splitlines().index("def upgrade(one, other) -> None:") + 1
