"""sqlalchemy-migrate's style of helpers, by the command line and as functions, on every database."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrator import changeset
from migrator.errors import ConfigurationError, MaxCountError, UsageError
from migrator.model.exit_code import ExitCode
from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

SHOP = """
shop = sa.Table(
    "shop",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("old", sa.String(50), server_default="none", nullable=False),
    sa.Column("rank", sa.Integer),
    sa.Index("ix_shop_rank", "rank"),
)
"""


def revision(project: Project, phase: str, id: str, body: str, depends_on: str = "", **more: object) -> Path:
    """A revision whose body begins with the Table ``shop`` as the database has it."""
    text = f"from migrator import changeset\n{SHOP}\n{textwrap.dedent(body)}"
    return project.revision(phase, id, text, depends_on=depends_on or (), **more)  # type: ignore[arg-type]  # a test's words


@pytest.fixture
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, with its folder as the working directory: its script_location is relative, as Alembic writes it."""
    monkeypatch.chdir(project.path)
    return project


def with_shop(project: Project, *rows: str) -> None:
    """The table, made by the helper, with rows."""
    revision(project, "expand", "make_shop", "changeset.create_table(shop)")
    expanded = project.run("expand")
    assert expanded.exit_code == 0, expanded.output


def indexes(database: Database, table: str) -> dict[str, list[str | None]]:
    return {str(one["name"]): one["column_names"] for one in sa.inspect(database.engine()).get_indexes(table)}


def column(database: Database, table: str, name: str) -> dict[str, object]:
    found = sa.inspect(database.engine()).get_columns(table)
    return next({**one} for one in found if one["name"] == name)


# -- in revisions ----------------------------------------------------------------------------------------------------


def test_a_table_comes_with_its_columns_and_indexes(database: Database, project: Project) -> None:
    with_shop(project)
    assert database.columns("shop") == ["id", "old", "rank"]
    assert indexes(database, "shop") == {"ix_shop_rank": ["rank"]}
    assert column(database, "shop", "old")["nullable"] is False


def test_an_expand_adds_a_column_that_the_server_fills_an_index_and_keys(database: Database, project: Project) -> None:
    with_shop(project)
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    revision(
        project,
        "expand",
        "more",
        """
        state = sa.Column("state", sa.String(10), server_default="new", nullable=False)
        changeset.create_column(state, shop, populate_default=True)
        changeset.create_index(sa.Index("ix_shop_state", shop.c.state, shop.c.old))
        changeset.rename_index(sa.Index("ix_shop_state", shop.c.state, shop.c.old), "ix_shop_both")
        """,
    )
    expanded = project.run("expand")
    assert expanded.exit_code == 0, expanded.output
    assert database.rows("SELECT id, state FROM shop") == [(1, "new")]
    assert indexes(database, "shop") == {"ix_shop_rank": ["rank"], "ix_shop_both": ["state", "old"]}


def test_the_check_sees_what_a_helper_does_at_the_revisions_own_line(database: Database, project: Project) -> None:
    with_shop(project)
    file = revision(project, "expand", "bad", "changeset.drop_column(shop.c.old)")
    line = 1 + file.read_text().splitlines().index("    changeset.drop_column(shop.c.old)")
    found = project.run("check", "--format", "json").json()["findings"]
    assert {(one["rule"], Path(one["file"]).name, one["line"]) for one in found} == {("drop-column", "bad.py", line)}
    refused = project.run("expand")
    assert refused.exit_code == 3, refused.output
    assert "drop-column" in refused.stderr
    assert database.columns("shop") == ["id", "old", "rank"]


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ('changeset.rename_column(shop.c.old, "other")', "rename-column"),
        ('changeset.rename_table(shop, "store")', "rename-table"),
        ("changeset.drop_table(shop)", "drop-table"),
    ],
)
def test_the_check_refuses_in_expand(database: Database, project: Project, call: str, rule: str) -> None:
    with_shop(project)
    revision(project, "expand", "bad", call)
    checked = project.run("check", "--format", "json")
    assert checked.exit_code == 3, checked.output
    assert rule in {one["rule"] for one in checked.json()["findings"]}


def test_a_contract_alters_and_drops_and_the_objects_follow(database: Database, project: Project) -> None:
    with_shop(project)
    database.execute(
        "INSERT INTO shop (id, old, rank) VALUES (1, 'a', 1)".replace("rank", '"rank"').replace('"', q(database))
    )
    revision(
        project,
        "contract",
        "change",
        """
        changeset.alter_column(shop.c.rank, nullable=False)
        changeset.rename_column(shop.c.old, "older")
        changeset.alter_column(shop.c.older, server_default=None)
        changeset.rename_table(shop, "store")
        changeset.create_index(sa.Index("ix_store_older", shop.c.older))
        changeset.drop_index(next(one for one in shop.indexes if one.name == "ix_shop_rank"))
        changeset.drop_column(shop.c.rank)
        assert shop.c.keys() == ["id", "older"], shop.c.keys()
        assert {one.name for one in shop.indexes} == {"ix_store_older"}
        assert list(shop.metadata.tables) == ["store"]
        """,
        depends_on="make_shop",
    )
    contracted = project.run("contract")
    assert contracted.exit_code == 0, contracted.output
    assert database.columns("store") == ["id", "older"]
    assert indexes(database, "store") == {"ix_store_older": ["older"]}
    older = column(database, "store", "older")
    assert (older["nullable"], older["default"]) == (False, None)
    assert database.rows("SELECT id, older FROM store") == [(1, "a")]


def q(database: Database) -> str:
    """The quote of names."""
    return "`" if database.dialect == "mysql" else '"'


def test_constraints_come_and_go_by_their_objects(database: Database, project: Project) -> None:
    with_shop(project)
    revision(
        project,
        "expand",
        "keys",
        """
        part = sa.Table(
            "part",
            shop.metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("shop_id", sa.Integer),
            sa.Column("amount", sa.Integer),
        )
        changeset.create_table(part)
        changeset.create_constraint(sa.UniqueConstraint("shop_id", "amount", name="uq_part"), part)
        changeset.create_constraint(sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_part_shop"), part)
        changeset.create_constraint(sa.CheckConstraint("amount > 0", name="ck_part_amount"), part, alter_metadata=False)
        assert {one.name for one in part.constraints} == {None, "uq_part", "fk_part_shop"}
        """,
    )
    expanded = project.run("expand")
    assert expanded.exit_code == 0, expanded.output
    seen = sa.inspect(database.engine())
    assert [one["name"] for one in seen.get_unique_constraints("part")] == ["uq_part"]
    assert [(one["name"], one["referred_table"]) for one in seen.get_foreign_keys("part")] == [("fk_part_shop", "shop")]
    assert [one["name"] for one in seen.get_check_constraints("part")] == ["ck_part_amount"]
    revision(
        project,
        "contract",
        "no_keys",
        """
        part = sa.Table("part", shop.metadata, sa.Column("shop_id", sa.Integer), sa.Column("amount", sa.Integer))
        changeset.drop_constraint(sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_part_shop"), part)
        changeset.drop_constraint(sa.CheckConstraint("amount > 0", name="ck_part_amount"), part)
        changeset.drop_constraint(sa.UniqueConstraint("shop_id", "amount", name="uq_part"), part)
        """,
        depends_on="keys",
    )
    contracted = project.run("contract")
    assert contracted.exit_code == 0, contracted.output
    seen = sa.inspect(database.engine())
    assert seen.get_unique_constraints("part") == []
    assert seen.get_foreign_keys("part") == []
    assert seen.get_check_constraints("part") == []


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize("default", ["default=3", "default=lambda: 3", ""])
def test_a_default_of_pythons_is_not_filled_in_by_a_schema_change(
    database: Database, project: Project, default: str
) -> None:
    with_shop(project)
    comma = ", " if default else ""
    revision(
        project,
        "expand",
        "fill",
        f'changeset.create_column(sa.Column("more", sa.Integer{comma}{default}), shop, populate_default=True)',
    )
    refused = project.run("expand")
    assert refused.exit_code == 64, refused.output
    assert "shop.more" in refused.stderr
    assert "data migration" in refused.stderr
    assert "server_default" in refused.stderr
    assert database.columns("shop") == ["id", "old", "rank"]


@pytest.mark.servers("sqlite")
def test_a_table_object_that_outlives_upgrade_is_not_changed(database: Database, project: Project) -> None:
    with_shop(project)
    head = f"from migrator import changeset\n{SHOP}"
    project.revision("contract", "gone", "changeset.drop_column(shop.c.old)", depends_on="make_shop", head=head)
    refused = project.run("contract")
    assert refused.exit_code == 64, refused.output
    assert "outlives this run of upgrade()" in refused.stderr
    assert "alter_metadata=False" in refused.stderr
    body = "changeset.drop_column(shop.c.old, alter_metadata=False)"
    (project.path / "migrations/contract/gone.py").unlink()
    project.revision("contract", "gone", body, depends_on="make_shop", head=head, down_revision="contract_base")
    contracted = project.run("contract")
    assert contracted.exit_code == 0, contracted.output
    assert database.columns("shop") == ["id", "rank"]


def test_names_that_need_quotes_and_a_change_that_keeps_the_rest(database: Database, project: Project) -> None:
    odd = """
    from migrator import changeset
    odd = sa.Table(
        "Odd: 100",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("Select", sa.String(20), nullable=False, server_default="it's"),
        sa.Index("ix odd:one", "Select"),
    )
    """
    project.revision("expand", "odd", odd + "changeset.create_table(odd)")
    rename = 'changeset.rename_index(next(iter(odd.indexes)), "ix odd:two 5%")'
    # SQLite builds it again, and the check sees the old one go.
    allowed = 'with migrator.allow("drop-index-old-queries", reason="it has another name"):'
    renamed = f"{odd}\n    {allowed}\n        {rename}\n"
    widened = 'changeset.alter_column("Select", odd, type=sa.String(30))'
    project.revision("expand", "two", renamed)
    project.revision("contract", "wider", odd + widened, depends_on="two")
    for phase in ("expand", "contract"):
        done = project.run(phase)
        assert done.exit_code == 0, done.output
    assert indexes(database, "Odd: 100") == {"ix odd:two 5%": ["Select"]}
    found = column(database, "Odd: 100", "Select")
    assert found["nullable"] is False
    assert "it''s" in str(found["default"])
    assert str(found["type"]).startswith("VARCHAR(30)")


# -- in a program ----------------------------------------------------------------------------------------------------


def test_db_sync_runs_phase_by_phase_and_db_version_follows(database: Database, inside: Project) -> None:
    shop.release_a(inside)
    nothing = changeset.db_version(inside.config)
    assert nothing == changeset.Versions(trunk=(), expand=(), contract=())
    assert changeset.db_sync("expand", config=inside.config).exit_code is ExitCode.DONE
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b')")
    shop.release_b(inside)
    shop.release_c(inside)
    expanded = changeset.db_sync("expand", config=inside.config)
    assert expanded.phases is not None
    assert [one.revision for one in expanded.phases.applied] == ["add_new"]
    closed = changeset.db_sync("contract", config=inside.config)
    assert closed.exit_code is ExitCode.CLOSED
    codes = [changeset.db_sync("data", config=inside.config, max_count=1).exit_code for _ in range(2)]
    assert codes == [ExitCode.REMAINING, ExitCode.DONE]
    assert changeset.db_sync("contract", config=inside.config).exit_code is ExitCode.DONE
    assert changeset.db_version(inside.config) == changeset.Versions(expand=("add_new",), contract=("drop_old",))
    assert database.columns("shop") == ["id", "new"]


def test_db_sync_without_a_phase_brings_everything(database: Database, inside: Project) -> None:
    shop.all_releases(inside)
    done = changeset.db_sync(config=inside.config)
    assert done.exit_code is ExitCode.DONE
    assert len(done.data) > 0
    assert database.columns("shop") == ["id", "new"]


@pytest.mark.servers("sqlite")
def test_db_sync_refuses_what_means_nothing(inside: Project) -> None:
    shop.release_a(inside)
    with pytest.raises(UsageError, match="no phase 'trunk'"):
        changeset.db_sync("trunk", config=inside.config)
    with pytest.raises(UsageError, match="only db_sync"):
        changeset.db_sync("expand", config=inside.config, max_count=3)
    with pytest.raises(MaxCountError):
        changeset.db_sync("data", config=inside.config, max_count=0)


def test_version_control_of_an_empty_database_records_nothing(database: Database, inside: Project) -> None:
    shop.all_releases(inside)
    controlled = changeset.version_control(inside.config)
    assert controlled.recorded == ()
    assert controlled.versions == changeset.Versions()
    assert "migrator_ledger" in database.tables()
    assert changeset.version_control(inside.config) == controlled
    assert changeset.db_sync(config=inside.config).exit_code is ExitCode.DONE


def test_version_control_adopts_what_alembic_applied(database: Database, inside: Project) -> None:
    shop.release_a(inside)
    env = inside.path / "migrations" / "env.py"
    env.write_text(env.read_text().replace("migrator.guard(context)", "pass"))
    assert inside.alembic("upgrade", "make_shop").exit_code == 0
    controlled = changeset.version_control(inside.config)
    assert controlled.recorded == ("expand_base", "make_shop")
    assert controlled.versions.expand == ("make_shop",)
    assert changeset.version_control(inside.config).recorded == ()
    events = [(one["event"], one["revision"]) for one in inside.run("ledger", "--format", "json").json()["entries"]]
    assert events == [("adopted", "expand_base"), ("adopted", "make_shop")]


def test_version_control_takes_a_named_revision_that_is_true(database: Database, inside: Project) -> None:
    shop.all_releases(inside)
    database.execute("CREATE TABLE shop (id INTEGER NOT NULL PRIMARY KEY, old VARCHAR(50))")
    with pytest.raises(ConfigurationError, match="has table shop, which revision make_shop creates"):
        changeset.version_control(inside.config)
    with pytest.raises(ConfigurationError, match=r"it has no column shop\.new"):
        changeset.version_control(inside.config, revision="add_new")
    assert database.tables() == ["shop"]
    controlled = changeset.version_control(inside.config, revision="make_shop")
    assert controlled.recorded == ("expand_base", "make_shop")
    assert changeset.version_control(inside.config, revision="make_shop").recorded == ()
    with pytest.raises(ConfigurationError, match="under control already"):
        changeset.version_control(inside.config, revision="add_new")
    assert changeset.db_sync(config=inside.config).exit_code is ExitCode.DONE
    assert database.columns("shop") == ["id", "new"]


def test_version_control_takes_a_contract_with_all_that_it_stands_on(database: Database, inside: Project) -> None:
    shop.all_releases(inside)
    database.execute("CREATE TABLE shop (id INTEGER NOT NULL PRIMARY KEY, new VARCHAR(50))")
    controlled = changeset.version_control(inside.config, revision="drop_old")
    assert controlled.versions == changeset.Versions(expand=("add_new",), contract=("drop_old",))
    assert inside.run("upgrade").exit_code == 0
    assert database.columns("shop") == ["id", "new"]


def test_importing_the_package_brings_neither_sqlalchemy_nor_alembic() -> None:
    code = "import sys, migrator.changeset; sys.exit(any(m in sys.modules for m in ('sqlalchemy', 'alembic')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
