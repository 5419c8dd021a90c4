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
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.unknown import marked, plainly
from migrator.dialects.way import EndlessRevisionError, Way
from migrator.model import operation as o
from migrator.scripts import schema_items
from migrator.scripts.alembic_operations import Reading
from migrator.scripts.allowing import open_suppressions
from migrator.scripts.core_elements import QUERY, operations_of
from migrator.scripts.knowing import known, tables_of
from migrator.scripts.literal_sql import literal_statements
from migrator.scripts.reading import ReadStatement, read_statement
from migrator.scripts.recording import RecordedItem, RecordingError
from migrator.scripts.schema_learning import learn_element
from migrator.scripts.text_learning import learn_operation
from migrator.scripts.trying import FailedStatementError, Tries

_MOST_STATEMENTS = 3_000
Invoke = Callable[[MigrateOperation], Any]


@dataclass(kw_only=True)
class _Call:
    """An Alembic operation under way: what it asks for is known, its statements are collected."""

    operations: list[o.Operation]
    statements: list[str] = field(default_factory=list)
    sent: list[ReadStatement] = field(default_factory=list)


@dataclass(kw_only=True)
class Tape:
    """Collects the items of one revision; ``file`` is the revision's own, as Python compiled it.

    ``way``: the one that is followed; without it queries find no rows, and ``asked`` says that there was one.
    ``tries``: where the revision is prepared for a statement that fails.
    """

    file: str
    model: SchemaModel
    rules: CheckRules
    context: MigrationContext
    way: Way | None = None
    tries: Tries = field(default_factory=Tries)
    items: list[RecordedItem] = field(default_factory=list)
    asked: bool = False
    _call: _Call | None = None
    _executing: bool = False
    _autocommit: bool = False
    _count: int = 0

    # -- hooks on Alembic --------------------------------------------------------------------------------------------

    def hook(self, operations: Operations) -> None:
        """See the operations that are invoked on this object, directly or inside its batches."""
        self._hook_invoke(operations, in_batch=False)
        plain = operations.batch_alter_table
        operations.batch_alter_table = lambda *a, **k: self._batch(plain, *a, **k)  # type: ignore[method-assign]  # ours

    def _hook_invoke(self, operations: Any, *, in_batch: bool) -> None:
        inner = operations.invoke
        operations.invoke = lambda operation: self._invoke(operation, inner, in_batch)

    def _invoke(self, operation: MigrateOperation, inner: Invoke, in_batch: bool) -> Any:
        if self._call is not None:
            return inner(operation)
        if isinstance(operation, ExecuteSQLOp):
            with self._executed():
                return inner(operation)
        read = Reading(context=self.context, model=self.model, traits=self.rules.traits).of(operation)
        if read is None:
            return inner(operation)
        if in_batch:
            self._add(read)
            return inner(operation)
        with self._calling(list(read)):
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
    def _calling(self, operations: list[o.Operation]) -> Iterator[None]:
        place, before = self._place(), self.model.before(tables_of(operations))
        call = self._call = _Call(operations=operations)
        self.model.internal = True
        try:
            yield
        finally:
            self._call = None
            self.model.internal = False
            if call.operations or call.statements:
                self._add(tuple(call.operations), tuple(call.statements), place, tuple(call.sent), before)

    @contextmanager
    def _batch(
        self, plain: Callable[..., AbstractContextManager[Any]], *arguments: Any, **options: Any
    ) -> Iterator[Any]:
        """The batch's operations one by one; then, as one item, the statements that Alembic makes of them."""
        self._table_arguments(arguments, options)
        with ExitStack() as stack:
            batch = stack.enter_context(plain(*arguments, **options))
            self._hook_invoke(batch, in_batch=True)
            yield batch
            with self._calling([]):
                stack.close()

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
        if self._count > _MOST_STATEMENTS:
            raise EndlessRevisionError
        if self.way is not None:
            self._may_fail(self.way)
            if marked(sql):
                self.way.give_up("sends a statement with a value in its text that only a database knows", misread=True)
        decides = self.way is not None and self._call is None and not self._executing
        columns = self._starred(sql) if decides else ()
        self._keep(plainly(sql), execution)
        return Answer(self.way, sql, bound, columns) if decides and self.way is not None else None

    def _starred(self, sql: str) -> tuple[str, ...]:
        key = starred_table(sql)
        table = self.model.tables.get(key) if key is not None else None
        return tuple(str(one["name"]) for one in table.columns) if table is not None else ()

    def _may_fail(self, way: Way) -> None:
        """Where the revision catches it, the first statement of a try block fails on another way."""
        block = self.tries.around(way.lines())
        if block and way.choose(
            (f"succeeds (the try at line {block})", f"fails (the try at line {block})"), about=block
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
        place: int | None = None,
        sent: tuple[ReadStatement, ...] = (),
        before: SchemaModel | None = None,
    ) -> None:
        self.items.append(
            RecordedItem(
                operations=operations,
                statements=statements,
                file=self.file,
                line=self._place() if place is None else place,
                suppressions=open_suppressions(),
                autocommit=self._autocommit,
                sent=tuple(self._with_old_types(one) for one in sent),
                asked=self.asked or self.model.asked,
                before=self.model.before(tables_of(operations)) if before is None else before,
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
