"""Which tables a contract must hold while its fences come down, where each DDL statement commits by itself."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.errors import ConfigurationError
from migrator.executor.apply import Tables
from migrator.model.operation import (
    AddConstraint,
    CreateObject,
    CreateTable,
    DropObject,
    ObjectKind,
    Operation,
    RenameTable,
    TableOperation,
)
from migrator.model.revision import Revision
from migrator.scripts.recording import Recording

_VIEWS = (ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW)


def tables_to_hold(revision: Revision, recording: Recording, fenced: Tables) -> Tables:
    """The fenced tables and all others that the revision changes; empty when nothing is fenced.

    LOCK TABLES bars every table that it doesn't name, and the creation of tables and views (MySQL 9.7, MariaDB
    10.11: errors 1100 and 1192).

    Raises:
        ConfigurationError: the revision also makes something that LOCK TABLES forbids.
    """
    if not fenced:
        return ()
    tables = dict.fromkeys(fenced)
    for item in recording.items:
        for operation in item.operations:
            if _forbidden(operation):
                raise ConfigurationError(
                    f"contract {revision.id} removes what a fence protects and, at {revision.path.name}:{item.line},"
                    " also makes a table or a view, or renames a table: this server can't do both under one lock",
                    remedy="split it: put the removals into a contract revision of their own",
                    revision=revision.id,
                )
            tables.update(dict.fromkeys(_named(operation)))
    return tuple(tables)


def _forbidden(operation: Operation) -> bool:
    if isinstance(operation, CreateObject | DropObject):
        return operation.kind in _VIEWS
    return isinstance(operation, CreateTable | RenameTable)


def _named(operation: Operation) -> Iterator[tuple[str | None, str]]:
    if isinstance(operation, TableOperation):
        yield operation.schema, operation.table
    if isinstance(operation, AddConstraint) and operation.references:
        schema, _, table = operation.references.rpartition(".")
        yield schema or None, table
