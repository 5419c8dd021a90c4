"""revision-id-too-long: a revision's id has more than 32 characters.

Effect: Alembic's version table keeps it in a VARCHAR(32), so the revision fails when all of its work is done; on MySQL
and MariaDB that work stays.
Remedy: a shorter id.

Bad:   revision = "2026_11_add_the_full_name_of_every_user"
Good:  revision = "b71e_user_full_name"

Source: Alembic, MigrationContext: version_num is a VARCHAR(32).
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import BLOCKS_EVERYWHERE, SERVERS, Family, Problem, Rule, found_elsewhere
from migrator.model.revision import Revision

LONGEST = 32


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    if len(revision.id) > LONGEST:
        yield Problem(
            message=(
                f"revision id {revision.id!r} has {len(revision.id)} characters, and the version table takes {LONGEST}:"
                " writing it down fails when the work is done"
            ),
            remedy=f'revision = "{revision.id[:LONGEST].rstrip("_-")}", and the same in the down_revision of the next',
        )


RULE = Rule(
    id="revision-id-too-long",
    find=found_elsewhere,
    in_history=_find,
    source="Alembic, MigrationContext: version_num is a VARCHAR(32)",
    family=Family.DATA,
    dialects=SERVERS,
    phases=BLOCKS_EVERYWHERE,
)
