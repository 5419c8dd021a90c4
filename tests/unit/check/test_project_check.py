"""The check of a whole project on disk: the graph, paths, several servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from migrator.check.project import check_project
from migrator.commands.check import check
from migrator.errors import UsageError
from migrator.model.finding import CheckReport
from migrator.scripts.graph import build_graph
from migrator.scripts.project import load_project
from tests.support.project import Project

ADD = 'op.add_column("shop", sa.Column("{}", sa.Integer))'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one table, in the working directory; nothing ever connects to its database."""
    project = Project(tmp_path / "shop", "postgresql://nobody@nowhere.invalid/none")
    monkeypatch.chdir(project.path)
    project.revision("expand", "shop", 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))')
    return project


def checked(project: Project, *paths: Path, dialects: tuple[str, ...] = (), data: tuple[str, ...] = ()) -> CheckReport:
    loaded = load_project(project.config)
    if data:
        return check_project(loaded.graph, paths, dialects or ("sqlite",), data=dict.fromkeys(data, ()))
    return check(loaded, paths=paths, dialects=dialects)


def found(report: CheckReport) -> dict[str, str]:
    """Rule → severity."""
    return {one.rule: str(one.severity) for one in report.findings}


def test_a_good_project_is_green_and_says_what_was_looked_at(shop: Project) -> None:
    shop.revision("expand", "two", ADD.format("x"))
    shop.revision("contract", "three", 'op.drop_column("shop", "x")', depends_on="two")
    report = checked(shop)
    assert report.findings == ()
    assert (report.revisions, report.statements, report.dialects) == (5, 3, ("postgresql",))


def test_the_dialect_comes_from_the_option_the_setting_or_the_url(shop: Project) -> None:
    assert checked(shop).dialects == ("postgresql",)
    assert checked(shop, dialects=("sqlite", "mysql")).dialects == ("sqlite", "mysql")
    shop.write_env(url="mysql+pymysql://nobody@nowhere.invalid/none")
    assert checked(shop).dialects == ("mysql", "mariadb")
    shop.write("pyproject.toml", '[tool.migrator]\ndatabases = ["mariadb"]\n')
    assert checked(shop).dialects == ("mariadb",)


def test_without_a_url_all_servers_are_checked_and_the_report_says_what_is_missing(shop: Project) -> None:
    shop.write_env(url="driver://user@host/db")
    report = checked(shop)
    assert report.dialects == ("postgresql", "mysql", "mariadb", "sqlite")
    assert "env.py" in report.notes[0]


def test_a_finding_of_all_servers_is_one_and_names_its_line(shop: Project) -> None:
    file = shop.revision("expand", "two", "pass\nop.drop_table('shop')")
    report = checked(shop, dialects=("postgresql", "mysql", "sqlite"))
    (finding,) = report.findings
    assert (finding.rule, finding.dialect, finding.file) == ("drop-table", "", "migrations/expand/two.py")
    assert file.read_text().splitlines()[finding.line - 1].strip() == "op.drop_table('shop')"


def test_a_finding_of_some_servers_names_them(shop: Project) -> None:
    shop.revision("expand", "two", 'op.execute("CREATE INDEX i ON shop (id)")')
    (finding,) = checked(shop, dialects=("postgresql", "mysql", "sqlite")).findings
    assert (finding.rule, finding.dialect) == ("create-index-not-concurrently", "postgresql")


def test_paths_choose_what_is_judged(shop: Project) -> None:
    bad = shop.revision("expand", "two", "op.drop_table('store')")
    good = shop.revision("expand", "three", ADD.format("y"))
    assert checked(shop, good).findings == ()
    assert checked(shop, good).revisions == 1
    assert found(checked(shop, bad)) == {"drop-table": "error"}
    assert found(checked(shop, shop.path / "migrations")) == {"drop-table": "error"}


@pytest.mark.parametrize("name", ["nowhere", "migrations/data", "migrations/env.py"])
def test_a_path_without_revisions_is_refused(shop: Project, name: str) -> None:
    with pytest.raises(UsageError, match=r"there is no|holds no revision"):
        checked(shop, shop.path / name)


def test_an_empty_revision_is_refused_but_for_anchors_and_merges(shop: Project) -> None:
    shop.revision("expand", "two")
    assert found(checked(shop)) == {"empty-revision": "error"}


def test_a_revision_in_the_wrong_folder_is_refused(shop: Project) -> None:
    file = shop.revision("expand", "two", ADD.format("x"))
    file.rename(shop.path / "migrations" / "contract" / "two.py")
    assert found(checked(shop)) == {"wrong-folder": "error"}


def test_two_heads_of_a_branch_are_refused(shop: Project) -> None:
    shop.revision("expand", "two", ADD.format("x"))
    graph = load_project(shop.config).graph
    shop.revision("expand", "three", ADD.format("y"), down_revision="shop")
    assert found(check_project(graph, [], ["sqlite"])) == {}
    graph = build_graph(ScriptDirectory.from_config(Config(str(shop.config))))
    report = check_project(graph, [], ["sqlite"])
    assert found(report) == {"non-linear-history": "error"}
    assert "alembic merge" in report.findings[0].remedy


def test_a_contract_that_waits_for_nothing_is_a_warning(shop: Project) -> None:
    shop.revision("contract", "two", 'op.drop_table("shop")')
    assert found(checked(shop)) == {"contract-without-expand": "warning"}


def test_a_contract_that_requires_what_does_not_exist_is_refused(shop: Project) -> None:
    shop.revision("contract", "two", 'op.drop_table("shop")', depends_on="shop", requires_data=["fill"])
    assert found(checked(shop, data=("other",))) == {"unknown-data-migration": "error"}
    assert found(checked(shop, data=("fill",))) == {}


def test_the_revisions_own_allow_accepts_findings_of_the_graph(shop: Project) -> None:
    shop.revision("expand", "two", allow={"empty-revision": "kept for its id"})
    assert "empty-revision" not in found(checked(shop))


def test_a_conditional_history_of_many_shapes_is_recorded_to_its_end(shop: Project) -> None:
    shop.revision(
        "trunk",
        "old",
        """
        bind = op.get_bind()
        if "old" not in sa.inspect(bind).get_table_names():
            kind = sa.Column("kind", sa.Enum("a", "b", name="kind"))
            op.create_table("old", sa.Column("id", sa.Integer, primary_key=True), kind)
        with op.batch_alter_table("old", recreate="auto") as batch:
            batch.alter_column("kind", nullable=False, existing_type=sa.Enum("a", "b", name="kind"))
        """,
    )
    shop.revision(
        "trunk",
        "older",
        """
        if "kind" in {c["name"] for c in sa.inspect(op.get_bind()).get_columns("old")}:
            with op.batch_alter_table("old") as batch:
                batch.add_column(sa.Column("x", sa.JSON))
                batch.create_index("ix_old_x", ["id"])
        """,
    )
    shop.revision("expand", "new", 'op.add_column("old", sa.Column("y", sa.Boolean))', depends_on="older")
    report = checked(shop, dialects=("postgresql", "mysql", "mariadb", "sqlite"))
    assert report.findings == ()
