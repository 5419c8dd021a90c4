"""Record what a text of SQL does, statement by statement, over a model of the schema."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.dialects.checking import CheckRules
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.splitting import Piece
from migrator.model import operation as o
from migrator.model.suppression import Suppression
from migrator.scripts.knowing import in_default_schema, known, tables_of
from migrator.scripts.reading import ReadStatement
from migrator.scripts.recording import RecordedItem
from migrator.scripts.search_path import in_path
from migrator.scripts.text_learning import learn_operation

_MOST_OPERATIONS = 500
_WHY_CLIENT = "{command} is a command of the client: what it sends isn't in this file"


class SQLRecorder:
    """Reads statements in order and keeps a model of the schema up to date with them.

    Args:
        rules: the dialect's part of the check.
        model: what exists before the first statement; changed by each.
    """

    def __init__(self, rules: CheckRules, model: SchemaModel) -> None:
        self._rules = rules
        self._dialect = rules.recording_dialect(model)
        self.model = model
        model.default_schema = rules.traits.default_schema
        self._path: tuple[str, ...] = ()

    def learn(self, text: str) -> None:
        """Take a dump of the schema for what exists; what can't be read in it is passed over."""
        for piece in self._rules.split(text).pieces:
            for operation in self._read(piece):
                learn_operation(self.model, operation)

    def record(self, piece: Piece, *, file: str, suppressions: Sequence[Suppression] = ()) -> RecordedItem:
        """What one statement does to the schema as it is now; afterwards the model has it."""
        read = self._read(piece)
        operations = known(read, self.model, self._dialect)
        before = self.model.before(tables_of(operations))
        for operation in operations:
            learn_operation(self.model, operation)
        return RecordedItem(
            operations=operations,
            statements=(piece.text,),
            file=file,
            line=piece.line,
            suppressions=tuple(suppressions),
            sent=(ReadStatement(sql=piece.text, operations=operations, raw=True),),
            before=before,
        )

    def _read(self, piece: Piece) -> tuple[o.Operation, ...]:
        if piece.command:
            if self._rules.harmless_command(piece.text):
                return (o.Harmless(what="a command of the client"),)
            return (o.Unread(why=_WHY_CLIENT.format(command=piece.text.split()[0])),)
        found = self._operations(piece)
        default = self._rules.traits.default_schema
        return tuple(in_default_schema(one, default) for one in self._in_path(found))

    def _in_path(self, operations: list[o.Operation]) -> list[o.Operation]:
        """Only where all that is there is known can a name without a schema be told after SET search_path."""
        for one in operations:
            if isinstance(one, o.SearchPath) and self.model.complete:
                self._path = one.schemas
                return [one]
        return [in_path(one, self._path, self.model) for one in operations] if self._path else operations

    def _operations(self, piece: Piece) -> list[o.Operation]:
        found = [one for statement in self._rules.read(piece.text) for one in statement.operations]
        if len(found) > _MOST_OPERATIONS:
            return [o.Unread(why=f"it does more than {_MOST_OPERATIONS} things at once; split it")]
        return found
