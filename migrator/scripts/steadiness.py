"""Whether a text of Python could come to something else when it is run again in the same place: by the clock, by
chance, by the machine or by the environment."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

_TIME = frozenset("now utcnow today fromtimestamp".split())
_CHANCE = frozenset("uuid1 uuid4 urandom token_hex token_bytes token_urlsafe getrandbits".split())
_MACHINE = frozenset(
    "getpid getppid getlogin getuser gethostname uname cpu_count getuid geteuid access st_mtime st_ctime st_size"
    " getmtime getctime getsize getloadavg getaddrinfo popen".split()
)
_DYNAMIC = frozenset("__import__ import_module eval exec spec_from_file_location run_path run_module".split())
_ENVIRONMENT = frozenset("environ environb getenv getenvb expandvars expanduser".split())
_MODULES = frozenset("time random secrets socket platform getpass tempfile subprocess ctypes threading".split())
_ASKED = _TIME | _CHANCE | _MACHINE
_ALWAYS = _TIME | _CHANCE | _MACHINE | _DYNAMIC | _MODULES
_SUSPECT = re.compile(rf"\b(?:{'|'.join(sorted(_ALWAYS | _ENVIRONMENT))})\b")


def is_steady(source: str, *, environment: bool) -> bool:
    """Whether nothing in the text asks the clock, the machine or chance; SQL that does is a text like any other.

    Args:
        environment: whether it may read variables of the environment, since those are watched.
    """
    if not _SUSPECT.search(source):
        return True
    tree = parsed(source)
    if tree is None:
        return False
    refused = _ALWAYS if environment else _ALWAYS | _ENVIRONMENT
    return not any(_asks(node, refused) for node in ast.walk(tree))


def is_steady_at_import(source: str) -> bool:
    """Whether the top level of the text, its classes included, calls nothing that asks the clock, the machine or
    chance; what its functions do is of no interest, nor is what is only handed on (``default=datetime.utcnow``)."""
    if not _SUSPECT.search(source):
        return True
    tree = parsed(source)
    if tree is None:
        return False
    asking: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {one.asname or one.name for one in node.names if one.name.partition(".")[0] in _MODULES}
        elif isinstance(node, ast.ImportFrom):
            every = str(node.module).partition(".")[0] in _MODULES
            asking |= {one.asname or one.name for one in node.names if every or one.name in _ASKED}
    return not any(_calls(node, asking, modules) for node in _at_top(tree))


def _at_top(tree: ast.Module) -> Iterator[ast.AST]:
    """All that runs when the module is imported, but for what its own functions do then."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += [*node.decorator_list, node.args]
        elif not isinstance(node, ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _calls(node: ast.AST, asking: set[str], modules: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):
        of_module = isinstance(called.value, ast.Name) and called.value.id in modules
        return of_module or (called.attr in _ASKED and not _is_sql(called.value))
    return isinstance(called, ast.Name) and called.id in asking


def imported_roots(source: str) -> set[str]:
    """The top-level packages that the text imports anywhere in it, a dot for a relative import; a word in a comment may
    come with them, and a text that is no Python counts as a relative one."""
    if not _CONTINUED.search(source):
        return {name for found in _IMPORT.finditer(source) for name in _named(*found.groups())}
    tree = parsed(source)
    return {"."} if tree is None else {name for node in ast.walk(tree) for name in _imported(node)}


def parsed(source: str) -> ast.Module | None:
    """The tree of a text, without Python's warnings of it, which whoever runs the file gets; None where it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


_CONTINUED = re.compile(r"\\\r?\n")
_IMPORT = re.compile(r"\bfrom\s*(\.*[\w.]*\w(?=\s)|\.+)\s*import\b|\bimport\s+([^\n;#]*)")


def _named(module: str | None, listed: str | None) -> Iterator[str]:
    names = [module] if module is not None else [one.strip() for one in str(listed).split(",")]
    yield from (re.split(r"[.\s]", name)[0] or "." for name in names)


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield "." if node.level else str(node.module).partition(".")[0]
    elif isinstance(node, ast.Import):
        yield from (one.name.partition(".")[0] for one in node.names)


def _asks(node: ast.AST, refused: frozenset[str]) -> bool:
    if isinstance(node, ast.Import):
        return any(one.name.partition(".")[0] in _MODULES for one in node.names)
    if isinstance(node, ast.ImportFrom):
        names = {one.name for one in node.names}
        return str(node.module).partition(".")[0] in _MODULES or bool(names & (refused - _MODULES))
    if isinstance(node, ast.Name):
        return node.id in _DYNAMIC or node.id in _ENVIRONMENT & refused
    return isinstance(node, ast.Attribute) and node.attr in refused - _MODULES and not _is_sql(node.value)


def _is_sql(node: ast.expr) -> bool:
    """Whether it is SQLAlchemy's ``func``, whose ``now()`` the server answers."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("func", "functions")
