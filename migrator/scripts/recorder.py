"""Record what revisions do, without a database: they run against a fake driver under a real Engine.

The revision's own Python decides which operations come; the recorder sees them whichever way they go: through ``op``,
a batch, ``op.execute``, ``op.get_bind()``, a session, ``Table.create``, a raw cursor.  Reflection is answered from the
schema as the history made it so far.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from importlib import import_module
from itertools import count
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from migrator.dialects.answering import Answer
from migrator.dialects.checking import check_rules
from migrator.dialects.fake_dbapi import FakeConnection, FakeCursor
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.way import Way
from migrator.errors import UserCodeError
from migrator.model.revision import Revision
from migrator.scripts.allowing import noting_suppressions
from migrator.scripts.followed import Run, followed_recording, main_way, may_ask, stops_by_itself, ungiven
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.many_rows import second_row_matters
from migrator.scripts.op_lock import OP_LOCK
from migrator.scripts.recording import RecordedWay, Recording, RecordingError
from migrator.scripts.rewriting import source_of
from migrator.scripts.running_env import inside_environment, unknown_arguments
from migrator.scripts.supervision import Supervision
from migrator.scripts.tape import Tape
from migrator.scripts.tolerant import not_imported
from migrator.scripts.unpatching import Unpatching
from migrator.scripts.usercode import user_code
from migrator.scripts.watching import watched
from migrator.scripts.ways import Followed, follow


def record_history(
    graph: RevisionGraph,
    dialect_name: str,
    *,
    target_metadata: sa.MetaData | None = None,
    until: Collection[str] | None = None,
    arguments: Mapping[str, Any] | None = None,
    config: Config | None = None,
    follow_unknowns: bool = False,
    supervision: Supervision | None = None,
    schema: SchemaModel | None = None,
) -> Mapping[str, Recording]:
    """Run every ``upgrade()`` of the history in dependency order against a fake driver.

    Args:
        dialect_name: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
        target_metadata: env.py's; its naming convention names constraints.
        until: only these revisions and what they stand on; None records all.
        arguments: what env.py passes to ``upgrade()``.
        config: Alembic's, for revisions that ask ``context.config``.
        follow_unknowns: whether a revision whose course hangs on rows or on tables that the history didn't make is run
            each way.  Else its queries find no rows, and the recording is ``conditional``.
        supervision: told before each revision; what it refuses has its error in place of a recording.
        schema: an empty one, which becomes what the history makes.

    Returns:
        One recording a revision, in order; a revision that raised has its error there.
    """
    wanted = set(graph.order) if until is None else graph.closure(until)
    recorder = _Recorder(graph, dialect_name, target_metadata, dict(arguments or {}), config, schema)
    plain = recorder.follow if follow_unknowns else recorder.record
    recorder.everything = supervision is not None
    watching = supervision or Supervision()

    def record(revision: Revision) -> Recording:
        module = graph.module(revision.id)
        failure = not_imported(module) or ungiven(module, recorder.arguments) or watching.begin(revision.path)
        if failure is not None:
            return Recording(revision=revision, error=failure)
        try:
            return plain(revision)
        finally:
            watching.end()

    try:
        with _unlogged() if recorder.everything else nullcontext():
            return {one: record(graph.revisions[one]) for one in graph.order if one in wanted}
    finally:
        recorder.engine.dispose()


class _Recorder:
    def __init__(
        self,
        graph: RevisionGraph,
        dialect_name: str,
        target_metadata: sa.MetaData | None,
        arguments: dict[str, Any],
        config: Config | None,
        schema: SchemaModel | None = None,
    ) -> None:
        self.graph = graph
        self.rules = check_rules(dialect_name)
        self.model = SchemaModel() if schema is None else schema
        self.options = {"target_metadata": target_metadata}
        self.arguments = arguments
        self.config = config
        self.dialect = self.rules.recording_dialect(self.model)
        self.tape: Tape | None = None
        self.everything = False  # whether a revision that ends the process is an error of that revision alone
        self.engine = self._engine(dialect_name)
        self.unpatching = Unpatching()

    def _engine(self, dialect_name: str) -> Engine:
        pool = StaticPool(lambda: FakeConnection(self._sent))  # type: ignore[arg-type]  # as much as needed
        engine = Engine(pool, self.dialect, sa.make_url(f"{dialect_name}://"))
        event.listen(engine, "before_cursor_execute", _announce)
        event.listen(engine, "commit", self._committed)
        return engine

    def _sent(self, sql: str, parameters: Any, announced: Any) -> Answer | None:
        return None if self.tape is None else self.tape.sent(sql, parameters, announced)

    def _committed(self, connection: Connection) -> None:
        if self.tape is not None:
            self.tape.committed()

    def record(self, revision: Revision) -> Recording:
        """Run one revision's ``upgrade()``."""
        run = self._run(revision, None)
        return Recording(
            revision=revision,
            items=run.way.items,
            conditional=run.asked,
            error=run.way.error,
            suppressions=run.suppressions,
        )

    def follow(self, revision: Revision) -> Recording:
        """Run it each way; the schema afterwards is that of the way on which it did most."""
        if not self._may_ask(revision):
            file = self._file(revision)
            return followed_recording(revision, Followed(results=(self._run(revision, Way(file=file)),)), 0)
        before, times = self.model.copy(), count()

        def run(way: Way) -> Run:
            if next(times):
                self.model.become(before.copy())
            return self._run(revision, way, asks=True)

        file = self._file(revision)
        followed = follow(file, run, several=second_row_matters(source_of(file)))
        main = main_way(followed.results)
        self._settle(followed.results, main)
        return followed_recording(revision, followed, main)

    def _settle(self, results: Sequence[Run], main: int) -> None:
        """Go on with the schema of the main way; what another complete way left differently is uncertain."""
        kept = results[main].after
        for number, result in enumerate(results):
            if number != main and result.way.error is None:
                kept.uncertain |= kept.differing(result.after)
        if kept is not self.model:
            self.model.become(kept)

    def _may_ask(self, revision: Revision) -> bool:
        """Whether its text has anything through which an answer could come."""
        return may_ask(source_of(self._file(revision)))

    def _file(self, revision: Revision) -> str:
        return str(getattr(self.graph.module(revision.id), "__file__", None) or revision.path)

    def _run(self, revision: Revision, way: Way | None, *, asks: bool = False) -> Run:
        module, file = self.graph.module(revision.id), self._file(revision)
        if ".orm" in source_of(file):
            import_module("sqlalchemy.orm")  # whoever runs revisions has: sa.orm is there only when somebody did
        self.model.asked, self.model.way = False, way
        self.model.doubtful.clear()
        error: RecordingError | None = None
        stopped = False
        with ExitStack() as stack:
            stack.enter_context(OP_LOCK)
            stack.callback(self.unpatching.restore)
            context = stack.enter_context(self._context())
            tape = Tape(file=file, model=self.model, rules=self.rules, context=context, way=way, fails=asks)
            suppressions = stack.enter_context(noting_suppressions())
            stack.enter_context(self._operations(context, tape))
            try:
                self.tape = tape
                if way is not None and asks:
                    stack.enter_context(unknown_arguments(way))
                    stack.enter_context(watched(module, file, way))
                with user_code(f"revision {revision.id}", revision.path, everything=self.everything):
                    module.upgrade(**self.arguments)
            except (UserCodeError, DBAPIError) as raised:
                cause = raised.__cause__ if isinstance(raised, UserCodeError) else raised
                error = tape.error(cause or raised)
                stopped = way is not None and stops_by_itself(cause or raised, way)
            finally:
                self.tape = self.model.way = None
        return Run(
            way=RecordedWay(
                items=tuple(tape.items), choices=tuple(way.taken if way else ()), error=error, stopped=stopped
            ),
            after=self.model.copy() if way is not None and way.taken else self.model,
            unfollowed=tuple(way.unfollowed if way else ()),
            asked=tape.asked or self.model.asked,
            suppressions=tuple(suppressions),
        )

    @contextmanager
    def _context(self) -> Iterator[MigrationContext]:
        """A connection and Alembic's context on it; what the revision prints or warns of is of no interest here."""
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            stack.enter_context(redirect_stdout(io.StringIO()))
            stack.enter_context(redirect_stderr(io.StringIO()))
            connection = stack.enter_context(self.engine.connect())
            connection.begin()
            yield self._configured(stack, connection)

    def _configured(self, stack: ExitStack, connection: Connection) -> MigrationContext:
        if inside_environment():
            return MigrationContext.configure(connection, opts={**self.options, "script": self.graph.script})
        environment = EnvironmentContext(self.config or Config(), self.graph.script)
        stack.enter_context(environment)
        environment.configure(connection=connection, **self.options)  # type: ignore[arg-type]  # None is the default
        return environment.get_context()

    @contextmanager
    def _operations(self, context: MigrationContext, tape: Tape) -> Iterator[None]:
        # Instance attributes: the proxy behind `alembic.op` calls them, and no other user of Alembic sees them.
        context.autocommit_block = tape.autocommit  # type: ignore[method-assign]  # an attribute of the instance
        with Operations.context(context) as operations:
            tape.hook(operations)
            yield


@contextmanager
def _unlogged() -> Iterator[None]:
    """A revision that logs what it caught tells of our answers, which say nothing of a database."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _announce(
    connection: Connection, cursor: FakeCursor, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    """Tell the fake cursor what is executed on it, and which columns a reader will look for."""
    compiled = getattr(context, "compiled", None)
    cursor.announced = context
    columns = getattr(compiled, "_result_columns", None)
    if columns:
        cursor.columns = [str(one[0]) for one in columns]
