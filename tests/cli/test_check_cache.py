"""The kept verdicts of the check: taken again over the very same things, and never otherwise."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import migrator
from migrator.commands.check_apart import check_apart
from migrator.commands.check_cache import VerdictCache
from migrator.commands.check_requests import CheckRequest, Verdict
from migrator.model.finding import CheckReport
from migrator.scripts.ingredients import Ingredients
from tests.support.project import Project
from tests.support.run import finish

NOWHERE = "sqlite://"
FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit")
HELPER = "def table():\n    return 'shop'\n"
# Each run of the file leaves a mark: a verdict that was taken again leaves none.
HEAD = "with open('runs.log', 'a') as log: log.write('.')"
CREATE = 'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "shop", NOWHERE)
    monkeypatch.chdir(project.path)
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    (tmp_path / "installed" / "something-1.0.dist-info").mkdir(parents=True)
    project.write("shop_models.py", HELPER)
    project.write("shop_names.py", HELPER)
    project.write("notes.txt", "first")
    env = project.path / "migrations" / "env.py"
    env.write_text(f"import os\nimport shop_models\nos.environ.get('SHOP_URL')\n{env.read_text()}")
    project.revision("expand", "shop", CREATE, head=HEAD)
    body = "import shop_names, pathlib\npathlib.Path('notes.txt').read_text()\nop.drop_table(shop_names.table())"
    project.revision("expand", "later", f"{body}\npathlib.Path('missing.txt').exists()")
    return project


def asked(project: Project, **changes: Any) -> CheckRequest:
    plain = CheckRequest(config_file=project.config, dialects=("sqlite",))
    return replace(plain, **changes)


def runs(project: Project) -> int:
    """How often the first revision was imported."""
    file = project.path / "runs.log"
    return len(file.read_text()) if file.exists() else 0


def files(project: Project) -> list[Path]:
    return sorted((project.path / ".migrator_cache").glob("check-*.json"))


def test_the_same_things_give_the_same_report_in_every_format_without_a_run(shop: Project) -> None:
    plain = check_apart(asked(shop), cached=False)
    assert files(shop) == []
    first = check_apart(asked(shop))
    before = runs(shop)
    again = check_apart(asked(shop))
    assert runs(shop) == before == 2
    assert again == first == plain
    assert [one.rule for one in again.findings] == ["drop-table"]
    for name in FORMATS:
        render = import_module(f"migrator.report.check_{name}").render
        assert render(again) == render(plain)


MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("shop", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
"""


def test_models_that_drift_are_kept_with_the_report_and_compared_anew_once_they_change(shop: Project) -> None:
    file = shop.write("shop_tables.py", MODELS)
    env = shop.path / "migrations" / "env.py"
    env.write_text(
        "import shop_tables\n"
        + env.read_text().replace("target_metadata = None", "target_metadata = shop_tables.metadata")
    )
    (shop.path / "migrations" / "expand" / "later.py").unlink()
    first = check_apart(asked(shop))
    before = runs(shop)
    again = check_apart(asked(shop))
    assert (again, runs(shop)) == (first, before)
    assert [one.rule for one in again.findings] == ["model-without-migration"]
    for name in FORMATS:
        render = import_module(f"migrator.report.check_{name}").render
        assert render(again) == render(first)
    assert check_apart(asked(shop, drift=False)).findings == ()
    file.write_text(MODELS.replace(', sa.Column("name", sa.Text)', ""))
    assert check_apart(asked(shop)).findings == ()


def test_the_cache_is_no_part_of_the_repository(shop: Project) -> None:
    check_apart(asked(shop))
    assert (shop.path / ".migrator_cache" / ".gitignore").read_text() == "*\n"


def test_the_option_judges_anew_and_keeps_nothing(shop: Project) -> None:
    for _ in range(2):
        assert shop.run("check", "--dialect", "sqlite", "--no-cache").exit_code == 3
    assert runs(shop) == 2
    assert not (shop.path / ".migrator_cache").exists()


def rewrite(name: str, text: str) -> Callable[[Project], object]:
    return lambda project: project.write(name, text)


def append(file: Path) -> None:
    file.write_text(f"{file.read_text()}# changed\n")


def set_variable(name: str) -> Callable[[Project], object]:
    return lambda _: os.environ.__setitem__(name, "sqlite:///other")


INGREDIENTS: dict[str, Callable[[Project], object]] = {
    "an earlier revision": lambda shop: append(shop.path / "migrations/expand/shop.py"),
    "a new revision": lambda shop: shop.revision("expand", "fresh", 'op.drop_table("other")'),
    "a module of the revisions": rewrite("shop_names.py", HELPER.replace("'shop'", "'shops'")),
    "a module of env.py": rewrite("shop_models.py", HELPER + "\n"),
    "Alembic's settings": lambda shop: shop.write("alembic.ini", shop.config.read_text() + "\n[other]\nx = 1\n"),
    "our settings, which were not there": rewrite("pyproject.toml", '[tool.migrator]\ndatabases = ["sqlite"]\n'),
    "a text that a revision reads": rewrite("notes.txt", "second"),
    "a file that a revision looks for": rewrite("missing.txt", ""),
    "a data migration": lambda shop: shop.data("fill", "X = 1"),
    "a module that may hide another": rewrite("sqlalchemy_extras.py", ""),
    "an installed package": lambda shop: (shop.path.parent / "installed" / "something-1.0.dist-info").rename(
        shop.path.parent / "installed" / "something-1.1.dist-info"
    ),
    "a variable that env.py reads": set_variable("SHOP_URL"),
    "a variable of ours": set_variable("MIGRATOR_RELEASE"),
    "a variable of Python": set_variable("PYTHONBREAKPOINT"),
    # The last, as the new one reads nothing of the others.
    "env.py": lambda shop: shop.write_env(url="sqlite:///other.db"),
}


def test_it_is_judged_anew_after_each_change_of_what_it_hangs_on(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SHOP_URL", "MIGRATOR_RELEASE", "PYTHONBREAKPOINT"):
        monkeypatch.setenv(variable, "")  # so that what the test sets is taken back
        monkeypatch.delenv(variable)
    check_apart(asked(shop))
    assert len(files(shop)) == runs(shop) == 1
    for times, (name, change) in enumerate(INGREDIENTS.items(), start=2):
        change(shop)
        report = check_apart(asked(shop))
        assert runs(shop) == times, f"judged anew after a change of {name}, and never otherwise"
    assert report == check_apart(asked(shop), cached=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"dialects": ("postgresql",)},
        {"dialects": ("sqlite", "mysql")},
        {"dialects": ("postgresql",), "server_version": "18"},
        {"paths": (Path("migrations/expand/shop.py"),)},
    ],
    ids=["dialect", "dialects", "version", "paths"],
)
def test_another_question_has_another_answer(shop: Project, changes: dict[str, Any]) -> None:
    check_apart(asked(shop))
    assert check_apart(asked(shop, **changes)) == check_apart(asked(shop, **changes), cached=False)
    assert len(files(shop)) == 2
    assert runs(shop) == 3


def test_what_nobody_reads_may_change(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    check_apart(asked(shop))
    monkeypatch.setenv("SHOP_COLOUR", "red")
    shop.write("README.md", "read me")
    check_apart(asked(shop))
    assert runs(shop) == 1


def test_our_own_code_is_an_ingredient(shop: Project, tmp_path: Path) -> None:
    package = tmp_path / "ours" / "migrator"
    shutil.copytree(Path(str(migrator.__file__)).parent, package, ignore=shutil.ignore_patterns("__pycache__"))

    def check() -> int:
        started = shop.start("check", "--dialect", "sqlite", PYTHONPATH=str(package.parent))
        return finish(started).exit_code

    assert [check(), check()] == [3, 3]
    assert runs(shop) == 1
    append(package / "check" / "rules" / "drop_table.py")
    assert check() == 3
    assert runs(shop) == 2


@pytest.mark.parametrize(
    "code",
    [
        "import datetime\ndatetime.datetime.now()",
        "from time import time\ntime()",
        "import os\nos.environ.get('SHOP_URL')",
        "from os import getenv\ngetenv('SHOP_URL')",
        "import uuid\nuuid.uuid4()",
        "import shop_clock\nshop_clock.year()",
        "import shop_far",
        "import pathlib\npathlib.Path('shop_names.py').write_text(pathlib.Path('shop_names.py').read_text() + ' ')",
    ],
    ids=["clock", "imported clock", "environment", "imported environment", "chance", "module", "far module", "writes"],
)
def test_what_may_come_out_otherwise_is_not_kept(shop: Project, code: str) -> None:
    shop.write("shop_clock.py", "from datetime import date\ndef year():\n    return date.today().year\n")
    shop.write("shop_far.py", "import shop_clock\n")
    shop.revision("expand", "unsteady", code)
    check_apart(asked(shop))
    assert files(shop) == []


@pytest.mark.parametrize(
    ("line", "kept"), [("datetime.now()", 0), ("datetime.now", 1), ("def now(): return datetime.now()", 1)]
)
def test_a_module_of_env_may_ask_the_clock_only_after_its_import(shop: Project, line: str, kept: int) -> None:
    shop.write("shop_models.py", f"from datetime import datetime\n{line}\n")
    check_apart(asked(shop))
    assert len(files(shop)) == kept


def test_a_time_that_the_server_asks_for_is_kept(shop: Project) -> None:
    column = 'sa.Column("at", sa.DateTime, server_default=sa.func.now())'
    shop.revision("expand", "clock", f'op.create_table("clock", {column})\nop.execute("SELECT now()")')
    check_apart(asked(shop))
    assert len(files(shop)) == 1


def test_a_verdict_that_hangs_on_a_time_limit_is_not_kept(shop: Project) -> None:
    shop.revision("expand", "endless", "while True: pass")
    report = check_apart(asked(shop, time_limit=timedelta(seconds=1)))
    assert "not-analysable" in {one.rule for one in report.findings}
    assert files(shop) == []


def test_a_url_of_the_command_line_leaves_no_trace(shop: Project) -> None:
    check_apart(asked(shop, overrides={"database_url": "sqlite:///secret"}))
    assert not (shop.path / ".migrator_cache").exists()


def without_findings(content: bytes) -> bytes:
    document = json.loads(content)
    document["report"]["findings"] = []
    return json.dumps(document).encode()


SPOILS: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "list": lambda _: b"[]",
    "foreign": lambda _: b'{"form": 1}',
    "bytes": lambda _: os.urandom(100),
    "mended by hand": without_findings,
}


def test_a_broken_file_is_passed_over_and_written_anew(shop: Project) -> None:
    first = check_apart(asked(shop))
    (kept,) = files(shop)
    for times, (name, spoil) in enumerate(SPOILS.items(), start=2):
        kept.write_bytes(spoil(kept.read_bytes()))
        assert check_apart(asked(shop)) == first, name
        assert runs(shop) == times, name
    assert check_apart(asked(shop)) == first
    assert runs(shop) == times


def test_a_folder_that_can_not_be_made_is_done_without(shop: Project) -> None:
    shop.write(".migrator_cache", "in the way")
    assert check_apart(asked(shop)) == check_apart(asked(shop))
    assert runs(shop) == 2


VERDICT = Verdict(
    report=CheckReport(findings=(), revisions=1, statements=1, dialects=("sqlite",)),
    ingredients=Ingredients(things=(), variables=(), salt="", values=""),
)


def test_many_at_once_see_whole_files_only(shop: Project) -> None:
    def turn(_: int) -> CheckReport | None:
        cache = VerdictCache(asked(shop), None, shop.config)
        cache.keep(VERDICT)
        return cache.find()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(turn, range(80))) == [VERDICT.report] * 80
    assert [one.name for one in (shop.path / ".migrator_cache").glob("writing-*")] == []


def test_a_verdict_is_for_one_day_since_suppressions_expire(shop: Project) -> None:
    VerdictCache(asked(shop), None, shop.config, today=date(2026, 5, 1)).keep(VERDICT)
    assert VerdictCache(asked(shop), None, shop.config, today=date(2026, 5, 1)).find() == VERDICT.report
    assert VerdictCache(asked(shop), None, shop.config, today=date(2026, 5, 2)).find() is None


def test_old_verdicts_are_forgotten(shop: Project) -> None:
    for number in range(60):
        VerdictCache(asked(shop, server_version=str(number)), None, shop.config).keep(VERDICT)
    assert len(files(shop)) == 50
