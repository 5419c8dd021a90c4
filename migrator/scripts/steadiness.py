"""Whether a text of Python could come to something else when it is run again in the same place: by the clock, by
chance, by the machine or by the environment."""

from __future__ import annotations

import ast
import re

_TIME = frozenset("now utcnow today fromtimestamp".split())
_CHANCE = frozenset("uuid1 uuid4 urandom token_hex token_bytes token_urlsafe getrandbits".split())
_MACHINE = frozenset(
    "getpid getppid getlogin getuser gethostname uname cpu_count getuid geteuid access st_mtime st_ctime st_size"
    " getmtime getctime getsize getloadavg getaddrinfo popen".split()
)
_DYNAMIC = frozenset("__import__ import_module eval exec spec_from_file_location run_path run_module".split())
_ENVIRONMENT = frozenset("environ environb getenv getenvb expandvars expanduser".split())
_MODULES = frozenset("time random secrets socket platform getpass tempfile subprocess ctypes threading".split())
_ALWAYS = _TIME | _CHANCE | _MACHINE | _DYNAMIC | _MODULES
_SUSPECT = re.compile(rf"\b(?:{'|'.join(sorted(_ALWAYS | _ENVIRONMENT))})\b")


def is_steady(source: str, *, environment: bool) -> bool:
    """Whether nothing in the text asks the clock, the machine or chance; SQL that does is a text like any other.

    Args:
        environment: whether it may read variables of the environment, since those are watched.
    """
    if not _SUSPECT.search(source):
        return True
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return False
    refused = _ALWAYS if environment else _ALWAYS | _ENVIRONMENT
    return not any(_asks(node, refused) for node in ast.walk(tree))


def imported_roots(source: str) -> set[str]:
    """The top-level packages that the text imports anywhere in it; a word in a comment may come with them."""
    names = re.findall(r"\b(?:from|import)\s+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*)", source)
    return {one.strip().partition(".")[0] for found in names for one in found.split(",")}


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
