"""One data migration within one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import NoSuchTableError

from migrator.data.attempt import Care
from migrator.data.kinds import DataMigration, KeyedMigration
from migrator.data.marks import marked
from migrator.data.passes import Answer, Verdict
from migrator.data.rates import Rates
from migrator.data.sizer import Sizer, first_sizer
from migrator.data.table_rows import TableRows
from migrator.db.database import Database
from migrator.dialects.keys import Bound, KeyRules
from migrator.errors import ConfigurationError, DatabaseError, MigratorError
from migrator.model.data import DataProgress, DataState
from migrator.state.data_progress import DataRow

RESTING = "resting between batches"
Written = tuple[str | None, int]


def class_and_code(error: MigratorError | None) -> tuple[str, str]:
    """What is kept of an error: nothing of a row."""
    if error is None:
        return "", ""
    return str(error.fields.get("error_class") or type(error).__name__), str(error.fields.get("code") or "")


@dataclass(kw_only=True)
class Lane:
    """What this run has seen and done of a data migration.

    ``over``: this run does nothing more here. ``max_errors``: how many rows may fail by themselves in this run.
    ``first`` and ``last`` are the predicate's first and last count, ``since`` the rows done after the last.
    ``exhausted`` and ``memory`` belong to the write of our row that they name: what any other runner wrote since makes
    them void. ``memory`` holds the watermark that may not be stored. ``sizer`` says how large the next batch is;
    ``held_by`` what the lane waits for now, ``throttled`` for how long it did, ``unstored`` the part that our table
    doesn't have yet; ``closed`` is the state that this means at the run's end, if any; ``paused_since_start`` that this
    run found it paused and never saw it otherwise. ``quarantined`` are the parked rows that hold contract up,
    ``waived`` those that don't, ``workers`` how many share its rows in this run, ``width`` about how many bytes a row
    takes. ``total`` is what all runs together had done when the row was last read, ``beside`` what others did since the
    predicate's last count. ``reckoned``: the run was ended early, and rows remain. ``careful``: a batch had rows that
    failed or stayed to do, so the next ones have a savepoint. ``dense``: the keys of the latest batch had hardly a gap.
    """

    migration: DataMigration
    max_errors: int = 0
    rows: TableRows | None = None
    state: DataState = DataState.PENDING
    over: bool = False
    found: int = 0
    done: int = 0
    failed: int = 0
    trying: int = 0
    busy: timedelta = field(default_factory=timedelta)
    first: int | None = None
    last: int | None = None
    reckoned: bool = False
    since: int = 0
    total: int | None = None
    beside: int = 0
    exhausted: Written | None = None
    memory: tuple[Written, Bound] | None = None
    sizer: Sizer = field(init=False)
    learned: bool = False
    rates: Rates = field(default_factory=Rates)
    done_ever: int = 0
    held_by: str = ""
    closed: DataState | None = None
    throttled: timedelta = field(default_factory=timedelta)
    unstored: timedelta = field(default_factory=timedelta)
    quarantined: int = 0
    waived: int = 0
    workers: int = 1
    careful: bool = False
    dense: bool = False
    width: float | None = None
    paused_since_start: bool | None = None
    commits_itself: bool = False
    error_class: str = ""
    error_code: str = ""
    bad_row: MigratorError | None = None
    waiting_for: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        self.sizer = first_sizer(most=self.most_rows, target=self.migration.target_time)

    @property
    def name(self) -> str:
        return self.migration.name

    @property
    def most_rows(self) -> int:
        """The rows of the largest batch."""
        return self.migration.most_rows(self.width)

    @property
    def moved(self) -> bool:
        """Whether this run got anywhere.  A function's word is checked where it can be."""
        if not self.migration.keyed and self.first is not None and self.last is not None:
            return self.done > 0 and self.last < self.first
        return self.done > 0

    @property
    def overstates(self) -> bool:
        """Whether a function says that it did rows while its predicate goes on finding as many."""
        return self.done > 0 and not self.moved

    @property
    def stale(self) -> bool:
        """Whether rows were done since the predicate's last count, and nothing tells of those that remain."""
        return bool(self.since) and self.migration.has_predicate and not self.reckoned and not self.state.settled

    @property
    def errors_left(self) -> int:
        """How many more rows may fail by themselves; with 0 the first one's error is that of the batch."""
        return 0 if self.migration.on_error == "stop" else max(0, self.max_errors - self.failed)

    def seen(self, count: int) -> None:
        """Note an answer of the predicate, parked rows left out."""
        self.first = count if self.first is None else self.first
        self.last, self.since, self.beside = count, 0, 0
        if count == 0 and not self.quarantined:
            self.bad_row, self.error_class, self.error_code = None, "", ""

    @property
    def care(self) -> Care:
        """What becomes of the next batch if rows of it fail or stay to do."""
        return Care.TAKE_BACK if self.careful else Care.ASK

    @property
    def why_stuck(self) -> str:
        """Why a pass over all rows did none of them."""
        if self.bad_row is not None and not self.quarantined:
            return f"no row of those that remain could be done: {self.bad_row.message}"
        beside = f" (beside those: {self.in_quarantine})" if self.quarantined else ""
        return f"a pass over all rows that remain did none of them: the predicate stays true{beside}"

    @property
    def in_quarantine(self) -> str:
        """How many rows are parked, and why the first one that failed in this run did."""
        noun = "row" if self.quarantined == 1 else "rows"
        why = f": {self.bad_row.message}" if self.bad_row is not None else ""
        return f"{self.quarantined} {noun} in quarantine{why}"

    def did(
        self, *, found: int, done: int, failed: int, took: timedelta, at: timedelta, error: MigratorError | None
    ) -> None:
        """Note a batch that is committed at this moment of the clock; ``error`` is that of the first of its rows that
        failed by themselves."""
        self.rates.add(done, at=at, took=took)
        self.found += found
        self.done += done
        self.failed += failed
        self.busy += took
        self.bad_row = error or self.bad_row
        if self.bad_row is not None or not self.quarantined:
            self.error_class, self.error_code = class_and_code(self.bad_row)
        self.since += done
        self.total = None if self.total is None else self.total + done

    def find_rows(self, connection: Connection, rules: KeyRules) -> None:
        """Ask the catalogue for the key; ends the lane where there is no such table.

        Raises: as :meth:`DataMigration.rows`.
        """
        try:
            self.rows = self.migration.rows(connection, rules)
            if isinstance(self.migration, KeyedMigration):
                self.width = self.migration.row_width(connection)
                self.sizer = self.sizer.bounded(self.most_rows)
        except DatabaseError as error:
            if error.fields.get("error_class") != NoSuchTableError.__name__:
                raise
            self.fail(error, 0)

    def wait(self, duration: timedelta) -> None:
        """Note a wait for others' sake."""
        self.throttled += duration
        self.unstored += duration

    def end(self, state: DataState, note: str = "") -> None:
        """Do nothing more here in this run."""
        self.over, self.state, self.note = True, state, note

    def conclude(self, given: Answer, *, parked: int, waived: int, said: str) -> None:
        """Take over what the predicate's count means; ``said`` is what a proof that all is done came to."""
        verdict = given.verdict
        if verdict in (Verdict.SETTLED, Verdict.QUARANTINED):
            self.quarantined, self.waived = parked, waived
        match verdict:
            case Verdict.SETTLED:
                self.end(given.row.state, said)
            case Verdict.QUARANTINED:
                self.end(DataState.BLOCKED, f"all is done but {self.in_quarantine}")
            case Verdict.BLOCKED:
                self.end(DataState.BLOCKED, self.why_stuck)
            case Verdict.STALLED:
                self.end(DataState.RUNNING, "rows come as fast as they go: something still writes the old shape")
            case Verdict.GO_ON:
                self.state = given.row.state

    def judge_call(self, found: int, done: int, row: DataRow | None) -> None:
        """End after a call of a plain function that got nowhere, or that found nothing and can't be asked again."""
        if found and not done:
            self.end(DataState.BLOCKED, f"it found {found} rows and did none of them")
        elif not found and not self.migration.has_predicate and row is not None:
            self.end(row.state)

    def fail(self, error: MigratorError, tried: int) -> None:
        """Note what was raised, by class and code, and end."""
        self.found += tried
        self.failed += tried
        self.error_class, self.error_code = class_and_code(error)
        self.end(DataState.FAILED, error.message)

    def remember(self, row: DataRow) -> None:
        """Take over what our table says."""
        self.commits_itself = row.commits_itself or self.migration.outside
        self.done_ever = row.done
        self._see_others(row.done)
        self.quarantined, self.waived = row.held_up, row.waived or 0
        if self.quarantined and self.bad_row is None:
            self.error_class, self.error_code = row.error_class or "", row.error_code or ""
        if row.batch_size and not self.learned:
            migration = self.migration
            self.sizer = first_sizer(most=self.most_rows, target=migration.target_time, learned=row.batch_size)
        self.learned = True
        if not self.over:
            self.state = row.state

    def _see_others(self, total: int) -> None:
        """Count what other processes did since the row was last read: the rest takes that much less time."""
        others = 0 if self.total is None else max(0, total - self.total)
        self.total = total
        self.beside += others
        self.rates.beside(others)

    def wants_parts(self, row: DataRow) -> bool:
        """Whether the pass is to be cut for several workers, and isn't yet."""
        return self.rows is not None and self.workers > 1 and not row.parted

    def paced(self, row: DataRow, sizer: Sizer) -> DataRow:
        """The row of a pass of one worker with what was learned of the batch size, and with the time waited since the
        latest batch; and marked, where that is due."""
        throttled = (row.throttled_ms or 0) + self.unstored // timedelta(milliseconds=1)
        marks = marked(row, first=self.rates.last is None)
        return replace(row, batch_size=sizer.size, throttled_ms=throttled, marks=marks)

    def told(self, row: DataRow) -> DataRow:
        """The row of a pass of several workers, whose batches don't write it, with what this run learned and waited."""
        if not row.parted:
            return row
        waited = (row.throttled_ms or 0) + self.unstored // timedelta(milliseconds=1)
        return replace(row, batch_size=self.sizer.size, throttled_ms=waited)

    def progress(self) -> DataProgress:
        """This run's counters, and how many rows remain as far as is known."""
        remaining = None if self.last is None else max(0, self.last - self.since - self.beside)
        seconds = self.busy / timedelta(seconds=1)
        return DataProgress(
            name=self.name,
            kind=self.migration.kind,
            change=self.migration.change,
            state=self.state,
            found=self.found,
            done=self.done,
            failed=self.failed,
            remaining=None if remaining is None else remaining + self.quarantined,
            reckoned=self.reckoned,
            quarantined=self.quarantined,
            waived=self.waived,
            rate=self.done / seconds if seconds and self.done else None,
            eta=None if remaining is None or self.held_by not in ("", RESTING) else self.rates.eta(remaining),
            done_ever=max(self.done, self.done_ever),
            batch_size=self.sizer.size,
            throttled=self.throttled,
            held_by=self.held_by,
            commits_itself=self.commits_itself,
            error_class=self.error_class,
            error_code=self.error_code,
            waiting_for=self.waiting_for,
            note=self.note,
        )


def lanes_of(
    migrations: Sequence[DataMigration], database: Database, *, max_errors: int, workers: int | None
) -> list[Lane]:
    """A lane for each of the data migrations of a run.

    Raises:
        ConfigurationError: several workers where one connection at a time may write.
    """
    share = workers_of(database, workers)
    return [Lane(migration=one, max_errors=max_errors, workers=share(one)) for one in migrations]


def workers_of(database: Database, workers: int | None) -> Callable[[DataMigration], int]:
    """How many workers share the rows of a data migration: so many, None for what it declares.

    Raises:
        ConfigurationError: as :func:`lanes_of`.
    """
    one_writer = database.pack.session.one_writer
    if one_writer and workers is not None and workers > 1:
        raise ConfigurationError(
            f"--workers {workers}: on this database one connection at a time writes, so several workers would only wait"
            " for each other",
            remedy="leave --workers out",
        )
    return lambda migration: 1 if one_writer or not migration.keyed else workers or migration.workers
