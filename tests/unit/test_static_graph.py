"""The graph from the text of the files is the graph that importing them gives."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.errors import ConfigurationError
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.project import load_project
from migrator.scripts.static_graph import static_graph
from tests.support import shop
from tests.support.project import Project, Template
from tests.support.run import ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose database nobody opens, in the working directory."""
    made = Project(tmp_path / "project", "sqlite:///nowhere.db")
    monkeypatch.chdir(made.path)
    return made


def facts(graph: RevisionGraph) -> Mapping[str, Revision]:
    return {id: replace(one, allow={}) for id, one in graph.revisions.items()}


def assert_same(config: Path) -> None:
    imported, read = load_project(config).graph, static_graph(config)
    assert imported.revisions
    assert facts(read) == facts(imported)
    assert read.order == imported.order


def test_of_the_example() -> None:
    assert_same(ROOT / "alembic.ini")


@pytest.mark.parametrize("template", ["sync", "async", "pyproject"])
def test_of_each_template(project: Project, template: Template) -> None:
    project.write_env(template)
    project.revision("trunk", "t1")
    shop.all_releases(project)
    assert_same(project.config)


def test_it_gives_phases_changes_and_requirements(project: Project) -> None:
    shop.all_releases(project)
    graph = static_graph(project.config)
    assert [one.id for one in graph.of_phase(Phase.EXPAND)] == ["expand_base", "make_shop", "add_new"]
    assert graph.revisions["drop_old"].requires_data == ("rename",)
    assert graph.revisions["drop_old"].change == "rename"
    assert graph.revisions["drop_old"].depends_on == ("add_new",)


def test_neither_a_revision_nor_env_py_is_imported(project: Project) -> None:
    shop.release_a(project)
    project.revision("expand", "e9", head='raise SystemExit("imported")')
    project.write("migrations/env.py", 'raise SystemExit("imported")')
    modules, path = set(sys.modules), list(sys.path)
    assert "e9" in static_graph(project.config).revisions
    assert sys.path == path
    assert not {one for one in set(sys.modules) - modules if "e9" in one or "env" in one}


ANNOTATED = '''"""With annotations, as newer templates write them.

And more.
"""
from typing import Sequence, Union

revision: str = "e9"
down_revision: Union[str, Sequence[str], None] = "expand_base"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None
change: str
requires_services = {"api": "2026.46"}

def upgrade() -> None:
    change = "inside"
'''


def test_annotated_assignments_are_read(project: Project) -> None:
    project.write("migrations/expand/e9.py", ANNOTATED)
    assert_same(project.config)
    read = static_graph(project.config).revisions["e9"]
    assert read.message == "With annotations, as newer templates write them."
    assert read.requires_services == {"api": "2026.46"}
    assert not read.named_change


FORMS = {
    "several at once": ("branch_labels = depends_on = None", 'revision = "e9"', 'down_revision = "expand_base"'),
    "set twice": ('revision = "e8"', 'revision = "e9"', 'down_revision = "expand_base"'),
    "a label in depends_on": ('revision = "e9"', 'down_revision = "expand_base"', 'depends_on = ["contract"]'),
    "joined text": ('revision = "e" "9"', 'down_revision = ("expand_base",)', "depends_on = ()"),
    "names used elsewhere": ('revision = "e9"', 'down_revision = "expand_base"', "[change for change in 'ab']"),
}


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS)
def test_what_alembic_takes_is_taken(project: Project, lines: tuple[str, ...]) -> None:
    project.write("migrations/expand/e9.py", "\n".join([*lines, "", "def upgrade(): pass", ""]))
    assert_same(project.config)


NOT_LITERAL = {
    "a name": ('revision = "e9"', "BEFORE = 'expand_base'", "down_revision = BEFORE"),
    "a call": ("import os", 'revision = "e9"', "down_revision = os.environ['X']"),
    "a branch": ('revision = "e9"', "if True:", "    down_revision = 'expand_base'"),
    "an import": ('revision = "e9"', "", "from elsewhere import down_revision"),
    "more added": ('revision = "e9"; down_revision = "expand_base"', "depends_on = []", "depends_on += ['c']"),
    "unpacked": ("", "", "revision, down_revision = 'e9', 'expand_base'"),
    "a function": ('revision = "e9"; down_revision = "expand_base"', "", "def change(): pass"),
    "a walrus": ('revision = "e9"; down_revision = "expand_base"', "", "print(change := 'x')"),
    "a loop": ('revision = "e9"; down_revision = "expand_base"', "", "for depends_on in 'ab': pass"),
}


@pytest.mark.parametrize("lines", NOT_LITERAL.values(), ids=NOT_LITERAL)
def test_what_only_running_would_tell_is_refused_with_file_and_line(project: Project, lines: tuple[str, ...]) -> None:
    file = project.write("migrations/expand/e9.py", "\n".join([*lines, "", "def upgrade(): pass", ""]))
    with pytest.raises(ConfigurationError, match=rf"{file.name}:[23]: `\w+` is not a literal") as caught:
        static_graph(project.config)
    assert "write its value out" in caught.value.remedy


UNREADABLE = {
    "syntax": (b'revision = "e9"\ndown_revision = (\n', r"e9\.py:2 can't be read"),
    "a null byte": (b'revision = "e9\x00"\n', r"e9\.py(:1)? can't be read"),
    "not utf-8": (b'revision = "\xff\xfe"\n', r"e9\.py(:\d)? can't be read"),
    "no parent": (b'revision = "e9"\n', r"e9\.py sets no `down_revision`"),
    "no id": (b'down_revision = "expand_base"\n', r"other\.py sets no `revision`"),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_file_is_named(project: Project, text: bytes, message: str) -> None:
    name = "other" if "other" in message else "e9"
    (project.path / f"migrations/expand/{name}.py").write_bytes(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        static_graph(project.config)
    assert caught.value.remedy


def test_an_unknown_parent_is_refused_as_ever(project: Project) -> None:
    project.revision("expand", "e9", down_revision="nobody")
    with pytest.raises(ConfigurationError), pytest.warns(UserWarning, match="nobody"):
        static_graph(project.config)


def test_a_script_location_that_is_not_there_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "alembic.ini"
    config.write_text("[alembic]\nscript_location = %(here)s/nowhere\n")
    with pytest.raises(ConfigurationError, match=r"alembic\.ini"):
        static_graph(config)


def test_no_revision_at_all_is_refused(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ini = project.config.read_text().replace("script_location = ", f"script_location = {project.path}/")
    project.config.write_text(ini)
    monkeypatch.chdir(tmp_path)  # the version locations are still relative
    with pytest.raises(ConfigurationError, match="leads to no revision") as caught:
        static_graph(project.config)
    assert "%(here)s" in caught.value.remedy


INI = """
[alembic]
script_location = %(here)s/migrations
{more}
sqlalchemy.url = sqlite:///nowhere.db
"""
LOCATIONS = {
    "separated by os": (
        "version_locations = %(here)s/migrations/expand:%(here)s/migrations/contract\npath_separator = os",
        {},
    ),
    "separated by space": (
        "version_locations = %(here)s/migrations/expand %(here)s/migrations/contract\npath_separator = space",
        {},
    ),
    "on lines": (
        "version_locations =\n  %(here)s/migrations/expand\n  %(here)s/migrations/contract\npath_separator = newline",
        {},
    ),
    "recursive": (
        "version_locations = %(here)s/migrations/all\npath_separator = os\nrecursive_version_locations = true",
        {"expand": "all/2026/expand", "contract": "all/2026/contract"},
    ),
    "the default folder": ("", {"expand": "versions", "contract": "versions"}),
    "one of them missing, one twice": (
        "version_locations = %(here)s/migrations/expand %(here)s/gone %(here)s/migrations/contract"
        " %(here)s/migrations/expand/../expand\npath_separator = space",
        {},
    ),
}


@pytest.mark.filterwarnings("ignore:File .* loaded twice")
@pytest.mark.parametrize(("more", "moved"), LOCATIONS.values(), ids=LOCATIONS)
def test_version_locations_are_found_as_alembic_finds_them(
    project: Project, more: str, moved: Mapping[str, str]
) -> None:
    shop.all_releases(project)
    for old, new in moved.items():
        folder = project.path / "migrations" / new
        folder.mkdir(parents=True, exist_ok=True)
        for file in (project.path / "migrations" / old).glob("*.py"):
            file.rename(folder / file.name)
    (project.path / "migrations/expand/__init__.py").parent.mkdir(exist_ok=True)
    project.write("migrations/expand/__init__.py", "")
    project.write("migrations/expand/README", "no revision")
    project.write("alembic.ini", INI.format(more=more))
    assert_same(project.config)
    assert set(static_graph(project.config).revisions) >= {"expand_base", "contract_base", "add_new", "drop_old"}


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_is_read_as_it_is_imported(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    project = Project(tmp_path_factory.mktemp("history") / "project", "sqlite:///nowhere.db")
    for number in range(data.draw(st.integers(0, 2), "trunk")):
        project.revision("trunk", f"t{number}")
    expands: list[str] = []
    for number in range(data.draw(st.integers(1, 5), "changes")):
        project.revision("expand", f"e{number}", change=data.draw(st.sampled_from([None, f"x{number}"])))
        expands.append(f"e{number}")
        if data.draw(st.booleans(), "with a contract"):
            needs = data.draw(st.lists(st.sampled_from(expands), min_size=1, max_size=2, unique=True), "depends_on")
            project.revision(
                "contract", f"c{number}", depends_on=needs if len(needs) > 1 else needs[0], requires_data=["fill"]
            )
    with chdir(project.path):
        assert_same(project.config)
