"""Whether a second row could lead a file's code elsewhere than the first: then one row doesn't stand for many.

The text is asked, and in doubt the answer is yes: it costs a few more ways through a revision, and nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from migrator.scripts.python_text import python_tree

_MOST_FILES = 512
# They take one thing after the other, or tell how often each is there.
_TAKERS = frozenset(
    "pop popleft popitem next enumerate groupby pairwise zip zip_longest Counter defaultdict setdefault islice"
    " accumulate reduce most_common combinations permutations deque peek send nlargest nsmallest median unique"
    " drop_duplicates".split()
)
_ROWS = frozenset("fetchall all fetchmany list sorted tuple scalars mappings partitions".split())
_ONE_ONLY = frozenset("one one_or_none scalar_one scalar_one_or_none".split())
_CHANGES = frozenset(
    "add append extend insert update remove discard clear pop popleft appendleft setdefault popitem __setitem__".split()
)
_Block = ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With | ast.AsyncWith | ast.Match
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@lru_cache(maxsize=_MOST_FILES)
def second_row_matters(source: str) -> bool:
    """Whether anything in the file keeps something of one row until the next, or tells rows by their place.

    Args:
        source: the file's text.
    """
    if "import" not in source:
        return False
    tree = python_tree(source)
    if tree is None:
        return False
    listed = set(_names_of_rows(tree))
    fetched = sum(_called(node) == "fetchone" for node in ast.walk(tree))
    return fetched > 1 or any(_tells_rows(node, listed) for node in ast.walk(tree))


def _tells_rows(node: ast.AST, listed: set[str]) -> bool:
    match node:
        case ast.Slice():
            return not (_is_start(node.lower) and _is_head(node.upper) and node.step is None)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(place))):
            return place > 0 and name in listed
        case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int(place))):
            return place > 0 and _called(call) in _ROWS
        case ast.AugAssign(target=ast.Attribute()):
            return True
        case ast.Starred(ctx=ast.Store()) | ast.Nonlocal() | ast.Global() | ast.MatchSequence():
            return True
        case ast.Call():
            return _called(node) in _TAKERS
        case ast.Try():
            return any(_called(one) in _ONE_ONLY for part in node.body for one in ast.walk(part))
        case ast.While():
            return any(_called(one) == "fetchone" for one in ast.walk(node)) or _keeps(node.body, node.test)
        case ast.For() | ast.AsyncFor():
            return _keeps(node.body, None, {name for name, _ in _stored(node.target)})
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return _function_keeps(node)
        case _:
            return isinstance(node, _Comprehension) and _comprehension_keeps(node)


def _names_of_rows(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and _called(node.value) in _ROWS:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for one in targets if isinstance(one, ast.Name))


def _called(node: ast.AST | None) -> str:
    """The last word of what is called; empty for no call."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_start(bound: ast.expr | None) -> bool:
    return bound is None or (isinstance(bound, ast.Constant) and bound.value in (0, None))


def _is_head(bound: ast.expr | None) -> bool:
    return bound is None or (isinstance(bound, ast.Constant) and isinstance(bound.value, int) and bound.value > 0)


# -- what lives on from one round to the next ----------------------------------------------------------------------


def _keeps(body: Sequence[ast.stmt], test: ast.expr | None, given: set[str] | None = None) -> bool:
    """Whether a round of the loop reads what an earlier one left."""
    inside = [*([test] if test is not None else []), *body]
    changed = {name for part in inside for name in _changed(part)}
    if changed & {name for part in inside for name in _read(part)}:
        return True
    stored = {name for part in inside for name, _ in _stored(part)}
    late: set[str] = set()
    _scan(body, set(given or ()), late)
    return bool(stored & late) or (test is not None and bool(stored & set(_read(test))))


def _function_keeps(node: _Function) -> bool:
    """Whether a call of the function reads what an earlier one left in a thing that isn't its own."""
    body: Sequence[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else node.body
    own = {one.arg for one in _own_arguments(node.args)}
    own |= {name for part in body for name, plain in _stored(part) if plain}
    changed = {name for part in body for name in _changed(part)} - own
    changed |= {name for part in body for name, plain in _stored(part) if not plain}
    return bool(changed & {name for part in body for name in _read(part)})


def _own_arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Those without a default: a default is one thing for all calls."""
    given = [*arguments.posonlyargs, *arguments.args]
    yield from given[: len(given) - len(arguments.defaults)]
    yield from (
        one for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    )


def _comprehension_keeps(node: _Comprehension) -> bool:
    return bool(set(_changed(node)) & set(_read(node)))


def _scan(body: Sequence[ast.stmt], certain: set[str], late: set[str]) -> None:
    """Adds to ``late`` the names that are read where it isn't certain that this round stored them."""
    for one in body:
        if not isinstance(one, _Block):
            parts = [one.value, one] if isinstance(one, ast.Assign) else [one]
            late |= {name for part in parts[:1] for name in _read(part)} - certain
            certain |= {name for name, _ in _stored(one)}
            continue
        blocks, heads = _parts(one)
        late |= {name for head in heads for name in _read(head)} - certain
        certain |= {name for head in heads for name, _ in _stored(head)}
        ends = []
        for block in blocks:
            known = set(certain)
            _scan(block, known, late)
            ends.append(known)
        if isinstance(one, ast.If) and one.orelse:
            certain |= ends[0] & ends[1]
        elif isinstance(one, ast.With | ast.AsyncWith):
            certain |= ends[0]


def _parts(node: _Block) -> tuple[list[list[ast.stmt]], list[ast.AST]]:
    """(its blocks, what is evaluated before them)."""
    blocks: list[list[ast.stmt]] = []
    heads: list[ast.AST] = []
    for _, value in ast.iter_fields(node):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.ExceptHandler | ast.match_case):
                blocks.append(one.body)
            elif isinstance(one, ast.AST) and not isinstance(one, ast.stmt):
                heads.append(one)
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            blocks.append(value)
    return blocks, heads


def _stored(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a plain one) of what is bound; with a dot for an attribute of a name."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            yield one.id, True
        elif isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store):
            yield _dotted(one), False


def _changed(node: ast.AST) -> Iterator[str]:
    """The names of things that get another content."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _CHANGES:
            yield _dotted(one.func.value)
        elif isinstance(one, ast.Subscript) and not isinstance(one.ctx, ast.Load):
            yield _dotted(one.value)


def _read(node: ast.AST) -> Iterator[str]:
    """The names that are read, but for those that are only changed (``found.append(...)``, ``count += 1``)."""
    changed = {
        id(_base(one.func.value))
        for one in ast.walk(node)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _CHANGES
    }
    changed |= {
        id(_base(one.value))
        for one in ast.walk(node)
        if isinstance(one, ast.Subscript) and not isinstance(one.ctx, ast.Load)
    }
    for one in ast.walk(node):
        if id(one) not in changed and isinstance(one, ast.Name | ast.Attribute) and isinstance(one.ctx, ast.Load):
            yield _dotted(one)


def _base(node: ast.AST) -> ast.AST:
    """The name, or the attribute of a name, that the expression begins with."""
    while isinstance(node, ast.Subscript | ast.Call) or (
        isinstance(node, ast.Attribute) and not isinstance(node.value, ast.Name)
    ):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node


def _dotted(node: ast.AST) -> str:
    found = _base(node)
    if isinstance(found, ast.Attribute):
        return f"{getattr(found.value, 'id', '')}.{found.attr}"
    return getattr(found, "id", "")
