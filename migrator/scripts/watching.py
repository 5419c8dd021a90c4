"""What no value can notice by itself: ``is None``, ``len()``, a look-up in a dict, a call into C.

While the ways through a revision are followed, its functions run with these places written as calls of the functions
here.  They do the same as ever unless an unknown value is in play.  The module is not imported again; its functions get
their own code back afterwards.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, RowMapping

from migrator.dialects.unknown import Unknown, UnknownText, unknown_in
from migrator.dialects.unknown_schema import KnownNames
from migrator.dialects.way import Way

_UNTOUCHED = frozenset("super locals globals vars eval exec dir print allow".split())  # they look at their caller
_NOT_OF = frozenset({"op", "sa", "batch_op", "migrator"})  # nothing of theirs computes with a value
_COMPUTE: frozenset[Any] = frozenset({int, float, complex, bytes, abs, round, ord, chr, hex, divmod, pow})
_MOST_FILES = 512  # each is run once for each way and dialect
_PREFIX = "_migrator_"  # two underscores would be mangled inside a class
_UNKNOWN = (Unknown, UnknownText)


@contextmanager
def watched(module: ModuleType | Any, file: str, way: Way) -> Iterator[None]:
    """The functions of the module, as it was compiled from ``file``, tell the way of what depends on an unknown."""
    codes = _codes(file, source_of(file))
    changed: list[tuple[FunctionType, CodeType]] = []
    names = {f"{_PREFIX}{name}": function for name, function in _watchers(way, file).items()}
    for function in _functions(vars(module).values(), file):
        code = codes.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
        if code is not None and code.co_freevars == function.__code__.co_freevars:
            changed.append((function, function.__code__))
            function.__code__ = code
    vars(module).update(names)
    try:
        yield
    finally:
        for function, code in changed:
            function.__code__ = code
        for name in names:
            vars(module).pop(name, None)


def source_of(file: str) -> str:
    """The text of the file as it is known to Python; empty when there is none."""
    linecache.checkcache(file)
    return "".join(linecache.getlines(file))


def _functions(values: Any, file: str) -> Iterator[FunctionType]:
    for value in list(values):
        inner = getattr(value, "__wrapped__", value)
        if isinstance(inner, FunctionType) and inner.__code__.co_filename == file:
            yield inner
        elif isinstance(value, type) and value.__module__ not in sys.stdlib_module_names:
            yield from (
                one
                for one in vars(value).values()
                if isinstance(one, FunctionType) and one.__code__.co_filename == file
            )


@lru_cache(maxsize=_MOST_FILES)
def _codes(file: str, source: str) -> dict[tuple[str, int], CodeType]:
    """The file's functions, rewritten, by name and line; empty for a file that isn't there as text."""
    try:
        tree = ast.parse(source, file)
    except (SyntaxError, ValueError):
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
        operator, right = node.ops[0], node.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
            call = _call("is_none", node, node.left)
        elif isinstance(operator, ast.In | ast.NotIn):
            call = _call("contains", node, right, node.left)
        else:
            return node
        negated = isinstance(operator, ast.IsNot | ast.NotIn)
        return ast.copy_location(ast.UnaryOp(op=ast.Not(), operand=call), node) if negated else call

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

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        return node  # annotations and defaults belong to the definition, which ran long ago


def _call(name: str, at: ast.expr, *arguments: ast.expr) -> ast.Call:
    called = ast.copy_location(ast.Name(id=f"{_PREFIX}{name}", ctx=ast.Load()), at)
    return ast.copy_location(ast.Call(func=called, args=list(arguments), keywords=[]), at)


def _watchers(way: Way, file: str) -> dict[str, Callable[..., Any]]:
    """The functions that rewritten code calls."""

    def is_none(value: Any) -> bool:
        return value.is_none() if isinstance(value, Unknown) else value is None

    def contains(held: Any, value: Any) -> Any:
        looks_up = isinstance(held, dict | set | frozenset)
        strange = isinstance(value, _UNKNOWN) or (looks_up and any(isinstance(one, _UNKNOWN) for one in held))
        if looks_up and held and strange:
            return not way.choose(("finds `in` true", "finds `in` false"))
        if held is os.environ:
            return not way.choose(("finds a variable set", "finds a variable not set"), about=("environ", value))
        return value in held

    def item(held: Any, key: Any) -> Any:
        if (isinstance(held, dict) and isinstance(key, _UNKNOWN)) or held is os.environ:
            return Unknown(way)
        return held[key]

    def call(function: Any, *arguments: Any, **named: Any) -> Any:
        values = (*arguments, *named.values())
        if function is len and _counts_rows(arguments[0]):
            return Unknown(way) if isinstance(arguments[0], _UNKNOWN) else Unknown(way, at_least=1)
        if function is isinstance and isinstance(arguments[0], Unknown):
            return arguments[0].is_instance()
        if (function is set or function is frozenset) and isinstance(next(iter(arguments), None), KnownNames):
            return arguments[0].as_set()
        if _asks_the_machine(function) or _looks_up(function, values):
            return Unknown(way)
        if _computes(function, values):
            return Unknown(way)
        try:
            return function(*arguments, **named)
        except (TypeError, ValueError):
            # A function of another package that wants a real value makes another one of it.
            if _is_elsewhere(function, file) and unknown_in(values):
                return Unknown(way)
            raise

    return {"is_none": is_none, "contains": contains, "item": item, "call": call}


def _asks_the_machine(function: Any) -> bool:
    """The environment and the clock of whoever runs the check say nothing of those of the database's run."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    if function is os.getenv or (owner is os.environ and name == "get"):
        return True
    if isinstance(owner, type) and issubclass(owner, date | datetime):
        return name in ("now", "utcnow", "today")
    return getattr(function, "__module__", "") == "random" or (name == "time" and owner is sys.modules.get("time"))


def _counts_rows(held: Any) -> bool:
    """Whether it is as long as there are rows: one row stands for any number."""
    if isinstance(held, list | tuple | set | frozenset) and any(_was_loaded(one) for one in held):
        return True
    return unknown_in(held) and not isinstance(held, str | Row | RowMapping)


def _was_loaded(value: Any) -> bool:
    state = sa.inspect(value, raiseerr=False) if hasattr(type(value), "__mapper__") else None
    return state is not None and state.has_identity


def _looks_up(function: Any, values: tuple[Any, ...]) -> bool:
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    return isinstance(owner, dict) and name in ("get", "pop") and bool(values) and isinstance(values[0], _UNKNOWN)


def _is_elsewhere(function: Any, file: str) -> bool:
    code = getattr(function, "__code__", None)
    root = str(getattr(function, "__module__", "")).partition(".")[0]
    return code is not None and code.co_filename != file and root not in ("sqlalchemy", "alembic", "migrator")


def _computes(function: Any, values: tuple[Any, ...]) -> bool:
    """Whether it only makes a value of its arguments, of which one is unknown, and would not understand that."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, str | bytes):
        plain = getattr(function, "__name__", "") not in ("format", "join")
        return plain and any(isinstance(one, Unknown) for one in values)
    builtin = isinstance(function, type | BuiltinFunctionType) and function in _COMPUTE
    module = str(getattr(function, "__module__", None) or type(owner).__module__).partition(".")[0]
    return (builtin or module.lstrip("_") in _STANDARD) and unknown_in(values)


_STANDARD = frozenset(
    "json re uuid datetime decimal math hashlib sha1 sha2 sha3 md5 blake2 hmac base64 ast binascii urllib time zlib"
    " pickle ipaddress html unicodedata textwrap secrets zoneinfo".split()
)
