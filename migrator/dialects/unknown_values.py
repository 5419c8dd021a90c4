"""Unknown values pass by the conversions between Python's types and the database's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from migrator.dialects.unknown import Unknown, UnknownText, unknown_in

Convert = Callable[[Any], Any]


@cache
def with_unknowns(execution: type[Any]) -> type[Any]:
    """The dialect's execution context, for rows and parameters with unknown values in them."""
    return type(f"Unknowing{execution.__name__}", (_PassingBy, execution), {})


class _PassingBy:
    """Stands before SQLAlchemy's execution context."""

    def get_result_processor(self, type_: Any, colname: Any, coltype: Any) -> Convert | None:
        inner: Any = super()
        return _passing(inner.get_result_processor(type_, colname, coltype))

    @classmethod
    def _init_compiled(
        cls, dialect: Any, connection: Any, dbapi: Any, options: Any, compiled: Any, *rest: Any, **named: Any
    ) -> Any:
        plain = compiled._bind_processors
        compiled.__dict__["_bind_processors"] = {
            key: tuple(map(_passing, each)) if isinstance(each, tuple) else _passing(each)
            for key, each in plain.items()
        }
        inner: Any = super()
        return inner._init_compiled(dialect, connection, dbapi, options, compiled, *rest, **named)


def _passing(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None

    def passing(value: Any) -> Any:
        if isinstance(value, Unknown | UnknownText) or unknown_in(value):
            return value
        return convert(value)

    return passing
