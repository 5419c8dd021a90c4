"""One revision's recording while it runs: which call sends which statement, and what that means."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.operations.ops import ExecuteSQLOp, MigrateOperation
from alembic.runtime.migration import MigrationContext
from sqlalchemy import schema

from migrator.dialects.answering import Answer, starred_table
from migrator.dialects.checking import CheckRules
from migrator.dialects.driver_text import as_the_server_reads
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.unknown import misread, plainly
from migrator.dialects.way import EndlessRevisionError, Way
from migrator.model import operation as o
from migrator.model.suppression import Suppression
from migrator.scripts import schema_items
from migrator.scripts.alembic_operations import Reading
from migrator.scripts.allowing import open_suppressions
from migrator.scripts.batch_calls import BatchCalls
from migrator.scripts.core_elements import QUERY, operations_of
from migrator.scripts.knowing import known, tables_of
from migrator.scripts.literal_sql import literal_statements
from migrator.scripts.reading import ReadStatement, read_statement
from migrator.scripts.recording import RecordedItem, RecordingError
from migrator.scripts.rewriting import source_of, watched_places
from migrator.scripts.row_driven import driven_by_rows, without_lists
from migrator.scripts.schema_learning import learn_element
from migrator.scripts.text_learning import learn_operation
from migrator.scripts.trying import FailedStatementError, failing_statement

_MOST_STATEMENTS = 3_000
Invoke = Callable[[MigrateOperation], Any]


@dataclass(kw_only=True)
class _Call:
    """An Alembic operation under way: what it asks for is known, its statements are collected.

    ``later``: they are sent at the end of the batch; ``before`` is the schema when the first of them is sent.
    """

    operations: list[o.Operation]
    place: int
    suppressions: tuple[Suppression, ...]
    later: bool = False
    before: SchemaModel | None = None
    statements: list[str] = field(default_factory=list)
    sent: list[ReadStatement] = field(default_factory=list)


@dataclass(kw_only=True)
class Tape:
    """Collects the items of one revision; ``file`` is the revision's own, as Python compiled it.

    ``way``: the one that is followed; without it queries find no rows, and ``asked`` says that there was one.
    ``fails``: whether statements fail on some ways, where the code is prepared for it.
    """

    file: str
    model: SchemaModel
    rules: CheckRules
    context: MigrationContext
    way: Way | None = None
    fails: bool = False
    items: list[RecordedItem] = field(default_factory=list)
    asked: bool = False
    _call: _Call | None = None
    _put_off: _Call | None = None
    _executing: bool = False
    _autocommit: bool = False
    _count: int = 0
    _by_rows: bool = False

    # -- hooks on Alembic --------------------------------------------------------------------------------------------

    def hook(self, operations: Operations) -> None:
        """See the operations that are invoked on this object, directly or inside its batches."""
        self._hook_invoke(operations, self._invoke)
        plain = operations.batch_alter_table
        operations.batch_alter_table = lambda *a, **k: self._batch(plain, *a, **k)  # type: ignore[method-assign]  # ours

    def _hook_invoke(self, operations: Any, invoke: Callable[[MigrateOperation, Invoke], Any]) -> None:
        inner = operations.invoke
        operations.invoke = lambda operation: invoke(operation, inner)

    def _invoke(self, operation: MigrateOperation, inner: Invoke) -> Any:
        read = self._read(operation)
        if read is not None:
            with self._calling(self._new_call(list(read))):
                return inner(operation)
        return self._invoke_unread(operation, inner)

    def _invoke_in_batch(self, operation: MigrateOperation, inner: Invoke) -> Any:
        """What is put off to the batch's end becomes an item then, between those of its neighbours."""
        read = self._read(operation)
        if read is None:
            return self._invoke_unread(operation, inner)
        before, self._put_off = self._put_off, self._new_call(list(read))
        try:
            made = inner(operation)
            if not self._put_off.later:
                self._add_call(self._put_off)
            return made
        finally:
            self._put_off = before

    def _read(self, operation: MigrateOperation) -> tuple[o.Operation, ...] | None:
        if self._call is not None or isinstance(operation, ExecuteSQLOp):
            return None
        return Reading(context=self.context, model=self.model, traits=self.rules.traits).of(operation)

    def _invoke_unread(self, operation: MigrateOperation, inner: Invoke) -> Any:
        if self._call is None and isinstance(operation, ExecuteSQLOp):
            with self._executed():
                return inner(operation)
        return inner(operation)

    @contextmanager
    def _executed(self) -> Iterator[None]:
        """op.execute returns nothing, so that a query inside can't decide anything."""
        before, self._executing = self._executing, True
        try:
            yield
        finally:
            self._executing = before

    @contextmanager
    def _calling(self, call: _Call) -> Iterator[None]:
        self._begin(call)
        self.model.internal = True
        try:
            yield
        finally:
            self.model.internal = False
            self._end()

    def _new_call(self, operations: list[o.Operation]) -> _Call:
        return _Call(operations=operations, place=self._place(), suppressions=open_suppressions())

    def _begin(self, call: _Call) -> None:
        call.before = self.model.before(tables_of(call.operations))
        self._call = call

    def _end(self) -> None:
        call, self._call = self._call, None
        if call is not None and (call.operations or call.statements):
            self._add_call(call)

    @contextmanager
    def _batch(
        self, plain: Callable[..., AbstractContextManager[Any]], *arguments: Any, **options: Any
    ) -> Iterator[Any]:
        """The batch's operations one by one; then, as one item, what Alembic sends for none of them alone."""
        self._table_arguments(arguments, options)
        with ExitStack() as stack:
            batch = stack.enter_context(plain(*arguments, **options))
            BatchCalls(self._putting_off, self._next_in_batch).stand_in(batch)
            self._hook_invoke(batch, self._invoke_in_batch)
            yield batch
            with self._calling(self._new_call([])):
                stack.close()

    def _putting_off(self) -> _Call | None:
        if self._put_off is not None:
            self._put_off.later = True
        return self._put_off

    def _next_in_batch(self, call: _Call | None) -> None:
        if call is None or call is not self._call:
            self._end()
            self._begin(call or self._new_call([]))

    def _table_arguments(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        """``table_args`` add constraints to the rebuilt table without any operation."""
        table = str(arguments[0] if arguments else options.get("table_name", ""))
        for one in options.get("table_args", ()):
            if isinstance(one, sa.Constraint):
                self._add((schema_items.constraint(one, table, options.get("schema")),))

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Stands in for Alembic's autocommit_block."""
        before, self._autocommit = self._autocommit, True
        try:
            yield
        finally:
            self._autocommit = before

    # -- statements --------------------------------------------------------------------------------------------------

    def sent(self, sql: str, bound: Any, execution: Any) -> Answer | None:
        """A statement reached the driver.

        Args:
            bound: its parameters.
            execution: SQLAlchemy's execution context; None when it came through a raw cursor.

        Returns:
            What it answers; None where that decides nothing, or no way is followed.
        """
        self._count += 1
        if getattr(execution, "compiled", None) is None:
            sql = as_the_server_reads(sql, bound, self.rules.traits.placeholder)
        if self._count > _MOST_STATEMENTS:
            raise EndlessRevisionError
        if self.way is not None:
            self._may_fail(self.way)
            if misread(sql):
                self.way.give_up("sends a statement with a value in its text that only a database knows", misread=True)
        self._by_rows = driven_by_rows(self.way, source_of(self.file), bound)
        decides = self.way is not None and self._call is None and not self._executing
        columns = self._starred(sql) if decides else ()
        self._keep(plainly(sql), execution)
        return Answer(self.way, sql, bound, columns) if decides and self.way is not None else None

    def _starred(self, sql: str) -> tuple[str, ...]:
        key = starred_table(sql)
        table = self.model.tables.get(key) if key is not None else None
        return tuple(str(one["name"]) for one in table.columns) if table is not None else ()

    def _may_fail(self, way: Way) -> None:
        """Where somebody catches it, the first statement of a try block fails on another way."""
        if not self.fails:
            return
        tried = ((file, failing_statement(source_of(file), line)) for file, line in watched_places())
        file, line = next(((file, line) for file, line in tried if line), ("", 0))
        if line and way.choose(
            (f"succeeds (the try at line {line})", f"fails (the try at line {line})"), about=("fails", file, line)
        ):
            raise FailedStatementError

    def _keep(self, sql: str, execution: Any) -> None:
        compiled = getattr(execution, "compiled", None)
        element = compiled.statement if compiled is not None else None
        parameters = getattr(execution, "compiled_parameters", None)
        literal = literal_statements(element, sql, parameters, self.context.dialect)
        shown = tuple(plainly(one) for one in literal)
        read = read_statement(element, sql, self.context.dialect, self.rules)
        sent = tuple(replace(read, sql=one) for one in shown)
        if self._call is not None:
            self._call.statements.extend(shown)
            self._call.sent.extend(sent)
            self._inside(sql, element)
        else:
            self._outside(sql, element, shown, sent)

    def committed(self) -> None:
        """The revision's own code committed its connection."""
        if not self._autocommit:
            self._add((o.TransactionControl(verb="COMMIT"),))

    def _inside(self, sql: str, element: Any) -> None:
        """A statement of an operation whose meaning is known; only what hangs on to it is news."""
        assert self._call is not None
        if element is None or isinstance(element, sa.TextClause | schema.DDL):
            for statement in self.rules.read(sql):
                self._call.operations.extend(statement.operations)
                self._learn_text(statement.operations)
            return
        learn_element(self.model, element, self.context.dialect)
        made = operations_of(element, self.context.dialect, self.model.doubtful) or ()
        new = [one for one in made if isinstance(one, o.CreateObject | o.DropObject)]
        self._call.operations.extend(new)
        self._learn_text(tuple(new))

    def _outside(self, sql: str, element: Any, shown: tuple[str, ...], sent: tuple[ReadStatement, ...]) -> None:
        read = None
        if element is not None:
            read = operations_of(element, self.context.dialect, self.model.doubtful)
        if read is not None:
            self.asked = self.asked or (read == (QUERY,) and self._is_question)
            self._add(self._known(read), shown, sent=sent)
            if not learn_element(self.model, element, self.context.dialect):
                self._learn_text(read)
            return
        for statement in self.rules.read(sql):
            self.asked = self.asked or (statement.reads and self._is_question)
            self._add(self._known(statement.operations), (statement.sql,), sent=sent)
            sent = ()  # one text may hold several statements, and is sent once
            self._learn_text(statement.operations)

    @property
    def _is_question(self) -> bool:
        """Whether what a query answers may decide something that nobody follows."""
        return self.way is None and not self._executing

    def _learn_text(self, operations: tuple[o.Operation, ...]) -> None:
        for one in operations:
            learn_operation(self.model, one)

    def _known(self, operations: tuple[o.Operation, ...]) -> tuple[o.Operation, ...]:
        """With what the history tells of them."""
        return known(operations, self.model, self.context.dialect)

    def _with_old_types(self, sent: ReadStatement) -> ReadStatement:
        return replace(sent, operations=self._known(sent.operations))

    # -- items -------------------------------------------------------------------------------------------------------

    def _add(
        self,
        operations: tuple[o.Operation, ...],
        statements: tuple[str, ...] = (),
        sent: tuple[ReadStatement, ...] = (),
    ) -> None:
        call = self._new_call(list(operations))
        call.statements, call.sent = list(statements), list(sent)
        self._add_call(call)

    def _add_call(self, call: _Call) -> None:
        if self._by_rows:
            call.operations = list(without_lists(call.operations))
            call.sent = [replace(one, operations=without_lists(one.operations)) for one in call.sent]
        before = self.model.before(tables_of(call.operations)) if call.before is None else call.before
        self.items.append(
            RecordedItem(
                operations=tuple(call.operations),
                statements=tuple(call.statements),
                file=self.file,
                line=call.place,
                suppressions=call.suppressions,
                autocommit=self._autocommit,
                sent=tuple(self._with_old_types(one) for one in call.sent),
                asked=self.asked or self.model.asked,
                before=before,
            )
        )

    def _place(self) -> int:
        """The innermost line of the revision's own file; 0 when it isn't on the stack."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename == self.file:
                return frame.f_lineno
            frame = frame.f_back
        return 0

    def error(self, raised: BaseException) -> RecordingError:
        """Class and place of what the revision raised."""
        inside = [one for one in traceback.extract_tb(raised.__traceback__) if one.filename == self.file]
        line = inside[-1].lineno or 0 if inside else 0
        return RecordingError(error_class=type(raised).__name__, file=self.file, line=line)
