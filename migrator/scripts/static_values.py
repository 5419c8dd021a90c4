"""What a name at the top of a file stands for, from the text of the file that sets it; nothing is run or imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MOST_STEPS = 8  # from a name to a name to a name


def value_of(expression: ast.expr, file: Path) -> Any:
    """The value of an expression at the top of the file: literals, and names that are set once, here or in a module
    that the file imports.

    Raises:
        ValueError, TypeError, SyntaxError, RecursionError: only running the file would say.
    """
    return _value(expression, file, _MOST_STEPS)


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """Every name that the statement, or one inside it that runs with it, may set or delete."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue  # what is set inside stays inside
        elif isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        todo.extend(ast.iter_child_nodes(node))


def _value(expression: ast.expr, file: Path, steps: int) -> Any:
    if not steps:
        raise ValueError(expression)
    if isinstance(expression, ast.Name):
        return _named(expression.id, file, steps - 1)
    if isinstance(expression, ast.Attribute):
        return _named(expression.attr, _imported_file(expression.value, file), steps - 1)
    if isinstance(expression, ast.Tuple | ast.List):
        values = [_value(one, file, steps) for one in expression.elts]
        return tuple(values) if isinstance(expression, ast.Tuple) else values
    return ast.literal_eval(expression)


def _named(name: str, file: Path, steps: int) -> Any:
    statement = _setting(name, file)
    if isinstance(statement, ast.ImportFrom):
        original = next(one.name for one in statement.names if (one.asname or one.name) == name)
        return _named(original, _origin(statement, file), _fewer(steps))
    if isinstance(statement, ast.Assign) and all(isinstance(one, ast.Name) for one in statement.targets):
        return _value(statement.value, file, steps)
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return _value(statement.value, file, steps)
    raise ValueError(name)


def _fewer(steps: int) -> int:
    if not steps:
        raise ValueError(steps)
    return steps - 1


def _setting(name: str, file: Path) -> ast.stmt:
    """The one statement at the top of the file that sets the name."""
    found = []
    for statement in _tree(file).body:
        names = set(bound_names(statement))
        if "*" in names:
            raise ValueError(name)  # it may set anything
        if name in names:
            found.append(statement)
    if len(found) != 1:
        raise ValueError(name)
    return found[0]


def _imported_file(module: ast.expr, file: Path) -> Path:
    """The file of a module as the code of another file calls it."""
    parts: list[str] = []
    while isinstance(module, ast.Attribute):
        parts.append(module.attr)
        module = module.value
    if not isinstance(module, ast.Name):
        raise ValueError(module)
    parts.reverse()
    statement = _setting(module.id, file)
    if isinstance(statement, ast.ImportFrom):
        original = next(one.name for one in statement.names if (one.asname or one.name) == module.id)
        origin = _origin(statement, file)
        if origin.name != "__init__.py":
            raise ValueError(original)
        return _below(origin.parent, [original, *parts])
    if isinstance(statement, ast.Import):
        renamed = next((one.name for one in statement.names if one.asname == module.id), None)
        return _found([*(renamed or module.id).split("."), *parts])
    raise ValueError(module.id)


def _origin(statement: ast.ImportFrom, file: Path) -> Path:
    """The file of the module that a ``from ... import`` names."""
    parts = statement.module.split(".") if statement.module else []
    if not statement.level:
        return _found(parts)
    folder = file
    for _ in range(statement.level):
        folder = folder.parent
    return _below(folder, parts)


def _found(parts: list[str]) -> Path:
    for root in sys.path:
        if (Path(root) / parts[0]).is_dir() or (Path(root) / f"{parts[0]}.py").is_file():
            return _below(Path(root), parts)
    raise ValueError(parts)


def _below(folder: Path, parts: list[str]) -> Path:
    place = folder.joinpath(*parts)
    for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if file.is_file():
            return file
    raise ValueError(parts)


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes(), file.name)
    except OSError as error:
        raise ValueError(file.name) from error
