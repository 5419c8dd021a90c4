"""Functions that run with other code for a while: with calls of watchers where an unknown value notices nothing."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from migrator.dialects.unknown import unknown_in
from migrator.scripts.library_paths import of_one_project
from migrator.scripts.steadiness import imported_roots

_WHOLE = frozenset("bool bytearray bytes dict float frozenset int list set str tuple".split())  # bind all of it
_SIGNS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_PREFIX = "_migrator_"  # two underscores would be mangled inside a class
_UNTOUCHED = frozenset("super locals globals vars eval exec dir print allow".split())  # they look at their caller
_NOT_OF = frozenset({"op", "sa", "batch_op", "migrator"})  # nothing of theirs computes with a value
_PLAIN = (str, bytes, int, float, complex, type(None), list, tuple, dict, set)
_MOST_FILES = 512  # each is run once for each way and dialect


class Rewritten:
    """The functions that run with watched code, until :meth:`restore`.

    Args:
        file: the revision's own, as Python compiled it.
        watchers: what the code calls, by name.
        also: told the file of each function's code that was put in place.
    """

    def __init__(self, file: str, watchers: Mapping[str, Callable[..., Any]], also: Callable[[str], None]) -> None:
        self._file = file
        self._watchers = {f"{_PREFIX}{name}": function for name, function in watchers.items()}
        self._also = also
        self._before: list[tuple[FunctionType, CodeType]] = []
        self._known: dict[int, CodeType] = {}  # by address: to hash a code goes through all its constants
        self._spaces: dict[int, dict[str, Any]] = {}

    def module(self, module: ModuleType | Any) -> None:
        """All functions of the revision, those of its classes too."""
        for value in list(vars(module).values()):
            if not isinstance(value, type) or value.__module__ not in sys.stdlib_module_names:
                for function in _functions(value):
                    if function.__code__.co_filename == self._file:
                        self._rewrite(function)

    def called(self, value: Any, given: Sequence[Any]) -> None:
        """A function of the project, or what leads to one, before it is called or handed on.

        Args:
            given: what it is called with: a function that gets nothing of a database, and whose file has nothing to do
                with one, decides nothing by rows (an application reads its settings so).
        """
        concerned = isinstance(value, type) or not all(isinstance(one, _PLAIN) and not unknown_in(one) for one in given)
        for function in _functions(value):
            code = function.__code__
            if id(code) in self._known or not self._is_own(code.co_filename):
                continue
            if concerned or code.co_filename == self._file or _asks_databases(code.co_filename):
                self._rewrite(function)

    def restore(self) -> None:
        """Give all functions their own code back."""
        for function, code in reversed(self._before):
            function.__code__ = code
        for space in self._spaces.values():
            for name in self._watchers:
                space.pop(name, None)

    def _rewrite(self, function: FunctionType) -> None:
        before = function.__code__
        codes = _codes(before.co_filename, source_of(before.co_filename))
        code = codes.get((before.co_qualname, before.co_firstlineno))
        self._known[id(before)] = before
        if code is None or code.co_freevars != before.co_freevars or code is before:
            return
        self._before.append((function, before))
        self._known[id(code)] = code
        function.__code__ = code
        space = function.__globals__
        if id(space) not in self._spaces:
            self._spaces[id(space)] = space
            space.update(self._watchers)
            self._also(before.co_filename)

    def _is_own(self, file: str) -> bool:
        return file == self._file or _is_of_project(file, self._file)


@lru_cache(maxsize=4096)
def _is_of_project(file: str, revision: str) -> bool:
    return not file.startswith("<") and of_one_project(os.path.abspath(file), os.path.abspath(revision))


def watched_places() -> Iterator[tuple[str, int]]:
    """File and line of each function on the stack whose code is watched, of the revision or the project; innermost
    first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if f"{_PREFIX}call" in frame.f_globals:
            yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back


@lru_cache(maxsize=_MOST_FILES)
def _asks_databases(file: str) -> bool:
    return not imported_roots(source_of(file)).isdisjoint(("sqlalchemy", "alembic"))


def source_of(file: str) -> str:
    """The text of the file as it is known to Python; empty when there is none."""
    linecache.checkcache(file)
    return "".join(linecache.getlines(file))


def _functions(value: Any) -> Iterator[FunctionType]:
    """The functions that run when it is called, or may run for it: a class has many."""
    while isinstance(value, partial):
        value = value.func
    value = getattr(value, "__func__", value)
    if isinstance(value, FunctionType):
        yield value
        inner = getattr(value, "__wrapped__", value)
        if inner is not value:
            yield from _functions(inner)
    elif isinstance(value, type):
        for one in list(vars(value).values()):
            held = getattr(one, "fget", None) or getattr(one, "func", None) or getattr(one, "__func__", one)
            if isinstance(held, FunctionType):
                yield held


@lru_cache(maxsize=_MOST_FILES)
def _codes(file: str, source: str) -> dict[tuple[str, int], CodeType]:
    """The file's functions, rewritten, by name and line; empty for a file that isn't there as text."""
    try:
        tree = ast.parse(source, file)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    whole = compile(ast.fix_missing_locations(_Rewriting().visit(tree)), file, "exec", dont_inherit=True)
    found: dict[tuple[str, int], CodeType] = {}
    todo = [whole]
    while todo:
        code = todo.pop()
        found[(code.co_qualname, code.co_firstlineno)] = code
        todo += [one for one in code.co_consts if isinstance(one, CodeType)]
    return found


class _Rewriting(ast.NodeTransformer):
    """Puts calls of the watchers in the place of what an unknown value can't see."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        operator, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot):
            if not isinstance(right, ast.Constant) or right.value not in (None, True, False):
                return node
            call = _call("is_none", node, left) if right.value is None else _call("is_constant", node, left, right)
        elif isinstance(operator, ast.In | ast.NotIn):
            call = _call("contains", node, right, left)
        else:
            sign = ast.copy_location(ast.Constant(value=_SIGNS[type(operator)]), node)
            return _call("compare", node, sign, left, right)
        negated = isinstance(operator, ast.IsNot | ast.NotIn)
        return ast.copy_location(ast.UnaryOp(op=ast.Not(), operand=call), node) if negated else call

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod):
            return _call("formatted", node, node.left, node.right)
        if not isinstance(node.op, ast.Sub | ast.BitAnd):
            return node
        sign = ast.copy_location(ast.Constant(value="-" if isinstance(node.op, ast.Sub) else "&"), node)
        return _call("reduced", node, sign, node.left, node.right)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Name) and called.id in _UNTOUCHED:
            return node
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in _NOT_OF:
            return node
        call = _call("call", node, node.func, *node.args)
        call.keywords = node.keywords
        return call

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or isinstance(node.slice, ast.Slice | ast.Tuple):
            return node
        return _call("item", node, node.value, node.slice)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = _call("each", node.iter, node.iter, _parts_of(node.target))
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if not node.is_async:
            node.iter = _call("each", node.iter, node.iter, _parts_of(node.target))
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        parts = _parts_of(node.targets[0])
        if parts.value:
            node.value = _call("unpacked", node.value, node.value, parts)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        held = _loaded(node.target)
        if held is None or not isinstance(node.op, ast.Add | ast.Sub):
            return node
        sign = ast.copy_location(ast.Constant(value="+" if isinstance(node.op, ast.Add) else "-"), node)
        value = _call("grown", node.value, sign, held, node.value)
        return ast.copy_location(ast.Assign(targets=[node.target], value=value), node)

    def visit_Match(self, node: ast.Match) -> ast.AST:
        self.generic_visit(node)
        subject = f"{_PREFIX}subject"
        for case in node.cases:
            question, bound = _asked_by(case.pattern, subject)
            if question is not None:
                case.pattern = ast.copy_location(ast.MatchAs(name=bound), case.pattern)
                both = ast.BoolOp(op=ast.And(), values=[question, case.guard]) if case.guard else question
                case.guard = ast.copy_location(both, question)
        name = ast.copy_location(ast.Name(id=subject, ctx=ast.Store()), node.subject)
        node.subject = ast.copy_location(ast.NamedExpr(target=name, value=node.subject), node.subject)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        return node  # annotations and defaults belong to the definition, which ran long ago


def _call(name: str, at: ast.expr, *arguments: ast.expr) -> ast.Call:
    called = ast.copy_location(ast.Name(id=f"{_PREFIX}{name}", ctx=ast.Load()), at)
    return ast.copy_location(ast.Call(func=called, args=list(arguments), keywords=[]), at)


def _parts_of(target: ast.expr) -> ast.Constant:
    """Into how many parts a value is taken apart; 0 for none, or for any number."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    fixed = not any(isinstance(one, ast.Starred) for one in parts)
    return ast.copy_location(ast.Constant(value=len(parts) if fixed else 0), target)


def _loaded(target: ast.expr) -> ast.expr | None:
    """The target as it is read; None where reading it twice could do something."""
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(id=target.id, ctx=ast.Load()), target)
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return ast.copy_location(ast.Attribute(value=target.value, attr=target.attr, ctx=ast.Load()), target)
    return None


def _asked_by(pattern: ast.pattern, subject: str) -> tuple[ast.expr | None, str | None]:
    """The question of ``case None``, ``case str()`` or ``case str(text)``, which no value can answer by itself, and the
    name that it binds; no question for another pattern."""
    bound = None
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        bound, pattern = pattern.name, pattern.pattern
    name = ast.copy_location(ast.Name(id=subject, ctx=ast.Load()), pattern)
    if isinstance(pattern, ast.MatchSingleton) and pattern.value is None:
        return _call("is_none", name, name), bound
    if isinstance(pattern, ast.MatchClass) and not pattern.kwd_patterns:
        kind = ast.copy_location(ast.Name(id="isinstance", ctx=ast.Load()), pattern)
        question = _call("call", name, kind, name, pattern.cls)
        match pattern.patterns:
            case []:
                return question, bound
            case [ast.MatchAs(pattern=None, name=inner)] if bound is None and getattr(pattern.cls, "id", "") in _WHOLE:
                return question, inner
    return None, None
