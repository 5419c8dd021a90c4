"""How long ``migrator check`` takes over a project of 500 revisions, and how much memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

REVISIONS = 500
ROUNDS = 3
DIALECTS = {"postgresql+mysql": ("postgresql", "mysql"), "sqlite": ("sqlite",)}

_ENV = """
from alembic import context

context.configure(url="sqlite://", target_metadata=None, literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
"""
_INI = """
[alembic]
script_location = %(here)s/migrations
version_locations = %(here)s/migrations/expand %(here)s/migrations/contract
path_separator = space
"""
_FILE = '''"""{id}"""

import sqlalchemy as sa
from alembic import op

import migrator

revision = "{id}"
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {needs!r}


def upgrade() -> None:
{body}


def downgrade() -> None:
    pass
'''
# One table lives through these in turn: {t} is its name, {o} that of the one before it.
_EXPAND = (
    """op.create_table(
    "{t}",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.String(50), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("price", sa.Numeric(12, 2)),
    sa.Column("other_id", sa.BigInteger),
)""",
    'op.add_column("{t}", sa.Column("note", sa.Text))\nop.add_column("{t}", sa.Column("state", sa.String(20)))',
    'op.create_index("ix_{t}_name", "{t}", ["name"])',
    'with migrator.allow("constraint-rejects-old-writes", reason="no old code writes it"):\n'
    '    op.create_check_constraint("ck_{t}_price", "{t}", "price >= 0")',
    'op.create_foreign_key("fk_{t}_other", "{t}", "{o}", ["other_id"], ["id"])',
    'op.execute("ALTER TABLE {t} ADD COLUMN colour varchar(20)")',
    'if "extra" not in {{one["name"] for one in sa.inspect(op.get_bind()).get_columns("{t}")}}:\n'
    '    op.add_column("{t}", sa.Column("extra", sa.JSON))',
    'with op.batch_alter_table("{t}") as batch:\n    batch.add_column(sa.Column("rank", sa.Integer))',
    'op.execute("CREATE VIEW {t}_names AS SELECT id, name FROM {t}")',
)
_CONTRACT = (
    'op.drop_column("{t}", "note")',
    'with op.batch_alter_table("{t}") as batch:\n    batch.alter_column("name", existing_type=sa.String(50),'
    " type_=sa.String(60), existing_nullable=False)",
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one run: seconds of the clock, seconds of processors, MiB of parent and child at most."""

    wall: float
    processor: float
    memory: float


# Run in the place of the command: what it used comes after its own output, on a line of its own.
_MEASURED = """
import json, resource, runpy, sys, time
sys.argv = ["migrator", *sys.argv[1:]]
code = 0
try:
    runpy.run_module("migrator", run_name="__main__", alter_sys=True)
except SystemExit as ended:
    code = ended.code or 0
own, other = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
used = own.ru_utime + own.ru_stime + other.ru_utime + other.ru_stime
sys.stderr.write(json.dumps({"code": code, "processor": used, "memory": (own.ru_maxrss + other.ru_maxrss) / 1024}))
"""


def measure(database_url: str | None, rows: int) -> str:
    """The best of some rounds for each choice of databases and each state of the project."""
    lines = [f"{'check of ' + str(REVISIONS) + ' revisions':<34}{'wall s':>8}{'CPU s':>8}{'MiB':>8}"]
    with tempfile.TemporaryDirectory(prefix="migrator-bench-") as folder:
        project = Path(folder)
        write_project(project, REVISIONS)
        for name, dialects in DIALECTS.items():
            chosen = [word for one in dialects for word in ("--dialect", one)]
            for state in ("new", "cold", "warm"):
                costs = [_cost(project, chosen, state) for _ in range(ROUNDS)]
                best = min(costs, key=lambda one: one.processor)
                lines.append(f"{name + ', ' + state:<34}{best.wall:>8.2f}{best.processor:>8.2f}{best.memory:>8.0f}")
    return "\n".join(lines)


def write_project(folder: Path, revisions: int) -> None:
    """A project of so many revisions, one in ten of them in contract, the rest in expand."""
    for name in ("expand", "contract"):
        (folder / "migrations" / name).mkdir(parents=True)
    (folder / "alembic.ini").write_text(_INI)
    (folder / "migrations" / "env.py").write_text(_ENV)
    down = {"expand": "", "contract": ""}
    needs = ""
    for phase, label, body in islice(_revisions(), revisions):
        id = f"{phase}_{sum(1 for _ in (folder / 'migrations' / phase).iterdir()):04}"
        text = _FILE.format(
            id=id,
            down=down[phase] or None,
            labels=(phase,) if label else None,
            needs=needs if phase == "contract" and not label else None,
            body=textwrap.indent(body, "    "),
        )
        (folder / "migrations" / phase / f"{id}.py").write_text(text)
        down[phase] = id
        needs = id if phase == "expand" else needs


def _revisions() -> Iterator[tuple[str, bool, str]]:
    """Phase, whether it begins its branch, body; without an end."""
    yield "expand", True, "pass"
    yield "contract", True, "pass"
    for number in count():
        names = {"t": f"thing_{number}", "o": f"thing_{max(number - 1, 0)}"}
        yield from (("expand", False, body.format(**names)) for body in _EXPAND)
        yield "contract", False, _CONTRACT[number % len(_CONTRACT)].format(**names)


def _cost(project: Path, options: list[str], state: str) -> Cost:
    """Of one check; of a ``new`` checkout nothing is compiled, of a ``cold`` one no verdict is kept."""
    if state != "warm":
        shutil.rmtree(project / ".migrator_cache", ignore_errors=True)
    for folder in project.rglob("__pycache__") if state == "new" else ():
        shutil.rmtree(folder)
    begin = time.perf_counter()
    command = [sys.executable, "-c", _MEASURED, "check", *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    wall = time.perf_counter() - begin
    told = json.loads(done.stderr.splitlines()[-1])
    if told["code"] not in (0, 3):
        raise RuntimeError(f"the check ended with {told['code']}")
    return Cost(wall=wall, processor=told["processor"], memory=told["memory"])
