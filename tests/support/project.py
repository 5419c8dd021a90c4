"""An Alembic project with expand, contract and data folders, written by a test."""

from __future__ import annotations

import shutil
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from tests.support import run, templates
from tests.support.run import Run

Phase = Literal["trunk", "expand", "contract"]
Template = Literal["sync", "async", "pyproject"]
FOLDERS: dict[str, str] = {"trunk": "versions", "expand": "expand", "contract": "contract"}
UNDO = 'op.f("whatever upgrade() does")'  # does nothing, and isn't empty
ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mysql": "mysql+aiomysql"}


class Project:
    """A project on disk: configuration, env.py, anchors (``expand_base``, ``contract_base``), what is added.

    Attributes:
        path: the project's folder, in which commands run.
        url: the database that its env.py connects to.
        config: the file for ``--config``: alembic.ini, or pyproject.toml after ``write_env("pyproject")``.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.url = url
        self.config = path / "alembic.ini"
        self._template: Template = "sync"
        self._heads: dict[str, str] = {"expand": "expand_base", "contract": "contract_base"}
        for folder in ("expand", "contract", "data"):
            (path / "migrations" / folder).mkdir(parents=True)
        self.write("migrations/script.py.mako", templates.SCRIPT_MAKO)
        self.write_env()
        self._write_anchors()

    # -- files -------------------------------------------------------------------------------------

    def write(self, name: str, text: str) -> Path:
        """Write any file of the project; text may be indented as a whole."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        # Python trusts a compiled file by size and whole seconds: too coarse for a test that rewrites a file.
        for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
            compiled.unlink()
        return file

    def write_env(self, template: Template = "sync", url: str | None = None) -> None:
        """Write configuration and env.py after one of Alembic's templates; ``url`` changes the database."""
        self._template = template
        self.url = url or self.url
        if template == "async":
            made = sa.make_url(self.url)
            made = made.set(drivername=ASYNC_DRIVERS[made.get_backend_name()], query={})
            self.url = made.render_as_string(hide_password=False)
        self.write("migrations/env.py", templates.ASYNC if template == "async" else templates.SYNC)
        self._write_config()

    def revision(
        self,
        phase: Phase,
        id: str,
        upgrade: str = "pass",
        downgrade: str = UNDO,
        depends_on: str | Sequence[str] = (),
        requires_data: Sequence[str] = (),
        change: str | None = None,
        *,
        down_revision: str | None = None,
        allow: Mapping[str, str] | None = None,
        head: str = "",
    ) -> Path:
        """Write a revision on top of its phase's last one (or on ``down_revision``).

        Args:
            phase: where it belongs; each one of the trunk moves the anchors on top of it.
            id: revision id, and the file's name.
            upgrade: lines of Python for the body; ``op``, ``sa`` and ``migrator`` are imported.
            downgrade: the same; the default takes nothing back.
            depends_on: Alembic's ``depends_on``.
            requires_data: names of data migrations, for a contract revision.
            change: the change's name.
            down_revision: another parent than the phase's head.
            allow: suppressions, rule id to reason.
            head: lines of Python for the top level.
        """
        names = {
            "revision": id,
            "down_revision": down_revision or self._heads.get(phase),
            "branch_labels": None,
            "depends_on": (depends_on if isinstance(depends_on, str) else tuple(depends_on)) or None,
            "change": change,
            "requires_data": list(requires_data) or None,
            "allow": dict(allow) if allow else None,
        }
        optional = {"change", "requires_data", "allow"}
        kept = {key: value for key, value in names.items() if value is not None or key not in optional}
        file = self._write_revision(phase, id, kept, upgrade, downgrade, head)
        if down_revision is None or self._heads.get(phase) == down_revision:
            self._heads[phase] = id
        if phase == "trunk":
            self._write_anchors()
            self._write_config()
        return file

    def data(self, name: str, text: str) -> Path:
        """Write ``migrations/data/NAME.py``; ``sa`` and ``migrator`` are imported."""
        body = textwrap.dedent(text).strip()
        return self.write(f"migrations/data/{name}.py", f"import sqlalchemy as sa\n\nimport migrator\n\n{body}\n")

    def copy(self, path: Path) -> Project:
        """The same project in another folder: the image of an older or newer release on the same database."""
        other = Project.__new__(Project)
        shutil.copytree(self.path, path, ignore=shutil.ignore_patterns("__pycache__", "*.db*"))
        other.__dict__.update(self.__dict__, path=path, _heads=dict(self._heads))
        other.config = path / self.config.name
        return other

    # -- commands ----------------------------------------------------------------------------------

    def run(self, *arguments: str | int | Path, **env: Any) -> Run:
        """Run ``migrator --config CONFIG ARGUMENTS`` in a process of its own; ``env`` adds variables."""
        return run.run("migrator", *self._words(arguments), folder=self.path, **env)

    def start(self, *arguments: str | int | Path, **env: Any) -> subprocess.Popen[str]:
        """The same without waiting; ``tests.support.run.finish`` waits."""
        return run.start("migrator", *self._words(arguments), folder=self.path, **env)

    def run_at_once(self, count: int, *arguments: str | int | Path, **env: Any) -> list[Run]:
        """Run the same command in so many processes that begin together."""
        return run.run_at_once("migrator", *self._words(arguments), count=count, folder=self.path, **env)

    def alembic(self, *arguments: str, **env: Any) -> Run:
        """Run plain Alembic in the project's folder."""
        return run.run("alembic", *arguments, folder=self.path, **env)

    # -- the parts ---------------------------------------------------------------------------------

    def _words(self, arguments: Sequence[str | int | Path]) -> list[str]:
        return ["--config", str(self.config), *(str(argument) for argument in arguments)]

    def _write_config(self) -> None:
        used = [folder for phase, folder in FOLDERS.items() if phase in self._heads]
        escaped = self.url.replace("%", "%%")
        if self._template == "pyproject":
            folders = ", ".join(f'"%(here)s/migrations/{folder}"' for folder in used)
            self.config = self.write("pyproject.toml", templates.PYPROJECT.format(folders=folders))
            self.write("alembic.ini", templates.INI.replace("{locations}", "").replace("{url}", escaped))
            return
        (self.path / "pyproject.toml").unlink(missing_ok=True)
        folders = ":".join(f"migrations/{folder}" for folder in used)
        locations = templates.INI_LOCATIONS.format(folders=folders)
        ini = templates.INI.replace("{locations}", locations).replace("{url}", escaped)
        self.config = self.write("alembic.ini", ini)

    def _write_anchors(self) -> None:
        for phase in ("expand", "contract"):
            names = {
                "revision": f"{phase}_base",
                "down_revision": self._heads.get("trunk"),
                "branch_labels": (phase,),
                "depends_on": None,
            }
            self._write_revision(phase, f"{phase}_base", names, "pass", "pass", "")

    def _write_revision(
        self, phase: str, id: str, names: Mapping[str, Any], upgrade: str, downgrade: str, head: str
    ) -> Path:
        body = "\n".join([upgrade, downgrade, head])
        imports = ["import sqlalchemy as sa", "from alembic import op"]
        imports += ["import migrator"] if "migrator." in body else []
        lines = [f'"""{id}"""', *imports, "", *(f"{name} = {value!r}" for name, value in names.items())]
        lines += ["", textwrap.dedent(head).strip(), ""] if head else [""]
        for name, text in (("upgrade", upgrade), ("downgrade", downgrade)):
            lines += [
                "",
                f"def {name}() -> None:",
                textwrap.indent(textwrap.dedent(text).strip("\n"), "    "),
                "",
            ]
        return self.write(f"migrations/{FOLDERS[phase]}/{id}.py", "\n".join(lines))
