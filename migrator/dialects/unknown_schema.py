"""What reflection answers of tables that the history doesn't tell of: each may be there or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
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


class _Known:
    """What is common to lists and sets of names."""

    _model: SchemaModel
    _schema: str | None

    def _is_there(self, known: bool, name: object) -> bool:
        way, certain = self._model.way, self._model.complete or (self._schema, name) in self._model.gone
        if known or certain or way is None or not isinstance(name, str):
            return known
        return there(way, name, self._schema)

    def _looked_at(self) -> None:
        if asked_by_user(3):
            self._model.note_question(_ALL)


class KnownNames(_Known, list[str]):
    """The names that the history made; for any other it goes both ways."""

    def __init__(self, names: Iterable[str], model: SchemaModel, schema: str | None) -> None:
        super().__init__(names)
        self._model = model
        self._schema = schema

    def __contains__(self, name: object) -> bool:
        return self._is_there(super().__contains__(name), name)

    def __iter__(self) -> Iterator[str]:
        self._looked_at()
        return super().__iter__()

    def __len__(self) -> int:
        self._looked_at()
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self._looked_at()
        return super().__eq__(other)

    def __getitem__(self, place: Any) -> Any:
        self._looked_at()
        return super().__getitem__(place)

    def __add__(self, other: Any) -> Any:
        return KnownNames([*list.__iter__(self), *list.__iter__(other)], self._model, self._schema)

    def copy(self) -> KnownNames:
        """Another one, as little known."""
        return KnownNames(list.__iter__(self), self._model, self._schema)

    def count(self, name: str) -> int:
        """A list holds a name once."""
        return int(name in self)

    def as_set(self) -> KnownNameSet:
        """What ``set()`` makes of it."""
        return KnownNameSet(set(list.__iter__(self)), self._model, self._schema)


class KnownNameSet(_Known, MutableSet[str]):
    """The same as a set; for all that isn't asked of one name, somebody has to look at the names."""

    def __init__(self, names: set[str], model: SchemaModel, schema: str | None) -> None:
        self._names = names
        self._model = model
        self._schema = schema

    def __contains__(self, name: object) -> bool:
        return self._is_there(name in self._names, name)

    def __iter__(self) -> Iterator[str]:
        self._looked_at()
        return iter(self._names)

    def __len__(self) -> int:
        self._looked_at()
        return len(self._names)

    @classmethod
    def _from_iterable(cls, names: Iterable[Any]) -> Any:
        return set(names)  # by then they were looked at one by one

    def add(self, name: str) -> None:
        """It is known from now on."""
        self._names.add(name)

    def discard(self, name: str) -> None:
        """Whether it was there is another question."""
        self._looked_at()
        self._names.discard(name)

    def issuperset(self, names: Iterable[str]) -> bool:
        """Asked of each."""
        return all(one in self for one in names)

    def intersection(self, names: Iterable[str]) -> set[str]:
        """Asked of each."""
        return {one for one in names if one in self}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._model.note_question(_ALL)
        return getattr(self._names, name)
