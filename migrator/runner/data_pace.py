"""The pace of data migrations that a project's settings ask for."""

from __future__ import annotations

from datetime import timedelta

from migrator.data.pace import Pace
from migrator.data.throttle.own_function import function_named
from migrator.data.throttle.window import parse_windows
from migrator.errors import ConfigurationError
from migrator.scripts.project import Project


def pace_of(project: Project, *, full_speed: bool, max_time: timedelta | None) -> Pace:
    """Settings and options together.

    Raises:
        ConfigurationError: a window, a function or a query that can't be used.
        UserCodeError: the module of ``throttle_function`` doesn't import.
    """
    settings = project.settings
    if settings.throttle_sql and settings.throttle_sql_limit is None:
        raise ConfigurationError(
            "throttle_sql is set without throttle_sql_limit: nothing says which number is too much",
            remedy="add throttle_sql_limit = <the most that the query may give>",
        )
    if settings.data_window:
        parse_windows(settings.data_window, "data_window")
    function = settings.throttle_function
    return Pace(
        full_speed=full_speed,
        ratio=settings.throttle_ratio,
        max_time=max_time,
        window=settings.data_window,
        cores=settings.throttle_cores,
        most_lag=settings.throttle_lag,
        sql=settings.throttle_sql,
        sql_limit=settings.throttle_sql_limit or 0.0,
        file=project.config_file.parent / settings.throttle_file if settings.throttle_file else None,
        function=function_named(function, "throttle_function") if function else None,
        replicas=settings.throttle_replicas,
    )
