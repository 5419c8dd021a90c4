"""What a revision file imports, and what of it belongs to the application's models.  Nothing is imported for it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from migrator.scripts.python_text import python_tree

_MODEL_NAMES = frozenset({"model", "models", "settings"})
# Their types stand in revisions; some hold a base class or metadata of their own.
_LIBRARIES = ("alembic", "flask_sqlalchemy", "geoalchemy2", "migrator", "sqlalchemy", "sqlalchemy_utils", "sqlmodel")
_MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One name of an import statement; ``name`` is empty for ``import module``; ``line`` counts from 1."""

    module: str
    name: str
    line: int

    @property
    def full(self) -> str:
        """As one would write it in a text."""
        return f"{self.module}.{self.name}" if self.name else self.module

    def value(self) -> Any:
        """What it is bound to in this process; a marker of its own where that isn't known."""
        module = sys.modules.get(self.full)
        if module is not None:
            return module
        return getattr(sys.modules.get(self.module), self.name, _MISSING) if self.name else _MISSING


def parsed(source: str) -> ast.Module:
    """The file's text as Python; an empty module where it is none."""
    return python_tree(source) or ast.Module(body=[], type_ignores=[])


@lru_cache(maxsize=8)
def imports(source: str) -> tuple[Imported, ...]:
    """All of the file's, those inside functions too; not those for type checkers."""
    return tuple(_imports(parsed(source)))


def _imports(tree: ast.AST) -> Iterator[Imported]:
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(module=one.name, name="", line=node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (Imported(module=module, name=one.name, line=node.lineno) for one in node.names)


def of_models(imported: Imported) -> bool:
    """Whether it brings mapped classes, tables or metadata, or settings; by its name where its value isn't known."""
    if imported.module.split(".")[0] in (*_LIBRARIES, *sys.stdlib_module_names):
        return False
    value = imported.value() if imported.name != "*" else sys.modules.get(imported.module, _MISSING)
    if value is _MISSING:
        return not _MODEL_NAMES.isdisjoint(imported.full.split("."))
    if isinstance(value, ModuleType):
        named = value.__name__.rpartition(".")[2] in _MODEL_NAMES
        return named or any(_is_model(one) for one in list(vars(value).values()))
    return _is_model(value) or imported.name == "settings"


def _is_model(value: object) -> bool:
    if isinstance(value, type):
        return any(hasattr(value, one) for one in ("__mapper__", "__table__")) or isinstance(
            getattr(value, "metadata", None), sa.MetaData
        )
    return isinstance(value, sa.Table | sa.MetaData)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            todo.extend(ast.iter_child_nodes(node))
