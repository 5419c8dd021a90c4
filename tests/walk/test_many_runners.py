"""Ten pods start the same command at once: one effect, no error."""

from __future__ import annotations

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

PODS = 10


def test_ten_expands_at_once_apply_each_revision_once(database: Database, project: Project) -> None:
    shop.all_releases(project)
    outcomes = project.run_at_once(PODS, "expand")
    assert [one.exit_code for one in outcomes] == [0] * PODS, [one.output for one in outcomes]
    applied = database.rows("SELECT revision, count(*) FROM migrator_ledger GROUP BY revision ORDER BY revision")
    assert applied == [("add_new", 1), ("expand_base", 1), ("make_shop", 1)]


def test_ten_upgrades_at_once_leave_one_newest_database(database: Database, project: Project) -> None:
    shop.all_releases(project)
    outcomes = project.run_at_once(PODS, "upgrade")
    assert [one.exit_code for one in outcomes] == [0] * PODS, [one.output for one in outcomes]
    assert database.columns("shop") == ["id", "new"]


def test_ten_contracts_at_once_drop_once(database: Database, project: Project) -> None:
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    assert project.run("online-data-migrations").exit_code == 0
    outcomes = project.run_at_once(PODS, "contract")
    assert [one.exit_code for one in outcomes] == [0] * PODS, [one.output for one in outcomes]
    assert database.rows("SELECT id, new FROM shop") == [(1, "a")]
