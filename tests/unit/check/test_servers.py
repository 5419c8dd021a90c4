"""Which databases a project is checked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.check.servers import checked_servers
from migrator.errors import ConfigurationError
from tests.support.project import Project

NOWHERE = "postgresql://nobody@nowhere.invalid/none"


def labels(*texts: str) -> list[str]:
    return [one.label for one in checked_servers(texts)]


def test_a_name_or_a_name_with_its_oldest_version() -> None:
    assert labels("postgresql>=14", "mysql", " MariaDB >= 10.6 ", "sqlite") == [
        "postgresql>=14",
        "mysql",
        "mariadb>=10.6",
        "sqlite",
    ]


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (("postgresql>=15", "postgresql>=14"), ["postgresql>=14"]),
        (("postgresql>=9.6", "postgresql>=15"), ["postgresql>=9.6"]),
        (("mysql>=8.4", "mysql"), ["mysql"]),
        (("mysql", "mysql>=8.4"), ["mysql"]),
    ],
    ids=["newer-first", "by-number", "unbounded-last", "unbounded-first"],
)
def test_of_two_of_one_name_the_older_one_counts(texts: tuple[str, ...], left: list[str]) -> None:
    assert labels(*texts) == left


@pytest.mark.parametrize(
    "text", ["oracle", "postgresql>=x", "postgresql>14", "postgresql 14", "postgresql>=", "", "14"]
)
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        checked_servers([text])
    assert raised.value.remedy


def test_the_version_decides_and_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path, NOWHERE)
    project.revision(
        "expand",
        "events",
        """
        op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
        op.execute("CREATE TABLE events (user_id integer, at date) PARTITION BY RANGE (at)")
        """,
    )
    change = 'op.create_foreign_key("of", "events", "users", ["user_id"], ["id"])'
    project.revision("contract", "key", change, depends_on="events")
    found = {}
    for version in ("14", "18"):
        project.write("pyproject.toml", f'[tool.migrator]\ndatabases = ["postgresql>={version}"]\n')
        outcome = project.run("check")
        assert f"1 database checked (postgresql>={version})" in outcome.stdout, outcome.output
        found[version] = "fk-not-valid-on-partitioned" in outcome.stdout
    assert found == {"14": True, "18": False}, outcome.output


def test_a_database_that_is_none_is_a_configuration_error(tmp_path: Path) -> None:
    project = Project(tmp_path, NOWHERE)
    project.write("pyproject.toml", '[tool.migrator]\ndatabases = ["postgres>=14"]\n')
    outcome = project.run("check")
    assert outcome.exit_code == 64
    assert "postgres" in outcome.stderr
    assert "Traceback" not in outcome.output
