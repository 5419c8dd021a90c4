"""What the ways through one revision come to."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from opcode import opmap
from types import TracebackType
from typing import Any

from sqlalchemy import exc

from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.way import WATCHING, Unfollowed, Way
from migrator.model.revision import Revision
from migrator.model.suppression import Suppression
from migrator.scripts.python_text import python_tree
from migrator.scripts.recording import RecordedWay, Recording, RecordingError
from migrator.scripts.steadiness import imported_roots
from migrator.scripts.trying import FailedStatementError
from migrator.scripts.ways import MOST_WAYS, Followed

_NO_ROW = (exc.NoResultFound, exc.MultipleResultsFound, exc.NoSuchTableError)
_OPENINGS = re.compile(
    r"\b(?:bind|get_bind|connection|connect|inspect|suppress|impl|get_context|get_x_argument|[sS]ession|except|dialect|migration_context)\b"
    r"|\b(?:import|from)\s+(?:os|datetime|time|random|secrets|socket|platform|sys)\b"
)
_MOST_FILES = 1024  # each is asked once for each dialect
_HARMLESS_IMPORTS = frozenset({"alembic", "sqlalchemy", "migrator", "__future__", *sys.stdlib_module_names})


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a revision; ``asked``: something in it asked what nobody follows; ``after``: the schema then."""

    way: RecordedWay
    after: SchemaModel
    unfollowed: tuple[Unfollowed, ...]
    asked: bool
    suppressions: tuple[Suppression, ...]


@lru_cache(maxsize=_MOST_FILES)
def may_ask(source: str) -> bool:
    """Whether anything in a revision could get an answer: from a connection, a clock, the environment, a project's
    own function.  Without its text: yes."""
    if not source or _OPENINGS.search(source):
        return True
    if imported_roots(source) <= _HARMLESS_IMPORTS:
        return False
    # A word of a comment or of a text may have been among them.
    tree = python_tree(source)
    return tree is None or any(_imports_others(node) for node in ast.walk(tree))


def _imports_others(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return bool(node.level) or str(node.module).partition(".")[0] not in _HARMLESS_IMPORTS
    return isinstance(node, ast.Import) and any(
        one.name.partition(".")[0] not in _HARMLESS_IMPORTS for one in node.names
    )


def main_way(runs: Sequence[Run]) -> int:
    """The way that most likely is the one of a database in use: complete, and with most statements."""
    return max(range(len(runs)), key=lambda number: (runs[number].way.error is None, len(runs[number].way.items)))


def followed_recording(revision: Revision, followed: Followed[Run], main: int) -> Recording:
    """One recording of all ways, the main one first."""
    runs = followed.results
    first = runs[main]
    ways = [one.way for one in runs]
    if all(way.stopped for way in ways):
        ways = [replace(way, stopped=False) for way in ways]  # a revision that never goes through is broken
    ways.insert(0, ways.pop(main))
    unfollowed = dict.fromkeys(one for run in runs for one in run.unfollowed)
    if followed.left is not None:
        why = f"is one choice too many: {MOST_WAYS} ways through this revision were followed, and there are more"
        unfollowed[Unfollowed(line=followed.left.line, why=why)] = None
    return Recording(
        revision=revision,
        items=first.way.items,
        conditional=any(run.asked for run in runs),
        error=ways[0].error,
        suppressions=tuple(dict.fromkeys(one for run in runs for one in run.suppressions)),
        ways=tuple(ways) if len(ways) > 1 else (),
        unfollowed=tuple(unfollowed),
    )


def stops_by_itself(raised: BaseException, way: Way) -> bool:
    """Whether the error is the revision's own answer to what it found, or what every server's answer would lead to.

    Any other error may come of the recorder's values, which are not the database's.
    """
    if not way.taken:
        return False
    inner = raised.orig if isinstance(raised, exc.StatementError) else None
    if isinstance(raised, SystemExit | FailedStatementError) or _is_of_no_row(raised) or _is_of_no_row(inner):
        return True
    last = _innermost(raised.__traceback__)
    if last is None or _module(last).partition(".")[0] in ("sqlalchemy", "alembic", "migrator"):
        return False
    if isinstance(raised, TypeError | AttributeError):
        return "NoneType" in str(raised) or _is_of_another_type(raised, way)
    if isinstance(raised, KeyError):
        return raised.args == (None,)
    return isinstance(raised, IndexError) or _raises(last)


def ungiven(module: Any, arguments: Mapping[str, Any]) -> RecordingError | None:
    """What is wrong where ``upgrade()`` wants an argument that env.py, as far as it could be run, doesn't give."""
    upgrade = getattr(module, "upgrade", None)
    if not inspect.isfunction(upgrade):
        return None
    try:
        inspect.signature(upgrade).bind(**arguments)
    except TypeError:
        happened = "wants other arguments of env.py than it gives, or env.py could not be run"
        code = upgrade.__code__
        return RecordingError(
            error_class="TypeError", file=code.co_filename, line=code.co_firstlineno, happened=happened
        )
    return None


def _is_of_no_row(error: BaseException | None) -> bool:
    """Whether a query found no row, too many, or no table; only who uses the ORM pays for its import."""
    orm = sys.modules.get("sqlalchemy.orm.exc")
    return isinstance(error, _NO_ROW if orm is None else (*_NO_ROW, orm.ObjectDeletedError))


def _is_of_another_type(raised: TypeError | AttributeError, way: Way) -> bool:
    """Whether a value was taken for a list where the code goes on with what only a dict has, or the like."""
    asked = any(choice.is_of_type for choice in way.taken)
    return asked and isinstance(getattr(raised, "obj", None), list | dict | set | tuple | str)


def _innermost(traceback: TracebackType | None) -> TracebackType | None:
    """Where it was raised; what only stands between the revision and its calls doesn't count."""
    found = None
    while traceback is not None:
        if _module(traceback) != WATCHING:
            found = traceback
        traceback = traceback.tb_next
    return found


def _module(traceback: TracebackType) -> str:
    return str(traceback.tb_frame.f_globals.get("__name__"))


def _raises(traceback: TracebackType) -> bool:
    """Whether the line raises in so many words (raise, assert)."""
    return traceback.tb_frame.f_code.co_code[traceback.tb_lasti] == opmap["RAISE_VARARGS"]
