"""The process in which revisions are checked: whatever a revision does to it, the rest is judged."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from migrator.commands.check_apart import check_apart
from migrator.commands.check_requests import CheckRequest
from migrator.errors import ConfigurationError, UserCodeError
from migrator.model.finding import CheckReport, Finding
from migrator.model.phase import Phase
from tests.support.project import Project

TEN_SECONDS_ARE_ENOUGH_FOR_PEOPLE = timedelta(seconds=2)
NOWHERE = "sqlite://"
DROP = 'op.drop_table("shop")'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "shop", NOWHERE)
    monkeypatch.chdir(project.path)
    project.revision("expand", "shop", 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))')
    return project


def checked(project: Project) -> CheckReport:
    return check_apart(CheckRequest(config_file=project.config, time_limit=TEN_SECONDS_ARE_ENOUGH_FOR_PEOPLE))


def checked_within(project: Project, total: timedelta) -> CheckReport:
    one = timedelta(seconds=1)
    return check_apart(
        CheckRequest(config_file=project.config, dialects=("sqlite",), time_limit=one, total_limit=total)
    )


def not_analysable(report: CheckReport, revision: str) -> Finding:
    """The one such finding of the revision, while the next one's drop is found all the same."""
    assert [one.rule for one in report.findings if one.revision == "later"] == ["drop-table"]
    (found,) = [one for one in report.findings if one.rule == "not-analysable"]
    assert found.revision == revision
    return found


def line_of(file: Path, text: str) -> int:
    return file.read_text().splitlines().index(text) + 1


def test_a_revision_that_never_ends_is_named_with_its_line(shop: Project) -> None:
    file = shop.revision("expand", "endless", "n = 0\nwhile True:\n    n += 1")
    shop.revision("expand", "later", DROP)
    found = not_analysable(checked(shop), "endless")
    assert "did not end within 2 s" in found.message
    assert found.line in (line_of(file, "    while True:"), line_of(file, "        n += 1"))


def test_a_revision_that_waits_for_ever_is_named_with_its_line(shop: Project) -> None:
    file = shop.revision("expand", "waiting", "import threading\nthreading.Event().wait()")
    shop.revision("expand", "later", DROP)
    assert not_analysable(checked(shop), "waiting").line == line_of(file, "    threading.Event().wait()")


def test_a_file_whose_import_never_ends_is_named_with_its_line(shop: Project) -> None:
    file = shop.revision("expand", "slow", DROP, head="while True: pass")
    shop.revision("expand", "later", DROP)
    found = not_analysable(checked(shop), "slow")
    assert "did not end" in found.message
    assert found.line == line_of(file, "while True: pass")


@pytest.mark.parametrize("code", ["import os\nos._exit(0)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"])
def test_a_revision_that_ends_the_process_is_named(shop: Project, code: str) -> None:
    shop.revision("expand", "ending", code)
    shop.revision("expand", "later", DROP)
    assert "ended the process" in not_analysable(checked(shop), "ending").message


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise SystemExit(0)", "SystemExit"),
        ("raise BaseException", "BaseException"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("def deeper():\n    deeper()\ndeeper()", "RecursionError"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 5432), 1)", "SecludedError"),
        ("import socket\nsocket.getaddrinfo('localhost', 5432)", "SecludedError"),
        ("import urllib.request\nurllib.request.urlopen('http://localhost/', timeout=1)", "URLError"),
        ("import subprocess\nsubprocess.run(['psql'])", "SecludedError"),
        ("import os\nos.system('true')", "SecludedError"),
        ("import sqlite3\nsqlite3.connect('shop.db')", "SecludedError"),
        ("sa.create_engine('sqlite:///shop.db').connect()", "SecludedError"),
        ("sa.create_engine('postgresql+psycopg2://nobody@127.0.0.1/x').connect()", "SecludedError"),
        ("import psycopg2\npsycopg2.connect('host=127.0.0.1')", "SecludedError"),
        ("import pymysql\npymysql.connect(host='127.0.0.1')", "OperationalError"),
    ],
)
def test_what_a_revision_may_not_do_is_an_error_of_its_own(shop: Project, code: str, error: str) -> None:
    file = shop.revision("expand", "bad", code)
    shop.revision("expand", "later", DROP)
    found = not_analysable(checked(shop), "bad")
    assert error in found.message
    assert found.line == line_of(file, "    " + code.splitlines()[-1]) or error == "RecursionError"
    assert not (shop.path / "shop.db").exists()


def test_a_file_whose_import_fails_is_a_finding_and_the_rest_is_judged(shop: Project) -> None:
    file = shop.revision("expand", "application", DROP, head="import some_application.models")
    shop.revision("expand", "later", DROP)
    found = not_analysable(checked(shop), "application")
    assert "doesn't import: ModuleNotFoundError (no some_application)" in found.message
    assert found.line == line_of(file, "import some_application.models")


def test_a_constant_of_another_file_is_read_where_the_import_fails(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("shop_names/__init__.py", "from shop_names.ids import FIRST\n")
    shop.write("shop_names/ids.py", 'BASE = "shop"\nFIRST = (BASE,)\nraise SystemExit\n')
    monkeypatch.syspath_prepend(str(shop.path))
    head = "import some_application\nimport shop_names as names\ndepends_on = names.FIRST"
    shop.revision("contract", "old", DROP, head=head)
    shop.revision("expand", "later", DROP)
    found = not_analysable(checked(shop), "old")
    assert "doesn't import: ModuleNotFoundError (no some_application): " in found.message
    assert found.phase is Phase.CONTRACT


@pytest.mark.parametrize("value", ["some_application.LABELS", "tuple(['beta'])", "OTHER"])
def test_a_revision_that_may_begin_a_branch_is_named_and_every_other_judged_as_expand(
    shop: Project, value: str
) -> None:
    head = f"import some_application\nOTHER = 1\nOTHER = 2\nbranch_labels = {value}"
    file = shop.revision("contract", "odd", head=head)
    shop.revision("contract", "later", DROP)
    report = checked(shop)
    (found,) = [one for one in report.findings if one.rule == "not-analysable"]
    (drop,) = [one for one in report.findings if one.rule == "drop-table"]
    assert (drop.revision, drop.phase) == ("later", Phase.EXPAND)
    line = line_of(file, f"branch_labels = {value}")
    assert f"only running it would say what its `branch_labels` (line {line}) is" in found.message


def test_the_orm_is_there_for_whoever_writes_sa_orm(shop: Project) -> None:
    shop.revision("expand", "later", f"with sa.orm.Session(op.get_bind()) as session:\n    {DROP}")
    assert [one.rule for one in checked(shop).findings] == ["orm-in-migration", "drop-table"]


def test_a_revision_that_gives_up_where_it_finds_rows_is_followed_past_that(shop: Project) -> None:
    asks = "import sys\nif op.get_bind().scalar(sa.text('SELECT count(*) FROM shop')) > 9:\n    sys.exit('too many')\n"
    shop.revision("expand", "later", asks + DROP)
    assert [one.rule for one in checked(shop).findings] == ["drop-table"]


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit", "GeneratorExit"])
def test_a_revision_that_raises_what_ends_a_process_is_a_finding(shop: Project, raised: str) -> None:
    shop.revision("expand", "ending", f"raise {raised}")
    shop.revision("expand", "later", DROP)
    assert f"raised {raised} while" in not_analysable(checked(shop), "ending").message


def test_what_a_revision_logs_of_our_answers_is_not_shown(shop: Project, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import logging, sys\nlogging.getLogger('shop').error('lost')\nprint('lost', file=sys.stderr)\n"
    shop.revision("expand", "later", code + DROP)
    assert [one.rule for one in checked(shop).findings] == ["drop-table"]
    assert "lost" not in capfd.readouterr().err


def test_an_accepted_file_that_does_not_import_is_no_finding(shop: Project) -> None:
    shop.revision("expand", "application", DROP, head="import some_application", allow={"not-analysable": "old"})
    assert checked(shop).findings == ()


@pytest.mark.parametrize("content", [b"def upgrade(:\n", b"\0", b"revision = 'x'\n\xff\xfe", b"revision = 7\n"])
def test_a_file_that_is_no_python_is_an_error_that_names_it(shop: Project, content: bytes) -> None:
    (shop.path / "migrations/expand/broken.py").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"broken\.py"):
        checked(shop)


def test_a_byte_order_mark_and_another_encoding_are_read(shop: Project) -> None:
    file = shop.revision("expand", "marked", DROP)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert [one.rule for one in checked(shop).findings] == ["drop-table"]
    file.write_bytes(b"# -*- coding: latin-1 -*-\n# \xe4\n" + file.read_bytes()[3:])
    assert [one.rule for one in checked(shop).findings] == ["drop-table"]


def test_an_env_that_never_ends_is_left_out(shop: Project) -> None:
    env = shop.path / "migrations" / "env.py"
    env.write_text("while True: pass\n")
    shop.revision("expand", "later", DROP)
    report = checked(shop)
    assert [one.rule for one in report.findings] == ["drop-table"]
    assert any("env.py did not end within 2 s" in note for note in report.notes)


def test_when_too_many_files_hang_the_rest_is_named_as_not_run(shop: Project) -> None:
    for number in range(20):
        shop.revision("expand", f"hanging_{number}", DROP, head="while True: pass")
    shop.revision("expand", "later", DROP)
    report = checked_within(shop, timedelta(seconds=3))
    told = {one.revision: one.message for one in report.findings if one.rule == "not-analysable"}
    hanging = {f"hanging_{number}" for number in range(20)}
    assert set(told) == {"expand_base", "contract_base", "shop", "later", *hanging}
    hung = [one for one, message in told.items() if "did not end within 1 s" in message]
    assert 1 <= len(hung) <= 5
    not_run = "was not run, since files that hang or end the process had used up 3 s"
    assert all(not_run in told[one] for one in told.keys() - set(hung))


def test_what_was_run_before_the_time_was_used_up_is_judged(shop: Project) -> None:
    shop.revision("expand", "early", DROP)
    for number in range(6):
        shop.revision("expand", f"hanging_{number}", "while True: pass")
    shop.revision("expand", "later", DROP)
    report = checked_within(shop, timedelta(seconds=2))
    rules = {one.revision: one.rule for one in report.findings}
    assert rules == {
        "early": "drop-table",
        "later": "not-analysable",
        **{f"hanging_{number}": "not-analysable" for number in range(6)},
    }


def test_more_files_than_a_dozen_that_end_the_process_are_findings(shop: Project) -> None:
    for number in range(13):
        shop.revision("expand", f"ending_{number}", "import os\nos._exit(0)")
    report = check_apart(CheckRequest(config_file=shop.config, dialects=("sqlite",)))
    assert [one.rule for one in report.findings] == ["not-analysable"] * 13
    assert all("ended the process" in one.message for one in report.findings)


def test_a_file_of_the_trunk_that_never_ends_is_named_though_history_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path / "old", NOWHERE)
    monkeypatch.chdir(project.path)
    file = project.revision("trunk", "past", "while True: pass")
    project.revision("trunk", "missing", DROP, head="import some_application")
    project.revision("expand", "later", DROP)
    found = not_analysable(checked(project), "past")
    assert "did not end within 2 s" in found.message
    assert found.line == line_of(file, "    while True: pass")


def test_a_data_module_that_never_ends_is_named(shop: Project) -> None:
    shop.data("endless", "while True: pass")
    with pytest.raises(UserCodeError, match=r"endless\.py did not end within 2 s"):
        checked(shop)


def test_output_of_revisions_stays_out_of_the_document(shop: Project) -> None:
    shop.revision("expand", "noisy", "import os, sys\nprint('x')\nos.write(1, b'noise')\n" + DROP)
    outcome = shop.run("check", "--format", "json")
    assert [one["rule"] for one in outcome.json()["findings"]] == ["drop-table"]


def test_python_warns_of_a_revision_only_where_it_runs(shop: Project) -> None:
    shop.revision("expand", "escape", "import time, shop_none\n" + r"X = '\d'", head="None")
    # Python itself names the file; a text that is only looked at has no name.
    assert "<unknown>" not in shop.run("check", "--no-cache", PYTHONWARNINGS="always").stderr


def test_a_project_that_was_never_initialised_is_judged(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / "scripts" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/scripts\n")
    (folder / "scripts" / "env.py").write_text("")
    for number, body in enumerate(("op.create_table('t', sa.Column('id', sa.Integer))", "op.drop_table('t')")):
        down = repr(f"r{number - 1}") if number else None
        (folder / "scripts" / "versions" / f"r{number}.py").write_text(
            f"import sqlalchemy as sa\nfrom alembic import op\nrevision = 'r{number}'\ndown_revision = {down}\n"
            f"def upgrade():\n    {body}\n"
        )
    report = check_apart(CheckRequest(config_file=folder / "alembic.ini"))
    assert [(one.rule, one.revision) for one in report.findings] == [("drop-table", "r1")]
    assert any("no branches expand and contract" in note for note in report.notes)


def test_the_process_that_asked_is_as_it_was(shop: Project) -> None:
    before = list(sys.path)
    checked(shop)
    assert sys.path == before
