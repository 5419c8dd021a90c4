"""``kill -9`` after the server did a statement and before the journal knows, for each online change in turn.

What commits at once, as all DDL of MySQL and MariaDB does and PostgreSQL's concurrent builds do, leaves a re-run
nothing but the catalogue to tell whether it is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
import sqlalchemy as sa

from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.runner.listening import Silent
from migrator.testing import catalogue, differences
from tests.support.database import Database
from tests.support.kill import run_and_kill
from tests.support.project import Project
from tests.walk import online_cases
from tests.walk.online_cases import CASES
from tests.walk.online_run import without_guard

ROWS = 500
SLIPS = """
op.create_table(
    "slip",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item_id", sa.BigInteger),
    sa.Column("code", sa.String(20)),
)
"""
OTHERS = """
op.create_unique_constraint(None, "slip", ["item_id", "code"])
op.create_foreign_key(None, "slip", "item", ["item_id"], ["id"])
"""
QUICK = ("create_index", "table_comment", "replace_view", "enum_value_appended", "not_null", "drop_table")


def run_to(observer: Observer, config: str, phase: str, name: str | None) -> None:
    os.chdir(Path(config).parent)  # where the paths in alembic.ini begin
    command = expand if phase == "expand" else contract
    command(Opening(config_file=Path(config), observer=observer), Silent(), to=name)


@pytest.mark.servers("postgresql", "mariadb", "mysql")
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_before_the_journal_knows_no_online_change_needs_a_hand(
    database: Database,
    project: Project,
    server: str,
    make_database: Callable[[], Database],
    request: pytest.FixtureRequest,
) -> None:
    full = request.config.getoption("--full")
    cases = [case for case in CASES if server in case.runs and (full or case.name in QUICK)]
    online_cases.write_base(project, frozenset(case.table for case in cases))
    for case in cases:
        case.write(project)
    done = project.run("expand", "--to", "tables")
    assert done.exit_code == 0, done.output
    for table in {case.table for case in cases}:
        online_cases.fill(database.engine(), table, ROWS)
    killed = set()
    for case in cases:
        last = f"before Step(kind='journal', name='{case.name}', statement='done')"
        run = run_and_kill(run_to, str(project.config), case.phase, case.name, on=last)
        assert run.killed or run.exit_code == 0, f"{case.name}\n{run.output}"
        killed |= {case.name} if run.killed else set()
    for phase in ("expand", "contract"):
        run = run_and_kill(run_to, str(project.config), phase, None)
        assert run.exit_code == 0, run.output
    # PostgreSQL's other changes are journaled in their own transactions.
    assert killed == {case.name for case in cases} if server != "postgresql" else "create_index" in killed
    other = make_database()
    plain = without_guard(project.copy(project.path.parent / "plain"), other.url)
    for heads in ("expand@head", "heads"):
        done = plain.alembic("upgrade", heads)
        assert done.exit_code == 0, done.output
    with database.engine().connect() as ours, other.engine().connect() as theirs:
        assert differences(catalogue(theirs), catalogue(ours)) == ()
    assert database.rows("SELECT statement, state FROM migrator_journal") == []
    assert database.scalar(sa.text("SELECT count(*) FROM item")) == ROWS + 1


UNNAMED = {
    "unique": 'op.create_unique_constraint(None, "slip", ["code", "item_id"])',
    "foreign_key": 'op.create_foreign_key(None, "slip", "item", ["item_id"], ["id"], ondelete="CASCADE")',
}


@pytest.mark.servers("mariadb", "mysql")
@pytest.mark.parametrize("name", UNNAMED)
def test_a_constraint_without_a_name_is_known_by_what_it_says(
    database: Database, project: Project, name: str, make_database: Callable[[], Database]
) -> None:
    online_cases.write_base(project, frozenset({"item"}))
    project.revision("expand", "slips", SLIPS)
    project.revision("contract", name, UNNAMED[name], depends_on="slips")
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    last = f"before Step(kind='journal', name='{name}', statement='done')"
    run = run_and_kill(run_to, str(project.config), "contract", name, on=last)
    assert run.killed, run.output
    again = project.run("contract")
    assert again.exit_code == 0, again.output
    other = make_database()
    plain = without_guard(project.copy(project.path.parent / "plain"), other.url).alembic("upgrade", "heads")
    assert plain.exit_code == 0, plain.output
    with database.engine().connect() as ours, other.engine().connect() as theirs:
        assert differences(catalogue(theirs), catalogue(ours)) == ()


@pytest.mark.servers("mariadb", "mysql")
@pytest.mark.parametrize("name", UNNAMED)
def test_another_one_that_stood_there_before_is_not_taken_for_it(
    database: Database, project: Project, name: str
) -> None:
    online_cases.write_base(project, frozenset({"item"}))
    project.revision("expand", "slips", SLIPS)
    project.revision("contract", "others", OTHERS, depends_on="slips")
    project.revision("contract", name, UNNAMED[name], depends_on="slips")
    assert project.run("expand").exit_code == 0
    first = f"after Step(kind='journal', name='{name}', statement='started')"
    run = run_and_kill(run_to, str(project.config), "contract", name, on=first)
    assert run.killed, run.output
    before = len(sa.inspect(database.engine()).get_indexes("slip"))
    again = project.run("contract")
    assert again.exit_code == 0, again.output
    inspector = sa.inspect(database.engine())
    if name == "unique":
        assert len(inspector.get_indexes("slip")) == before + 1
    else:
        assert len(inspector.get_foreign_keys("slip")) == 2


CONDITIONAL = {
    "create_table": 'op.create_table("fresh", sa.Column("id", sa.Integer), if_not_exists=True)',
    "drop_table": 'op.drop_table("receipt", if_exists=True)',
}


@pytest.mark.servers("mariadb", "mysql")
@pytest.mark.parametrize("name", CONDITIONAL)
def test_what_is_made_or_dropped_on_a_condition_is_recognised_too(
    database: Database, project: Project, name: str
) -> None:
    online_cases.write_base(project, frozenset({"item"}))
    phase: Literal["expand", "contract"] = "expand" if name.startswith("create") else "contract"
    project.revision(phase, name, CONDITIONAL[name], depends_on="tables" if phase == "contract" else ())
    done = project.run("expand", "--to", "tables")
    assert done.exit_code == 0, done.output
    last = f"before Step(kind='journal', name='{name}', statement='done')"
    run = run_and_kill(run_to, str(project.config), phase, name, on=last)
    assert run.killed, run.output
    again = project.run(phase)
    assert again.exit_code == 0, again.output
    assert ("fresh" in database.tables()) == (name == "create_table")
    assert ("receipt" in database.tables()) == (name == "create_table")
