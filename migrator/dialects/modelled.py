"""Reflection that answers from a model instead of a database."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from types import FrameType
from typing import Any

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.ddl import SchemaDropper, SchemaGenerator

from migrator.dialects.fake_dbapi import FakeDBAPI
from migrator.dialects.schema_model import Key, ModelTable, SchemaModel
from migrator.dialects.unknown import Unknown
from migrator.dialects.unknown_schema import KnownNames, referred_table, there, unknown_table
from migrator.dialects.unknown_values import with_unknowns

_MULTI = (
    "get_multi_columns",
    "get_multi_pk_constraint",
    "get_multi_foreign_keys",
    "get_multi_indexes",
    "get_multi_unique_constraints",
    "get_multi_check_constraints",
    "get_multi_table_comment",
    "get_multi_table_options",
)

_UNCERTAIN = "asks for a table that ways through an earlier revision left differently"


class ModelledReflection:
    """Stands before a dialect of SQLAlchemy's among the bases of a class."""

    supports_statement_cache = False
    model: SchemaModel
    _version: tuple[int, ...]

    def prepare(self, model: SchemaModel, version: tuple[int, ...]) -> None:
        """Set what connecting would have found out."""
        here: Any = self
        self.model = model
        model.name_of = self.constraint_name
        here.dbapi = FakeDBAPI()
        self._version = version
        here.default_schema_name = None
        here.default_isolation_level = "READ COMMITTED"
        here.insert_returning = here.update_returning = here.delete_returning = False
        here.insert_executemany_returning = here.use_insertmanyvalues = False
        here.supports_sane_rowcount = here.supports_sane_multi_rowcount = False
        here.execution_ctx_cls = with_unknowns(here.execution_ctx_cls)
        for name in _MULTI:
            plain = getattr(DefaultDialect, name, None)
            if plain is not None:
                setattr(self, name, plain.__get__(self))

    @property
    def server_version_info(self) -> Any:
        """To a revision on one of the ways it is unknown: another server has another."""
        way = self.model.way
        if way is not None and sys._getframe(1).f_code.co_filename == way.file:
            return Unknown(way)
        return self._version

    @server_version_info.setter
    def server_version_info(self, version: tuple[int, ...]) -> None:
        self._version = version

    @property
    def driver(self) -> Any:
        """To a revision on one of the ways it is unknown: another project has another."""
        way = self.model.way
        if way is not None and sys._getframe(1).f_code.co_filename == way.file:
            return Unknown(way)
        return "driver"

    @driver.setter
    def driver(self, name: str) -> None:
        """Nothing connects, so that there is none to choose."""

    def constraint_name(self, kind: str, table: str, columns: list[str], number: int) -> str | None:
        """The server's own name of a nameless constraint; here there is none."""
        return None

    def initialize(self, connection: Any) -> None:
        """Nothing to find out."""

    # -- isolation ---------------------------------------------------------------------------------------------------

    def get_isolation_level_values(self, dbapi_conn: Any) -> Any:
        return ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "AUTOCOMMIT")

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return "READ COMMITTED"

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """Nothing to set."""

    def reset_isolation_level(self, dbapi_conn: Any) -> None:
        """Nothing to set."""

    # -- does it exist? ----------------------------------------------------------------------------------------------

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        key = (schema, table_name)
        known = key in self.model.tables or key in self.model.views
        return self._has(table_name, known, key if known or key in self.model.gone else None, schema)

    def has_multi_table(self, connection: Any, table_names: Collection[str], schema: Any = None, **kw: Any) -> Any:
        return [((schema, name), self.has_table(connection, name, schema=schema)) for name in table_names]

    def has_index(
        self, connection: Any, table_name: str, index_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        table = self.model.table(table_name, schema)
        known = table is not None and any(one["name"] == index_name for one in table.indexes)
        return self._has(index_name, known, None if table is None else (schema, table_name), schema)

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        return self._has(sequence_name, (schema, sequence_name) in self.model.sequences, None, schema)

    def has_schema(self, connection: Any, schema_name: str, **kw: Any) -> bool:
        return self._has(schema_name, schema_name in self.model.schemas, None, None)

    def has_type(self, connection: Any, type_name: str, schema: str | None = None, **kw: Any) -> bool:
        return self._has(type_name, (schema, type_name) in self.model.types, None, schema)

    def _has(self, name: str, known: bool, table: Key | None, schema: str | None) -> bool:
        """SQLAlchemy's own ``checkfirst`` gets the answer that makes it send its statement: the model may lack what
        was made outside the history, and a DROP must not hide behind that.

        Args:
            table: the table that the history tells of, so that the answer is certain; None for none.
        """
        asker = _asker()
        if asker is SchemaDropper:
            return True
        if asker is SchemaGenerator:
            self.model.doubtful.add(name)
            return False
        model = self.model
        if model.way is None or model.internal or table in model.uncertain:
            model.note_question(_UNCERTAIN)
            return known
        if known or table is not None or model.complete:
            return known
        return there(model.way, name, schema)

    # -- lists -------------------------------------------------------------------------------------------------------

    def _names(self, names: Iterable[str], schema: str | None) -> list[str]:
        if self.model.way is None or self.model.internal:
            self.model.note_question()
            return list(names)
        return KnownNames(names, self.model, schema)

    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(self.model.names(schema), schema)

    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names((name for held, name in sorted(self.model.views, key=str) if held == schema), schema)

    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        return self._names(sorted(self.model.schemas), None)

    def get_sequence_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names((name for held, name in sorted(self.model.sequences, key=str) if held == schema), schema)

    def get_enums(self, connection: Any, schema: str | None = None, **kw: Any) -> list[Any]:
        self.model.note_question("lists types of the database: what is in them is not known here")
        return []

    get_domains = get_enums

    def _nothing(self, connection: Any, *arguments: Any, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names((), schema)

    get_temp_table_names = get_temp_view_names = get_materialized_view_names = _nothing

    # -- one table ---------------------------------------------------------------------------------------------------

    def _table(self, name: str, schema: str | None) -> ModelTable:
        """The table as the history made it; one of unknown content where only the database knows of it.

        Raises:
            NoSuchTableError: there is none, on this way.
        """
        model, key = self.model, (schema, name)
        found = model.table(name, schema)
        if model.way is None or model.internal or key in model.uncertain:
            model.note_question(_UNCERTAIN)
        elif found is None and not (model.complete or key in model.gone or _reflects_a_table()):
            found = unknown_table(model.way) if there(model.way, name, schema) else None
        if found is None and _reflects_a_table(through_a_key=True):
            found = referred_table(model, name, schema)
        if found is None:
            raise NoSuchTableError(name)
        return found

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        return [dict(one) for one in self._table(table_name, schema).columns]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        return dict(self._table(table_name, schema).primary_key)

    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        return [dict(one) for one in self._table(table_name, schema).foreign_keys]

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        return [dict(one) for one in self._table(table_name, schema).indexes]

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        return [dict(one) for one in self._table(table_name, schema).uniques]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        return [dict(one) for one in self._table(table_name, schema).checks]

    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        return {"text": self._table(table_name, schema).comment}

    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        self._table(table_name, schema)
        return {}

    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **kw: Any) -> str:
        self.model.note_question("reads the definition of a view")
        return ""


def _asker() -> type | None:
    """SchemaGenerator or SchemaDropper when one of SQLAlchemy's ``create`` and ``drop`` is on the stack."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if owner is not None and type(owner).__module__.startswith("sqlalchemy."):
            if isinstance(owner, SchemaGenerator) or type(owner).__name__.endswith("Generator"):
                return SchemaGenerator
            if isinstance(owner, SchemaDropper) or type(owner).__name__.endswith("Dropper"):
                return SchemaDropper
        frame = frame.f_back
    return None


def _reflects_a_table(*, through_a_key: bool = False) -> bool:
    """Whether the answer becomes a Table: one with unknown columns would be of no use.

    Args:
        through_a_key: only where it is one that another Table's foreign key refers to.
    """
    frame: FrameType | None = sys._getframe(2)
    reflected = 0
    while frame is not None:
        reflected += frame.f_code.co_name == "reflect_table"
        frame = frame.f_back
    return reflected > int(through_a_key)
