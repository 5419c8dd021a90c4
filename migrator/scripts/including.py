"""What env.py and we ourselves leave out of a comparison: include_object, include_name, version table, our tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from migrator.dialects.schema_model import Key, ModelTable, SchemaModel
from migrator.scripts.usercode import user_code
from migrator.state.tables import PREFIX


@dataclass(frozen=True, kw_only=True)
class Including:
    """env.py's choice, as it passed it to ``context.configure``.

    Args:
        env_py: for the place of an error in a hook.
        default_schema: the schema that a name without one means.
    """

    options: Mapping[str, Any]
    env_py: Path
    default_schema: str | None = None

    def apply(self, metadata: Sequence[sa.MetaData], models: SchemaModel, other: SchemaModel) -> None:
        """Take out of both what isn't to be compared; afterwards a name in the default schema has none.

        Args:
            metadata: the models themselves, whose objects the hooks get to see.

        Raises:
            UserCodeError: a hook raised.
        """
        for model in (models, other):
            self._plainly(model)
        ours = {self._plain(table.schema, table.name): table for each in metadata for table in each.tables.values()}
        theirs = {key: as_table(key, table) for key, table in other.tables.items()}
        with user_code("a hook of env.py (include_object, include_name)", self.env_py):
            for key in ours.keys() | theirs.keys():
                if not self._has_table(key, ours.get(key), theirs.get(key)):
                    models.tables.pop(key, None)
                    models.views.discard(key)
                    other.tables.pop(key, None)
                    continue
                one, another = ours.get(key), theirs.get(key)
                if one is not None and key in models.tables:
                    self._inside(key, one, models.tables[key], False, another, (models, other))
                if another is not None and key in other.tables:
                    self._inside(key, another, other.tables[key], True, one, (models, other))

    def _plain(self, schema: str | None, name: str) -> Key:
        return (None if schema == self.default_schema else schema, name)

    def _plainly(self, model: SchemaModel) -> None:
        model.tables = {self._plain(*key): table for key, table in model.tables.items()}
        for table in model.tables.values():
            for key in table.foreign_keys:
                key["referred_schema"] = self._plain(key["referred_schema"], "")[0]
        for names in (model.types, model.sequences, model.views, model.uncertain):
            names |= {self._plain(*key) for key in names}
            names -= {key for key in names if key != self._plain(*key)}
        model.enums = {self._plain(*key): values for key, values in model.enums.items()}
        model.shown = {self._plain(*key): columns for key, columns in model.shown.items()}

    def _has_table(self, key: Key, ours: sa.Table | None, theirs: sa.Table | None) -> bool:
        schema, name = key
        version = (self.options.get("version_table_schema"), self.options.get("version_table") or "alembic_version")
        if name.startswith(PREFIX) or key == self._plain(*version):
            return False
        if theirs is not None and ours is None and schema is not None and not self.options.get("include_schemas"):
            return False
        if theirs is not None and not self._is_named(schema, "schema", {}):
            return False
        if theirs is not None and not self._is_named(name, "table", {"schema_name": schema}):
            return False
        if ours is not None:
            return self._is_included(ours, name, "table", False, theirs)
        return theirs is None or self._is_included(theirs, name, "table", True, None)

    def _inside(
        self,
        key: Key,
        table: sa.Table,
        held: ModelTable,
        reflected: bool,
        counterpart: sa.Table | None,
        both: tuple[SchemaModel, SchemaModel],
    ) -> None:
        """Take columns, indexes and constraints out; a column goes from both."""
        parents = {"schema_name": key[0], "table_name": key[1]}
        columns = {} if counterpart is None else {str(one.name): one for one in counterpart.columns}
        for column in table.columns:
            name = str(column.name)
            named = not reflected or self._is_named(name, "column", parents)
            if not (named and self._is_included(column, name, "column", reflected, columns.get(name))):
                for model in both:
                    if key in model.tables:
                        model.tables[key].columns = [one for one in model.tables[key].columns if one["name"] != name]
        for item, kind, names in _items(table):
            named = not reflected or self._is_named(names, kind, parents)
            if named and self._is_included(item, names, kind, reflected, None):
                continue
            for lists in (held.indexes, held.uniques, held.foreign_keys):
                lists[:] = [one for one in lists if not names or one["name"] != names]

    def _is_named(self, name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
        hook: Callable[..., Any] | None = self.options.get("include_name")
        if hook is None:
            return True
        table = name if kind == "table" else parents.get("table_name")
        schema = parents.get("schema_name")
        full = {"schema_qualified_table_name": f"{schema}.{table}" if schema else table} if table else {}
        return bool(hook(name, kind, {**parents, **full}))

    def _is_included(self, item: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        hook: Callable[..., Any] | None = self.options.get("include_object")
        return hook is None or bool(hook(item, name, kind, reflected, other))


def _items(table: sa.Table) -> Sequence[tuple[Any, str, str | None]]:
    kinds = {sa.UniqueConstraint: "unique_constraint", sa.ForeignKeyConstraint: "foreign_key_constraint"}
    found: list[tuple[Any, str, str | None]] = [
        (one, kinds[type(one)], one.name if isinstance(one.name, str) else None)
        for one in table.constraints
        if type(one) in kinds
    ]
    return [*found, *((one, "index", one.name) for one in table.indexes)]


def as_table(key: Key, table: ModelTable) -> sa.Table:
    """A table as reflection would give it to a hook: columns, indexes, unique and foreign keys by name."""
    schema, name = key
    columns = [sa.Column(one["name"], sa.types.NullType(), nullable=bool(one["nullable"])) for one in table.columns]
    made = sa.Table(name, sa.MetaData(), *columns, schema=schema)
    for column, one in zip(columns, table.columns, strict=True):
        column.type = one["type"]
        column.comment = one.get("comment")
    for one in table.uniques:
        made.append_constraint(sa.UniqueConstraint(*_known(made, one["column_names"]), name=one["name"]))
    for one in table.foreign_keys:
        target = ".".join(part for part in (one["referred_schema"], one["referred_table"]) if part)
        if len(one["referred_columns"]) == len(one["constrained_columns"]):
            targets = [f"{target}.{column}" for column in one["referred_columns"]]
            made.append_constraint(sa.ForeignKeyConstraint(list(one["constrained_columns"]), targets, name=one["name"]))
    for one in table.indexes:
        columns_of = _known(made, one["column_names"])
        if one["name"] and columns_of:
            sa.Index(one["name"], *columns_of, unique=bool(one.get("unique")))
    return made


def _known(table: sa.Table, names: Sequence[Any]) -> list[sa.Column[Any]]:
    return [table.c[str(name)] for name in names if name is not None and str(name) in table.c]
