"""changed-after-release: a revision that databases may have applied already was changed.

Effect: databases that have it stay as they are, new ones get something else, and nobody notices; one that applied half
of it can't go on.  Where its file is gone, a database that has it is at a revision that nobody knows.
Remedy: undo the change, and write a new revision for it.  Comments, docstrings and suppressions may change.

Bad:   an edit of upgrade() in a file of the last release
Good:  alembic revision -m "..." --head expand@head

Source: reasoning: a revision runs once in each database; seen with --since, which names the last release.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.places import shown_path
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.check.same_code import revision_in, same_code
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.git_changes import Since
from migrator.scripts.rewriting import source_of


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    if history.since is None:
        return
    if revision.id == history.graph.order[0]:
        yield from _gone(history, history.since)
    before = history.since.texts.get(revision.path.resolve())
    if before is None or revision_in(before) != revision.id:
        moved = [text for text in history.since.texts.values() if revision_in(text) == revision.id]
        before = moved[0] if moved else before
    if before is None or same_code(before, source_of(str(revision.path))):
        return
    yield Problem(
        message=(
            f"revision {revision.id} was there at {history.since.reference} and does something else now: databases"
            " that have applied it will never get the change"
        ),
        remedy=(
            f"undo it (git diff {history.since.reference} -- {revision.path.name}) and write a new revision:"
            f' alembic revision -m "..." --head {_branch(revision)}@head'
        ),
    )


def _gone(history: History, since: Since) -> Iterator[Problem]:
    for path, text in since.texts.items():
        id = revision_in(text)
        if id and "down_revision" in text and id not in history.graph.revisions:
            yield Problem(
                message=f"revision {id} ({path.name}) was there at {since.reference} and is gone: a database that has"
                " applied it is at a revision that these scripts don't know",
                remedy=f"bring it back: git checkout {since.reference} -- {shown_path(path)}",
                severity=Severity.WARNING,
            )


def _branch(revision: Revision) -> str:
    return Phase.EXPAND.value if revision.phase is Phase.TRUNK else revision.phase.value


RULE = Rule(
    id="changed-after-release",
    family=Family.DATA,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: a revision runs once in each database; seen with --since, which names the last release",
    asks_all=True,
    phases={Phase.TRUNK: Severity.ERROR, Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
