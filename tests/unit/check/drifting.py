"""Models and a history in memory, compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from migrator.check.drift import Drift
from migrator.check.models import Models, drift_from_revisions
from migrator.dialects.schema_model import SchemaModel
from migrator.model.phase import Phase
from migrator.scripts.recorder import record_history
from tests.unit.check.history import history

ALL = ("postgresql", "mysql", "mariadb", "sqlite")
USERS = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50))'
EMAIL = 'sa.Column("email", sa.String(9))'


def metadata_of(models: str, **options: Any) -> sa.MetaData:
    """The models that these lines make of ``metadata``."""
    metadata = sa.MetaData(**options)
    exec(f"from sqlalchemy.dialects import mysql, postgresql\n{models}", {"sa": sa, "metadata": metadata})
    return metadata


def table(columns: str, name: str = "users") -> str:
    """Of the models."""
    return f'sa.Table("{name}", metadata, {columns})'


def made(columns: str, name: str = "users") -> str:
    """The same of a revision."""
    return f'op.create_table("{name}", {columns})'


def drift(
    models: str | sa.MetaData,
    expand: str,
    dialect: str = "postgresql",
    *,
    contract: str = "",
    options: Mapping[str, Any] | None = None,
) -> Drift:
    """The models against an expand revision, and a contract revision on top of it."""
    metadata = metadata_of(models) if isinstance(models, str) else models
    graph = history(contract, phase=Phase.CONTRACT, before=expand)
    schema = SchemaModel()
    record_history(graph, dialect, target_metadata=metadata, follow_unknowns=True, schema=schema)
    found = Models(metadata=(metadata,), env_py=Path("env.py"), options=options or {})
    return drift_from_revisions(graph, found, schema, dialect, target_metadata=metadata)
