"""The house rules that no linter knows, each as a test."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "migrator"
MODULES = sorted(PACKAGE.rglob("*.py"))
OURS = [
    *MODULES,
    *(file for room in ("tests", "tools", "examples", "benchmarks") for file in (ROOT / room).rglob("*.py")),
]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60

# Where the user's own code is called (env.py, a revision, a data function): these may catch everything.
CALLS_USER_CODE = {"migrator/scripts/usercode.py"}
# Column types by database, among which SQLAlchemy itself chooses: nobody asks.
DECLARES_TYPES = {"migrator/state/tables.py"}
DATABASES = {"sqlite", "postgresql", "mysql", "mariadb"}
# Folders of some machine: a checkout, a home, a virtual environment.
OF_A_MACHINE = re.compile(r"(?<![\w.:/%-])/(?:work|root|home|opt|Users|tmp)/[\w.-]+")


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(), named(file)))


def repository_files() -> list[Path]:
    """What git has or would add; without git everything but hidden folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        every = [file for file in ROOT.rglob("*") if file.is_file()]
        return [file for file in every if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)]
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_modules_are_short() -> None:
    lengths = {named(file): len(file.read_text().splitlines()) for file in OURS}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_are_short() -> None:
    long = []
    for file in OURS:
        for node in nodes(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{named(file)}: {node.name} has {lines} lines")
    assert long == []


def test_only_the_border_and_calls_into_user_code_catch_everything() -> None:
    caught = []
    for file in MODULES:
        if "cli" in file.relative_to(PACKAGE).parts or named(file) in CALLS_USER_CODE:
            continue
        for node in nodes(file):
            if isinstance(node, ast.ExceptHandler) and catches_everything(node):
                caught.append(f"{named(file)}:{node.lineno}")
    assert caught == []


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether it takes any error and doesn't pass it on."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    if handler.type is None:
        return True
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


def test_each_exception_to_the_rule_is_still_needed() -> None:
    needed = {
        named(file)
        for file in MODULES
        for node in nodes(file)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }
    assert needed >= CALLS_USER_CODE


def test_nobody_outside_the_dialects_asks_which_database_it_is() -> None:
    asked = []
    for file in MODULES:
        if file.relative_to(PACKAGE).parts[0] != "dialects" and named(file) not in DECLARES_TYPES:
            asked += [f"{named(file)}:{line}" for line in questions(ast.parse(file.read_text()))]
    assert asked == []


def questions(tree: ast.Module) -> list[int]:
    """The lines that compare with a database's name, look one up, or import a dialect of SQLAlchemy's."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            found = any(names_a_database(inner) for operand in operands for inner in ast.walk(operand))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            starts = node.func.attr in {"startswith", "endswith", "get_backend_name"}
            found = starts and (any(map(names_a_database, node.args)) or node.func.attr == "get_backend_name")
        elif isinstance(node, ast.Attribute):
            of_dialect = isinstance(node.value, ast.Attribute) and node.value.attr == "dialect"
            found = node.attr == "is_mariadb" or (of_dialect and node.attr in {"name", "driver"})
        elif isinstance(node, ast.MatchValue):
            found = names_a_database(node.value)
        elif isinstance(node, ast.ImportFrom):
            found = (node.module or "").startswith("sqlalchemy.dialects")
        else:
            found = False
        if found and isinstance(node, ast.stmt | ast.expr):
            lines.append(node.lineno)
    return lines


def names_a_database(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in DATABASES


@pytest.mark.parametrize(
    "code",
    [
        'if connection.dialect.name == "anything": pass',
        'if kind in ("mysql", "mariadb"): pass',
        'if name.startswith("postgresql"): pass',
        "if dialect.is_mariadb: pass",
        "from sqlalchemy.dialects.postgresql import JSONB",
    ],
)
def test_the_question_is_recognised(code: str) -> None:
    assert questions(ast.parse(code)) != []


def test_no_module_or_class_has_a_name_that_says_nothing() -> None:
    vague = [named(file) for file in OURS if file.stem in {"utils", "util", "helpers", "misc", "common"}]
    for file in OURS:
        vague += [
            f"{named(file)}: {node.name}"
            for node in nodes(file)
            if isinstance(node, ast.ClassDef) and node.name.endswith("Manager")
        ]
    assert vague == []


def test_nothing_is_left_for_later() -> None:
    words = "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3])
    left = [named(file) for file in OURS if re.search(rf"#.*\b(?:{words})\b", file.read_text())]
    assert left == []


def test_every_ignored_type_error_names_its_code_and_reason() -> None:
    bare = []
    for file in OURS:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if re.search(r"#\s*type:\s*ignore(?!\[[\w,-]+\]\s+#\s*\S)", line) and "re.search" not in line:
                bare.append(f"{named(file)}:{number}")
    assert bare == []


def test_the_repository_knows_no_machine() -> None:
    known = []
    for file in repository_files():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if OF_A_MACHINE.search(line) and file != Path(__file__):
                known.append(f"{named(file)}:{number}: {line.strip()[:100]}")
    assert known == []
