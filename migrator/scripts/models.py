"""The schema that the project's models ask for: what ``create_all()`` would make of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection

from migrator.dialects.checking import check_rules
from migrator.dialects.schema_model import SchemaModel
from migrator.scripts.schema_learning import learn_element

_VIEW: type[Any] | None = getattr(sa.schema, "CreateView", None)
"""SQLAlchemy 2.1 has views that belong to a metadata; 2.0 has none."""


def every_metadata(options: Mapping[str, Any]) -> tuple[sa.MetaData, ...]:
    """All that env.py gives as ``target_metadata``; empty where it gives none."""
    target = options.get("target_metadata")
    given: Sequence[Any] = target if isinstance(target, (list, tuple)) else [target]
    return tuple(one for one in given if isinstance(one, sa.MetaData))


def gives_models(env_py: Path) -> bool:
    """Whether its text gives a ``target_metadata`` other than None, for an env.py that can't be run."""
    try:
        text = env_py.read_text(errors="replace")
    except OSError:
        return False
    return re.search(r"^[^#\n]*\btarget_metadata\s*=\s*(?!None\b|target_metadata\b)", text, re.MULTILINE) is not None


def schema_of_models(metadata: Sequence[sa.MetaData], dialect_name: str) -> SchemaModel:
    """The schema that these models make on a dialect; names stand only where somebody or a convention gave them.

    Raises:
        SQLAlchemyError: models that contradict themselves (a foreign key to a table that isn't there), or that this
            dialect can't create.
    """
    model = SchemaModel()
    dialect = check_rules(dialect_name).recording_dialect(model)
    model.name_of = None

    def learn(element: Any, *arguments: Any, **options: Any) -> None:
        if _VIEW is not None and isinstance(element, _VIEW):
            _learn_view(model, element)
        else:
            learn_element(model, element, dialect)

    connection: Any = MockConnection(dialect, learn)
    for one in metadata:
        one.create_all(connection, checkfirst=False)
    return model


def _learn_view(model: SchemaModel, element: Any) -> None:
    table: sa.Table = element.table
    if not element.temporary:
        key = (table.schema, str(table.name))
        model.views.add(key)
        model.shown[key] = tuple(str(column.name) for column in table.columns)


def python_types(metadata: Sequence[sa.MetaData]) -> Mapping[tuple[str, str], str]:
    """(table, column) → its type as Python: ``sa.String(length=50)``."""
    return {
        (str(table), str(column.name)): _python(column.type)
        for one in metadata
        for table in one.tables.values()
        for column in table.columns
    }


def _python(type_: Any) -> str:
    module = type(type_).__module__
    if module.startswith("sqlalchemy.dialects."):
        return f"{module.split('.')[2]}.{type_!r}"
    return f"sa.{type_!r}" if module.startswith("sqlalchemy.") else repr(type_)
