"""The kinds of things that operations are about, and of what they do to them."""

from __future__ import annotations

from enum import StrEnum


class ObjectKind(StrEnum):
    """Everything but tables, columns, indexes and constraints, which have operations of their own."""

    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    TYPE = "type"
    SEQUENCE = "sequence"
    SCHEMA = "schema"
    EXTENSION = "extension"
    TRIGGER = "trigger"
    RULE = "rule"
    ROUTINE = "routine"
    DATABASE = "database"
    ENUM_VALUE = "enum value"
    ROLE = "role"
    TEXT_SEARCH = "text search configuration"
    INDEX = "index"
    CONSTRAINT = "constraint"


class ConstraintKind(StrEnum):
    """``UNKNOWN`` where a drop names the constraint only."""

    UNIQUE = "unique"
    FOREIGN_KEY = "foreign key"
    CHECK = "check"
    EXCLUDE = "exclude"
    PRIMARY_KEY = "primary key"
    NOT_NULL = "not null"
    UNKNOWN = "constraint"


class DefaultChange(StrEnum):
    """What happens to a column's server default.

    ``LOST`` is dropped by a statement that doesn't repeat it; ``NO_EXPRESSION``: a generated column becomes a plain one
    that keeps its values.
    """

    KEPT = "kept"
    SET = "set"
    DROPPED = "dropped"
    LOST = "lost"
    NO_EXPRESSION = "no expression"


class RowChange(StrEnum):
    """How rows are changed; ``REPLACE`` deletes and inserts."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    REPLACE = "REPLACE"
    MERGE = "MERGE"
    COPY = "COPY"


class ActKind(StrEnum):
    """Statements that are known by their kind alone."""

    ADD_IDENTITY = "add identity"
    ALTER_DOMAIN = "alter domain"
    ALTER_CATALOGUE = "alter the catalogue"
    ATTACH_PARTITION = "attach partition"
    ENFORCE = "enforce"
    CLUSTER = "cluster"
    CREATE_POLICY = "create policy"
    CREATE_RULE = "create rule"
    DETACH_PARTITION = "detach partition"
    DROP_PARTITION = "drop partition"
    LEAVE_PARENT = "leave parent"
    REFRESH = "refresh"
    REINDEX = "reindex"
    REPLICA_IDENTITY = "replica identity"
    RESTART_SEQUENCE = "restart sequence"
    ROW_SECURITY = "row security"
    SET_ACCESS_METHOD = "set access method"
    SET_LOGGED = "set logged"
    SET_TABLESPACE = "set tablespace"
    TABLE_OPTION = "table option"
    TOGGLE_TRIGGER = "toggle trigger"
    VACUUM_FULL = "vacuum full"
    VALIDATE = "validate"
