"""``migrator check`` compares the models of env.py with the revisions, without a database, and says how much."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from migrator.commands.check_apart import check_apart, drift_apart
from migrator.commands.check_requests import CheckRequest
from tests.support import run
from tests.support.project import Project

NOWHERE = "postgresql://nobody@nowhere.invalid/none"
USERS = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50))'
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """Models of one table, and the revision that makes it; its server doesn't exist."""
    project = Project(tmp_path, NOWHERE)
    project.revision("expand", "shop", f'op.create_table("users", {USERS})')
    env = project.path / "migrations" / "env.py"
    env.write_text("import models\n" + env.read_text().replace("= None", "= models.metadata"))
    with_models(project, f'sa.Table("users", metadata, {USERS})')
    return project


def with_models(project: Project, *lines: str) -> None:
    project.write("models.py", "\n".join(["import sqlalchemy as sa", "metadata = sa.MetaData()", *lines, ""]))


def test_the_last_line_says_how_much_was_compared(shop: Project) -> None:
    outcome = shop.run("check")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.endswith("; 1 table, 2 columns compared with the revisions\n")
    checked = shop.run("check", "--format", "json").json()["checked"]
    assert checked["models"] == [{"against": "the revisions", "tables": 1, "columns": 2, "not_compared": []}]


def test_a_model_without_a_migration_exits_3_with_the_operation_to_write(shop: Project) -> None:
    with_models(shop, f'sa.Table("users", metadata, {USERS}, sa.Column("age", sa.Integer))')
    outcome = shop.run("check")
    assert outcome.exit_code == 3
    place = f"migrations/env.py:{line_of(shop, 'target_metadata')}"
    assert outcome.stdout.startswith(f"{place}: error [model-without-migration]"), outcome.stdout
    assert 'op.add_column("users", sa.Column("age", sa.Integer()))' in outcome.stdout
    assert shop.run("check", "--no-drift").exit_code == 0
    assert shop.run("check", "migrations/expand").exit_code == 0


def line_of(project: Project, beginning: str) -> int:
    lines = (project.path / "migrations" / "env.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(beginning))


def test_what_is_left_over_fails_with_strict_alone(shop: Project) -> None:
    with_models(shop, f'sa.Table("users", metadata, {USERS.rpartition(", sa.Column(")[0]})')
    assert "warning [migration-without-model]" in shop.run("check").stdout
    assert (shop.run("check").exit_code, shop.run("check", "--strict").exit_code) == (0, 3)


def allowing(project: Project, reason: str, *, name: str = "users.age", setting: str = "allow_drift") -> None:
    project.write("pyproject.toml", f'[tool.migrator.{setting}]\n"{name}" = "{reason}"\n')


def test_drift_is_accepted_by_its_name_with_a_reason_and_told_as_suppressed(shop: Project) -> None:
    with_models(shop, f'sa.Table("users", metadata, {USERS}, sa.Column("age", sa.Integer))')
    allowing(shop, "made by the importer")
    outcome = shop.run("check", "--format", "json")
    document = outcome.json()
    assert (outcome.exit_code, document["findings"]) == (0, [])
    assert [one["rule"] for one in document["suppressed"]] == ["model-without-migration"]
    shop.write("pyproject.toml", "")
    ini = shop.path / "alembic.ini"
    ini.write_text(f"{ini.read_text()}\n[migrator]\nallow_drift =\n    users.age: made by the importer\n")
    assert shop.run("check", "--strict").exit_code == 0, "as an ini file writes it"


def test_without_a_reason_it_accepts_nothing_and_is_a_finding_itself(shop: Project) -> None:
    with_models(shop, f'sa.Table("users", metadata, {USERS}, sa.Column("age", sa.Integer))')
    allowing(shop, " ")
    outcome = shop.run("check")
    assert outcome.exit_code == 3
    assert "[model-without-migration]" in outcome.stdout
    assert "pyproject.toml:2: error [suppression-without-reason]" in outcome.stdout, outcome.stdout


def test_what_it_accepts_in_vain_is_a_warning_and_another_name_is_accepted_by_none(shop: Project) -> None:
    allowing(shop, "there was one")
    outcome = shop.run("check")
    assert (outcome.exit_code, "pyproject.toml:2: warning [unused-suppression]" in outcome.stdout) == (0, True)
    assert shop.run("check", "--no-drift", "--strict").exit_code == 0, "nobody looked"
    assert shop.run("check", "--strict").exit_code == 3
    with_models(shop, f'sa.Table("users", metadata, {USERS}, sa.Column("aged", sa.Integer))')
    assert "[model-without-migration]" in shop.run("check").stdout
    shop.write("pyproject.toml", "[tool.migrator]\nallow_drift = 7\n")
    refused = shop.run("check")
    assert (refused.exit_code, "allow_drift" in refused.stderr) == (64, True)


def test_every_report_takes_it(shop: Project) -> None:
    with_models(shop, f'sa.Table("users", metadata, {USERS}, sa.Column("age", sa.Integer))')
    for format in ("github", "gitlab", "sarif", "junit"):
        outcome = shop.run("check", "--format", format)
        assert outcome.exit_code == 3
        assert "users.age" in outcome.stdout


def test_models_that_do_not_import_are_a_finding_without_their_text(shop: Project) -> None:
    with_models(shop, 'raise RuntimeError("canary-9")')
    outcome = shop.run("check")
    assert outcome.exit_code == 0
    assert "warning [models-not-compared]" in outcome.stdout
    assert "env.py raised RuntimeError at env.py:1" in outcome.stdout
    assert "Traceback" not in outcome.output
    assert "canary-9" not in outcome.output
    assert shop.run("check", "--strict").exit_code == 3


def test_models_that_reach_for_the_network_are_a_finding(shop: Project) -> None:
    with_models(shop, "import socket", 'socket.create_connection(("127.0.0.1", 9))')
    assert "models-not-compared" in shop.run("check").stdout


def test_models_that_never_end_are_a_finding(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with_models(shop, "while True:", "    pass")
    monkeypatch.chdir(shop.path)
    report = check_apart(CheckRequest(config_file=shop.config, time_limit=timedelta(seconds=2)))
    assert [one.rule for one in report.findings] == ["models-not-compared"]
    assert "did not end within 2 s" in report.findings[0].message


def test_models_that_end_the_process_are_an_error_and_no_database_is_opened_for_them(shop: Project) -> None:
    with_models(shop, "import os", "os._exit(7)")
    for drift in ((), ("--drift", NOWHERE)):
        outcome = shop.run("check", *drift)
        assert outcome.exit_code == 3, outcome.output
        assert "error [models-not-compared]" in outcome.stdout
        assert "ended the process that ran it (exit code 7)" in outcome.stdout
    assert "not compared with the database either" in outcome.output


def test_an_env_py_that_hangs_where_it_connects_ends_as_an_error(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = shop.path / "migrations" / "env.py"
    env.write_text(env.read_text() + "\nif not context.is_offline_mode():\n    while True:\n        pass\n")
    monkeypatch.chdir(shop.path)
    request = CheckRequest(config_file=shop.config, time_limit=timedelta(seconds=0.5))
    report = drift_apart(request, f"sqlite:///{shop.path}/shop.db")
    assert [(one.rule, one.severity.value) for one in report.findings] == [("models-not-compared", "error")]
    assert "env.py did not end within 3 s when it connects" in report.findings[0].message


def test_metadata_without_tables_is_said(shop: Project) -> None:
    with_models(shop)
    outcome = shop.run("check")
    assert outcome.exit_code == 0
    assert "target_metadata has no tables" in outcome.stdout


def test_a_database_and_what_contradicts_it_is_refused(shop: Project) -> None:
    for given in (("--no-drift",), ("migrations/expand",), ("--trace", NOWHERE)):
        outcome = shop.run("check", "--drift", NOWHERE, *given)
        assert outcome.exit_code == 64
        assert "doesn't go with it" in outcome.stderr


def test_the_example_has_no_drift() -> None:
    outcome = run.run("migrator", "check", "--strict", folder=ROOT)
    assert outcome.exit_code == 0, outcome.output
    assert "2 tables, 6 columns compared with the revisions" in outcome.stdout
