"""Whether a declaration can work at all, asked when it is made: at import, in every command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from migrator.data.throttle.window import parse_windows
from migrator.errors import ConfigurationError

LONGEST_NAME = 128
MOST_WORKERS = 64
SHORTEST_TARGET = timedelta(milliseconds=10)


def check_name(name: object) -> None:
    """A name that fits our table."""
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise ConfigurationError(
            f"a data migration's name must be a text of 1 to {LONGEST_NAME} characters",
            remedy='name it: name="user_full_name"',
        )


def check_table(name: str, table: object, what: str = "table") -> None:
    """Something that UPDATE can name."""
    if not isinstance(table, sa.TableClause):
        raise ConfigurationError(
            f"data migration {name!r}: `{what}` is a {type(table).__name__}, not a table",
            remedy='declare it: sa.table("users", sa.column("id"), ...)',
        )


def check_source(name: str, source: object) -> None:
    """A table, or a SELECT that only names columns and rows of one."""
    if isinstance(source, sa.TableClause):
        return
    if not isinstance(source, sa.Select) or not _of_one_table(source):
        raise ConfigurationError(
            f"data migration {name!r}: `source` is no table, and no plain SELECT of one table's rows",
            remedy="write sa.select(users.c.id, ...).where(...): no join, DISTINCT, GROUP BY, ORDER BY or LIMIT, other"
            " tables only inside a subquery",
        )


def check_copy(
    name: str,
    source: sa.TableClause,
    target: sa.TableClause,
    columns: Mapping[str, Any],
    key: object,
    on_conflict: object,
) -> None:
    """Columns of the target from expressions over the source, the key among them."""
    if (source.name, source.schema) == (target.name, target.schema):
        raise ConfigurationError(
            f"data migration {name!r} copies table {source.name!r} into itself",
            remedy="use migrator.UpdateMigration, or a plain function",
        )
    if not isinstance(columns, Mapping) or not columns:
        raise ConfigurationError(
            f"data migration {name!r}: `columns` names none of the target's columns",
            remedy='give them: columns={"user_id": users.c.id, "street": users.c.street}',
        )
    check_columns(name, target, "columns", list(columns))
    check_columns(name, target, "key", key)
    for column, value in columns.items():
        if isinstance(value, ColumnElement):
            _only_this_table(name, source, value, f"the value of {column!r}")
    if not isinstance(key, Sequence) or not set(key) <= set(columns):
        raise ConfigurationError(
            f"data migration {name!r}: `key` names columns that `columns` doesn't give",
            remedy="give each column of the key in `columns`, or select it under its name",
        )
    if on_conflict not in ("update", "ignore"):
        raise ConfigurationError(
            f"data migration {name!r}: `on_conflict` must be 'update' or 'ignore'",
            remedy="write on_conflict='update' where the source is the truth, else on_conflict='ignore'",
        )


def check_set(name: str, table: sa.TableClause, values: Mapping[str, Any]) -> None:
    """At least one column, each of them the table's own."""
    if not isinstance(values, Mapping) or not values:
        raise ConfigurationError(
            f"data migration {name!r}: `set` names no column", remedy='give one: set={"full_name": users.c.name}'
        )
    for column, value in values.items():
        if not isinstance(column, str) or column not in table.c:
            raise ConfigurationError(
                f"data migration {name!r}: `set` names {column!r}, a column that table {table.name!r} doesn't declare",
                remedy=f'name it as text, and add sa.column("{column}") to the table',
            )
        if isinstance(value, ColumnElement):
            _only_this_table(name, table, value, f"the value of {column!r}")


def check_where(name: str, table: sa.TableClause, where: object) -> None:
    """An expression over this table, which is the predicate, the WHERE and the fence."""
    if not isinstance(where, ColumnElement):
        raise ConfigurationError(
            f"data migration {name!r}: `where` is a {type(where).__name__}, not a SQLAlchemy expression",
            remedy="write it with the table's columns: users.c.full_name.is_distinct_from(users.c.name)",
        )
    _only_this_table(name, table, where, "`where`")


def check_columns(name: str, table: sa.TableClause, what: str, columns: object) -> None:
    """At least one name, each of a column that the table declares."""
    if isinstance(columns, str) or not isinstance(columns, Sequence) or not columns:
        raise ConfigurationError(
            f"data migration {name!r}: `{what}` must be a tuple of column names",
            remedy=f'write {what}=("email",), with the comma',
        )
    for column in columns:
        if not isinstance(column, str) or column not in table.c:
            raise ConfigurationError(
                f"data migration {name!r}: `{what}` names {column!r}, a column that table {table.name!r} doesn't"
                " declare",
                remedy=f'name it as text, and add sa.column("{column}") to the table',
            )


def check_transform(name: str, function: object, batch_function: object) -> None:
    """One function, of a row or of a list of rows."""
    given = [one for one in (function, batch_function) if one is not None]
    if len(given) != 1 or not callable(given[0]):
        raise ConfigurationError(
            f"data migration {name!r} needs a `function` of a row or a `batch_function` of a list of rows, one of them",
            remedy='write function=lambda row: {"email": row["email"].lower()}',
        )


def check_requires(name: str, requires: object) -> None:
    """A sequence of names; a bare text would be read letter by letter."""
    if isinstance(requires, str) or not isinstance(requires, Sequence) or not all(isinstance(r, str) for r in requires):
        raise ConfigurationError(
            f"data migration {name!r}: `requires` must be a tuple of names",
            remedy='write requires=("2b_expand",), with the comma',
        )


def check_batch_size(name: str, batch_size: object) -> None:
    """A whole number above 0."""
    if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
        raise ConfigurationError(
            f"data migration {name!r}: `batch_size` must be a whole number above 0", remedy="write batch_size=1000"
        )


def check_batch_bytes(name: str, batch_bytes: object) -> None:
    """A whole number above 0."""
    if not isinstance(batch_bytes, int) or isinstance(batch_bytes, bool) or batch_bytes < 1:
        raise ConfigurationError(
            f"data migration {name!r}: `batch_bytes` must be a whole number above 0",
            remedy="write batch_bytes=16 * 1024**2, for 16 MB",
        )


def check_pace(name: str, target_time: object, window: object) -> None:
    """A time that batches can keep to, and times of the day that can be read."""
    if not isinstance(target_time, timedelta) or target_time < SHORTEST_TARGET:  # the message names it
        raise ConfigurationError(
            f"data migration {name!r}: `target_time` must be a timedelta of at least 0.01 s",
            remedy="write target_time=timedelta(milliseconds=500)",
        )
    if not isinstance(window, str):
        raise ConfigurationError(
            f"data migration {name!r}: `window` must be a text", remedy='write window="22:00-06:00 Europe/Berlin"'
        )
    if window:
        parse_windows(window, f"`window` of data migration {name!r}")


def check_workers(name: str, workers: object) -> None:
    """A number of connections that a server can bear."""
    if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= MOST_WORKERS:
        raise ConfigurationError(
            f"data migration {name!r}: `workers` must be a whole number from 1 to {MOST_WORKERS}",
            remedy="write workers=2",
        )


def check_on_error(name: str, on_error: object) -> None:
    """One of the two ways."""
    if on_error not in ("quarantine", "stop"):
        raise ConfigurationError(
            f"data migration {name!r}: `on_error` is none of quarantine, stop", remedy='write on_error="stop"'
        )


def check_services(name: str, order: object, requires_services: object) -> None:
    """One of the two orders, or none; releases as texts."""
    if order not in ("", "synced", "pinned"):
        raise ConfigurationError(
            f"data migration {name!r}: `order` is none of synced, pinned", remedy='write order="pinned"'
        )
    check_releases(f"data migration {name!r}", requires_services)


def check_releases(where: str, requires_services: object) -> None:
    """A mapping of texts, none of them empty."""
    if not isinstance(requires_services, Mapping) or not all(
        isinstance(text, str) and text for pair in requires_services.items() for text in pair
    ):
        raise ConfigurationError(
            f"{where}: `requires_services` must map services to releases",
            remedy='write requires_services={"api": "2026.46"}',
        )


def check_function(name: str, function: object, remaining: object) -> None:
    """Something to call, and something to ask."""
    if not callable(function):
        raise ConfigurationError(
            f"data migration {name!r}: `function` can't be called",
            remedy="give a function (context, max_count) -> (found, done)",
        )
    if remaining is not None and not (isinstance(remaining, sa.Select) or callable(remaining)):
        raise ConfigurationError(
            f"data migration {name!r}: `remaining` is neither a SELECT nor a function",
            remedy="give sa.select(...) of the rows still to do, or a function of a connection that counts them",
        )


def check_invariant(name: str, invariant: object) -> None:
    """A SELECT."""
    if invariant is not None and not isinstance(invariant, sa.Select):
        raise ConfigurationError(
            f"data migration {name!r}: `invariant` is no SELECT",
            remedy="give sa.select(...) of the rows that must not be there once it is done",
        )


def check_fence(table: object, refuse: object) -> None:
    """A table and an expression."""
    if not isinstance(table, sa.TableClause) or not isinstance(refuse, ColumnElement):
        raise ConfigurationError(
            "a Fence needs a table and an expression that is true for rows of the old shape",
            remedy="write migrator.Fence(table=users, refuse=users.c.full_name.is_(None))",
        )


def _of_one_table(select: sa.Select[Any]) -> bool:
    froms = select.get_final_froms()
    if len(froms) != 1 or not isinstance(froms[0], sa.TableClause):
        return False
    columns = list(select.selected_columns)
    bare = sa.select(*columns) if select.whereclause is None else sa.select(*columns).where(select.whereclause)
    # Whatever else was asked of it would be lost, since only its columns and its WHERE are taken.
    return str(bare) == str(select.with_only_columns(*columns))


def _only_this_table(name: str, table: sa.TableClause, expression: ColumnElement[Any], what: str) -> None:
    # A bare name of another table would turn COUNT and UPDATE into a join without a condition.
    others = {
        one.name
        for one in sa.select(sa.literal(1)).where(sa.type_coerce(expression, sa.Boolean)).get_final_froms()
        if isinstance(one, sa.TableClause) and one is not table
    }
    if others:
        raise ConfigurationError(
            f"data migration {name!r}: {what} reads {', '.join(sorted(others))} outside a subquery",
            remedy=f"ask the other table inside: sa.exists().where(...) or a scalar subquery over {table.name!r}",
        )
