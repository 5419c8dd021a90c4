"""What one revision did while it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.way import Choice, Unfollowed
from migrator.model.operation import Operation
from migrator.model.revision import Revision
from migrator.model.suppression import Suppression
from migrator.scripts.reading import ReadStatement


@dataclass(frozen=True, kw_only=True)
class RecordingError:
    """The revision's own code raised: class and place, never the text, which may hold values.

    ``happened``: what else went wrong with it, as a verb ("did not end within 10 s"); empty for having raised.
    ``unrun``: its code hung in an earlier process, or ended it, or there was no time left to run it.
    ``unplaced``: it can't be imported, and which branch it begins or what it depends on, its text doesn't say.
    """

    error_class: str
    file: str
    line: int
    happened: str = ""
    unrun: bool = False
    unplaced: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordedItem:
    """One call of the revision's: what it asks for, and the SQL that it sends.

    ``file`` and ``line`` are the revision's own line; ``suppressions`` are the ``migrator.allow`` blocks around it;
    ``autocommit``: it stood in an ``autocommit_block``; ``sent`` are the statements again, each with what it does.
    ``asked``: the revision has looked into the database before it, so that another database may see something else.
    ``in_transaction``: a file of SQL has begun one by itself before it.
    ``before``: the schema as it is when the item comes, as far as it is known; None where nobody kept it.
    """

    operations: tuple[Operation, ...] = ()
    statements: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    suppressions: tuple[Suppression, ...] = ()
    autocommit: bool = False
    sent: tuple[ReadStatement, ...] = ()
    asked: bool = False
    in_transaction: bool = False
    before: SchemaModel | None = None

    @property
    def allow(self) -> Mapping[str, str]:
        """Rule id → reason."""
        return {one.rule: one.reason for one in self.suppressions}


@dataclass(frozen=True, kw_only=True)
class RecordedWay:
    """One way through a revision: ``choices`` says what the unknowns on it were taken to be.

    ``stopped``: its error is the revision's own refusal to go on, or what a server would answer too.
    """

    items: tuple[RecordedItem, ...] = ()
    choices: tuple[Choice, ...] = ()
    error: RecordingError | None = None
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Recording:
    """All of one revision in order; ``conditional``: it asked the database, so another run may take another way.

    ``ways`` are all that were followed, where what it does hangs on unknowns, that of ``items`` first; empty where
    there is but one.  ``unfollowed`` is what hangs on an unknown and could not be followed.
    ``text``: it is a file of SQL and no revision, and another tool sends it as it is.
    """

    revision: Revision
    items: tuple[RecordedItem, ...] = ()
    conditional: bool = False
    error: RecordingError | None = None
    suppressions: tuple[Suppression, ...] = ()
    text: bool = False
    ways: tuple[RecordedWay, ...] = ()
    unfollowed: tuple[Unfollowed, ...] = ()

    @property
    def all_ways(self) -> tuple[RecordedWay, ...]:
        """Every way; one at least."""
        return self.ways or (RecordedWay(items=self.items, error=self.error),)

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL in order as it would be sent, with literal values where SQLAlchemy can write them."""
        return tuple(statement for item in self.items for statement in item.statements)
