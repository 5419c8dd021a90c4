"""Whether two texts of a revision file do the same."""

from __future__ import annotations

import ast
from typing import Any

_WITH_DOCSTRING = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def same_code(before: str, after: str) -> bool:
    """Whether only comments, docstrings, layout and suppressions differ; False where one can't be read."""
    try:
        return _bare(before) == _bare(after)
    except (SyntaxError, ValueError, RecursionError):
        return before == after


def revision_in(text: str) -> str:
    """The revision id that the file's text sets; empty where it can't be told."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return ""
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(_is_name(one, "revision") for one in targets) and isinstance(statement.value.value, str):
                return statement.value.value
    return ""


def _bare(text: str) -> str:
    return ast.dump(_Bare().visit(ast.parse(text)))


class _Bare(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, _WITH_DOCSTRING):
            node.body = [one for one in node.body if not _is_text(one)]
        return node

    def visit_With(self, node: ast.With) -> Any:
        self.generic_visit(node)
        kept = [one for one in node.items if not _allows(one.context_expr)]
        if not kept:
            return node.body
        node.items = kept
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        return None if any(_is_name(one, "allow") for one in node.targets) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return None if _is_name(node.target, "allow") else self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> Any:
        node.names = [one for one in node.names if one.name != "migrator" or one.asname]
        return node if node.names else None

    def visit_Pass(self, node: ast.Pass) -> None:
        return None


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _allows(expression: ast.expr) -> bool:
    """``migrator.allow(...)`` or ``allow(...)``."""
    function = expression.func if isinstance(expression, ast.Call) else None
    return _is_name(function, "allow") or (
        isinstance(function, ast.Attribute) and function.attr == "allow" and _is_name(function.value, "migrator")
    )


def _is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
