"""What a text of Python may ask of the machine, and what it imports, as the text alone shows it."""

from __future__ import annotations

import pytest

from migrator.scripts.followed import may_ask
from migrator.scripts.steadiness import imported_roots, is_steady, is_steady_at_import


@pytest.mark.parametrize(
    ("source", "roots"),
    [
        ("import a", {"a"}),
        ("import a.b as c, d, e.f", {"a", "d", "e"}),
        ("from a.b import c, d", {"a"}),
        ("from a import (\n    b,\n    c,\n)", {"a"}),
        ("from . import a", {"."}),
        ("from .a import b", {"."}),
        ("from ..a import b", {"."}),
        ("if x: import a; import b", {"a", "b"}),
        ("def f():\n    from a import b\n    import c  # and d", {"a", "c"}),
        ("from a \\\n    import sqlalchemy", {"a"}),
        ("import a, \\\n    b", {"a", "b"}),
        ("from .import a", {"."}),
        ("from.a import b", {"."}),
        ("from a import(b)", {"a"}),
        ("import\fa", {"a"}),
        ("x = 1 \\\n + (", {"."}),
        ("imports = from_a", set()),
    ],
)
def test_every_import_is_seen(source: str, roots: set[str]) -> None:
    assert imported_roots(source) == roots


@pytest.mark.parametrize(
    ("source", "asks"),
    [
        ("import sqlalchemy as sa\nfrom alembic import op\nimport migrator", False),
        ("# a word from here import there\nimport json", False),
        ("import json as j, shop", True),
        ("from shop \\\n    import sqlalchemy", True),
        ("from . import names", True),
        ("import json; import shop.names", True),
    ],
)
def test_a_revision_that_imports_the_projects_own_may_ask(source: str, asks: bool) -> None:
    assert may_ask(source) is asks


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\nX = datetime.datetime.now()",
        "from datetime import datetime\ndef f():\n    return datetime.utcnow",
        "import time as t",
        "from time import monotonic",
        "import uuid\nuuid.uuid4()",
        "from uuid import uuid4",
        "import random",
        "import os\nos.getpid()",
        "import importlib\nimportlib.import_module('x')",
        "exec('x')",
        "__import__('x')",
        "x = now(",
    ],
)
def test_the_clock_chance_and_the_machine_are_asked(source: str) -> None:
    assert not is_steady(source, environment=True)


@pytest.mark.parametrize(
    "source", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"]
)
def test_the_environment_is_asked(source: str) -> None:
    assert not is_steady(source, environment=False)
    assert is_steady(source, environment=True)


@pytest.mark.parametrize(
    "source",
    [
        "sa.Column('at', sa.DateTime, server_default=sa.func.now())",
        "func.now()",
        "op.execute('SELECT now(), random(), time')",
        "now = 1\ntime = now",
        "from datetime import datetime\nX = datetime(2026, 1, 1)",
    ],
)
def test_what_the_server_is_asked_and_a_fixed_value_are_steady(source: str) -> None:
    assert is_steady(source, environment=False)


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\nNAME = datetime.datetime.now().year",
        "import time as t\nclass A:\n    b = t.time()",
        "from time import time as now_\nX = now_()",
        "from uuid import uuid4\nX = str(uuid4())",
        "def f(x=datetime.now()):\n    pass",
        "@at(datetime.now())\ndef f():\n    pass",
        "x = now(",
    ],
)
def test_a_module_asks_while_it_is_imported(source: str) -> None:
    assert not is_steady_at_import(source)


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\nclass A:\n    at = Column(default=datetime.datetime.utcnow)",
        "import uuid\nid = Column(default=uuid.uuid4)\nother = Column(default=lambda: uuid.uuid4())",
        "import time\ndef f():\n    return time.time()",
        "at = Column(server_default=func.now())",
        "from importlib import import_module\nimport_module('models')",
        "from datetime import time\nNOON = time(12)",
    ],
)
def test_a_module_that_asks_only_later_is_steady_while_it_is_imported(source: str) -> None:
    assert is_steady_at_import(source)
