"""irreversible-migration: an expand can't be taken back: its downgrade() is missing, empty, or does nothing but raise.

Effect: `migrator abort` takes the revision off the record and leaves what it did in the database.
Remedy: a downgrade() that undoes upgrade().

Bad:   def downgrade(): pass
Good:  def downgrade(): op.drop_column("users", "full_name")

Source: reasoning: `migrator abort` runs the downgrade() of an expand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.python_text import python_tree
from migrator.scripts.rewriting import source_of


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    if revision.anchor or len(revision.down_revision) > 1 or revision.id in history.empty:
        return
    if not any(one.anchor for one in history.graph.revisions.values()):
        return  # without branches there is no abort
    if any(recorded[revision.id].error is not None for recorded in history.recorded.values()):
        return  # what it does isn't known, and that is a finding already
    missing = _missing(source_of(str(revision.path)))
    if missing:
        yield Problem(
            message=f"the downgrade() of expand {revision.id} {missing}: `migrator abort` can't take its work back",
            remedy="write in downgrade() what undoes upgrade()",
        )


def _missing(source: str) -> str:
    """What is wrong with ``downgrade``, as a verb; empty for nothing, and where the file doesn't tell."""
    tree = python_tree(source) if source else None
    body = tree.body if tree is not None else []
    if tree is None or any(isinstance(one, ast.ImportFrom | ast.Assign) and _binds(one) for one in body):
        return ""
    functions = [one for one in body if isinstance(one, ast.FunctionDef) and one.name == "downgrade"]
    if not functions:
        return "is missing"
    kinds = {type(one) for one in functions[-1].body if not _says_nothing(one)}
    return "" if kinds - {ast.Raise} else "only raises" if kinds else "does nothing"


def _binds(statement: ast.ImportFrom | ast.Assign) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return any((one.asname or one.name) in ("downgrade", "*") for one in statement.names)
    return any(isinstance(one, ast.Name) and one.id == "downgrade" for one in statement.targets)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case _:
            return False


RULE = Rule(
    id="irreversible-migration",
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: `migrator abort` runs the downgrade() of an expand",
    family=Family.DATA,
    phases={Phase.EXPAND: Severity.WARNING},
)
