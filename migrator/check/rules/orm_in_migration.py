"""orm-in-migration: a revision works through a session or classes of the ORM.

Effect: rows are loaded and written one by one in the transaction of the schema change, whose locks wait for them; hooks
and defaults of the application run on a schema that isn't theirs.
Remedy: a data migration for rows; SQLAlchemy Core for the rest.

Bad:   session = Session(bind=op.get_bind())
Good:  migrator.UpdateMigration(name="user_full_name", table=users, set={...}, where=...)    # in migrations/data

Source: reasoning: rows are moved in batches by data migrations, schema revisions hold locks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.imports import Imported, imports, parsed
from migrator.check.rule import WARNS_EVERYWHERE, Family, Problem, Rule, found_elsewhere
from migrator.model.revision import Revision
from migrator.scripts.rewriting import source_of

_SESSIONS = frozenset({"Session", "sessionmaker", "scoped_session", "AsyncSession", "async_sessionmaker"})
_MODULES = ("sqlalchemy.orm", "sqlalchemy.ext.declarative", "sqlalchemy.ext.automap")
_THROUGH_SESSION = frozenset({"add", "add_all", "commit", "delete", "execute", "flush", "merge", "query", "scalars"})


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    source = source_of(str(revision.path))
    found = {one.line: one.full for one in imports(source) if _is_orm(one)}
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Attribute) and (node.attr in _SESSIONS or _is_session_call(node)):
            found.setdefault(node.lineno, "a session")
    for line, name in sorted(found.items()):
        yield Problem(
            message=f"revision {revision.id} uses the ORM ({name}): it holds the locks of the schema change while rows"
            " go through Python",
            remedy="move rows in a data migration (migrations/data); write sa.select and sa.update for the rest",
            line=line,
        )


def _is_orm(one: Imported) -> bool:
    return f"{one.full}.".startswith(tuple(f"{module}." for module in _MODULES)) or one.name in _SESSIONS


def _is_session_call(node: ast.Attribute) -> bool:
    """``db.session.add`` and its like; a column may be called session too."""
    owner = node.value
    return isinstance(owner, ast.Attribute) and owner.attr == "session" and node.attr in _THROUGH_SESSION


RULE = Rule(
    id="orm-in-migration",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: rows are moved in batches by data migrations, schema revisions hold locks",
    phases=WARNS_EVERYWHERE,
)
