"""The modules that docs/data-migrations.md shows load, and do what they say."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from migrator.data.modules import load_data_migrations
from tests.integration.data.running import Runner
from tests.support.database import Database

PAGE = Path(__file__).parents[3] / "docs" / "data-migrations.md"
BLOCK = re.compile(r"```python\n# migrations/data/(\w+\.py)\n(.*?)```", re.DOTALL)
TABLES = (
    "CREATE TABLE instances (id INTEGER NOT NULL PRIMARY KEY, host VARCHAR(40), compute_host VARCHAR(40))",
    "CREATE TABLE sessions (id INTEGER NOT NULL PRIMARY KEY, kind VARCHAR(40))",
    "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(40), email_digest VARCHAR(64),"
    " street VARCHAR(9))",
    "CREATE TABLE addresses (user_id INTEGER NOT NULL PRIMARY KEY, street VARCHAR(9), kind VARCHAR(9))",
    "CREATE TABLE instance_extra (id INTEGER NOT NULL PRIMARY KEY, flavor VARCHAR(40))",
    "INSERT INTO instances (id, host) VALUES (1, 'a'), (2, 'b')",
    "INSERT INTO sessions (id, kind) VALUES (1, 'v1'), (2, 'v2'), (3, 'v1')",
    "INSERT INTO users (id, email, street) VALUES (1, 'A@B', 'Elm'), (2, NULL, NULL)",
    "INSERT INTO addresses VALUES (1, 'Old', 'home')",
    "INSERT INTO instance_extra (id) VALUES (1)",
)
DONE = {
    "SELECT compute_host FROM instances ORDER BY id": [("a",), ("b",)],
    "SELECT id FROM sessions": [(2,)],
    "SELECT email_digest FROM users ORDER BY id": [
        ("7508d8b5018ea640b85269861a101203f0c26900555268e930025dac844b0f35",),
        (None,),
    ],
    "SELECT user_id, street, kind FROM addresses": [(1, "Elm", "home")],
    "SELECT flavor FROM instance_extra": [("m1.small",)],
}


def fake_nova(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Modules of the names that the page imports; gives the contexts that its one function was called with."""
    contexts: list[object] = []

    def fill_host(context: object, max_count: int) -> tuple[int, int]:
        contexts.append(context)
        return (1, 1) if len(contexts) == 1 else (0, 0)

    class DbCommands:
        online_migrations = (fill_host,)

    made: dict[str, dict[str, object]] = {
        "nova": {"context": SimpleNamespace(get_admin_context=lambda: "admin")},
        "nova.cmd": {},
        "nova.cmd.manage": {"DbCommands": DbCommands},
    }
    for name, members in made.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    return contexts


def test_the_modules_of_the_page_do_what_it_says(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts = fake_nova(monkeypatch)
    for name, text in BLOCK.findall(PAGE.read_text()):
        (tmp_path / name).write_text(text)
    migrations = load_data_migrations(tmp_path)
    kinds = [one.kind.value for one in migrations]
    assert kinds == ["update", "delete", "transform", "copy", "function", "function"]
    database.execute(*TABLES)
    report = Runner(database=database, migrations=migrations)()
    assert int(report.exit_code) == 0
    assert [one.note for one in report.rows if one.note] == [
        "compared: of 1 source rows 1 have a target row, 1 an equal one"
    ]
    assert {query: database.rows(query) for query in DONE} == DONE
    assert contexts == ["admin", "admin"]
