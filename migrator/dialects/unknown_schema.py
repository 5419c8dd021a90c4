"""What reflection answers of tables that the history doesn't tell of: each may be there or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy.types import NullType

from migrator.dialects.schema_model import ModelTable, SchemaModel
from migrator.dialects.unknown import Unknown
from migrator.dialects.way import Way, asked_by_user

_ALL = "goes through all names in the database: there may be others than those of the history"


def there(way: Way, name: str, schema: str | None) -> bool:
    """Whether something of that name is there on this way."""
    return not way.choose((f"finds {name!r} there", f"finds no {name!r}"), about=("there", schema, name))


def unknown_table(way: Way) -> ModelTable:
    """A table of which only is known that it is there: one of everything, with unknown names."""

    def one(*lists: str) -> dict[str, Any]:
        names = "name type nullable default autoincrement comment referred_schema referred_table unique sqltext options"
        return {
            **{name: Unknown(way) for name in names.split()},
            **{name: [Unknown(way)] for name in lists},
        }

    return ModelTable(
        columns=[one()],
        primary_key=one("constrained_columns"),
        foreign_keys=[one("constrained_columns", "referred_columns")],
        uniques=[one("column_names")],
        checks=[one()],
        indexes=[one("column_names")],
    )


def referred_table(model: SchemaModel, name: str, schema: str | None) -> ModelTable | None:
    """A table that the history doesn't make, and its foreign keys refer to: it is there, with the columns they name.

    None where no foreign key does, or names no column.
    """
    keys = [key for table in model.tables.values() for key in table.foreign_keys]
    columns = dict.fromkeys(
        str(column)
        for key in keys
        if (key["referred_schema"], key["referred_table"]) == (schema, name)
        for column in key["referred_columns"]
    )
    if not columns:
        return None
    plain = {"type": NullType(), "nullable": False, "default": None, "autoincrement": False, "comment": None}
    return ModelTable(
        columns=[{"name": column, **plain} for column in columns],
        primary_key={"name": None, "constrained_columns": list(columns)},
    )


class KnownNames(list[str]):
    """The names that the history made; for any other it goes both ways."""

    def __init__(self, names: Iterable[str], model: SchemaModel, schema: str | None) -> None:
        super().__init__(names)
        self._model = model
        self._schema = schema

    def __contains__(self, name: object) -> bool:
        known = super().__contains__(name)
        way, certain = self._model.way, self._model.complete or (self._schema, name) in self._model.gone
        if known or certain or way is None or not isinstance(name, str):
            return known
        return there(way, name, self._schema)

    def __iter__(self) -> Iterator[str]:
        if asked_by_user():
            self._model.note_question(_ALL)
        return super().__iter__()

    def __len__(self) -> int:
        if asked_by_user():
            self._model.note_question(_ALL)
        return super().__len__()
