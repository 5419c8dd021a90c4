"""The lists of online data migrations that OpenStack's projects have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import isroutine
from typing import Any

from migrator.data.kinds.declaration import DEFAULT_BATCH_SIZE
from migrator.data.kinds.function import Function, FunctionMigration
from migrator.errors import ConfigurationError

_REMEDY = "give a tuple of functions, or of (object, name) or (object, (function, ...)) pairs"


def online_migrations(
    listed: Sequence[Any],
    *,
    context: Callable[[], Any] | None = None,
    commits_itself: bool | None = None,
    requires: Sequence[str] = (),
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> tuple[FunctionMigration, ...]:
    """A :class:`FunctionMigration` for each function of a project's own list, named as the function is.

    Args:
        listed: as the project has it: functions ``(context, max_count) -> (found, done)`` (Nova, Cinder), pairs of an
            object and its function's name (Ironic), or of an object and a tuple of functions or names.
        context: makes the first argument of each call (``nova.context.get_admin_context``); without it the functions
            get ours, whose ``connection`` and ``session`` are in our transaction.
        commits_itself: whether they work on connections of their own; by default they do where ``context`` is given.
        requires: as in :class:`FunctionMigration`, for each of them.
        batch_size: the largest ``max_count`` of a call.

    Returns:
        In the order of the list; empty for an empty one.  They have no ``remaining``: 0 rows found counts as done, and
        no contract can be gated on them.

    Raises:
        ConfigurationError: something in the list is no function, or two of them have one name.
    """
    if not isinstance(listed, tuple | list):
        raise ConfigurationError(f"online migrations are a {type(listed).__name__}, not a tuple", remedy=_REMEDY)
    given = [one for entry in listed for one in _functions(entry)]
    names = [_name(function) for function in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"two online migrations are called {', '.join(map(repr, twice))}: progress is kept by name",
            remedy="rename one of the functions, or declare it with migrator.FunctionMigration(name=...)",
        )
    return tuple(
        FunctionMigration(
            name=name,
            function=function if context is None else _with(context, function),
            commits_itself=context is not None if commits_itself is None else commits_itself,
            requires=requires,
            batch_size=batch_size,
        )
        for name, function in zip(names, given, strict=True)
    )


def _functions(entry: Any) -> Iterator[Function]:
    if isinstance(entry, tuple | list):
        if len(entry) != 2 or isroutine(entry[0]):
            raise ConfigurationError(f"an online migration is a sequence of {len(entry)}, no pair", remedy=_REMEDY)
        owner, wanted = entry
        for one in wanted if isinstance(wanted, tuple | list) else (wanted,):
            yield _function(getattr(owner, one, None) if isinstance(one, str) else one, one)
    else:
        yield _function(entry, entry)


def _function(found: Any, listed: Any) -> Function:
    if not callable(found):
        what = repr(listed) if isinstance(listed, str) else f"a {type(listed).__name__}"
        raise ConfigurationError(f"an online migration is {what}, which is no function", remedy=_REMEDY)
    function: Function = found
    return function


def _name(function: Any) -> str:
    inner = function
    while not hasattr(inner, "__name__") and hasattr(inner, "func"):  # functools.partial
        inner = inner.func
    return str(getattr(inner, "__name__", type(inner).__name__))


def _with(context: Callable[[], Any], function: Function) -> Function:
    return lambda _, max_count: function(context(), max_count)
