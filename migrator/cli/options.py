"""Options that every command takes, before and after its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrator.errors import MaxCountError
from migrator.scripts.settings import parse_seconds

if TYPE_CHECKING:
    from migrator.commands.opening import Opening
    from migrator.runner.run_options import RunOptions

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_FORMATS = ("text", "json")
_STORED = "migrator.options"


@dataclass(frozen=True, kw_only=True)
class Output:
    """How a command speaks: ``format`` on stdout, ``log_format`` on stderr."""

    command: str = "migrator"
    format: str = "text"
    log_format: str = "text"
    verbose: bool = False

    @classmethod
    def of_arguments(cls, arguments: Sequence[str]) -> Output:
        """A guess from the bare words, for a command line that can't be parsed."""
        words = [word for word in arguments if not word.startswith("-")]
        joined = " ".join(arguments).replace("=", " ")
        return cls(
            command=words[0] if words and words[0] not in _FORMATS else "migrator",
            format="json" if "--format json" in joined else "text",
            log_format="json" if "--log-format json" in joined else "text",
            verbose="-v" in arguments,
        )


@dataclass(kw_only=True)
class Options:
    """The merged global options of one command line."""

    values: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> Output:
        return Output(
            command=self.values.get("command", "migrator"),
            format=self.values.get("format") or "text",
            log_format=self.values.get("log_format") or "text",
            verbose=bool(self.values.get("verbose")),
        )

    def opening(self, **overrides: Any) -> Opening:
        """Project and settings of this command line; ``overrides`` are the command's own settings."""
        from migrator.commands.opening import Opening  # brings SQLAlchemy and Alembic, which --help doesn't need

        given = {"database_url": self.values.get("database_url"), **overrides}
        return Opening(config_file=self.values.get("config"), overrides=given)


_LAST: list[Options] = []


def output_of(guess: Output) -> Output:
    """How to speak of a failure: as the options said, or, when they were not parsed yet, as guessed."""
    return _LAST[-1].output if _LAST else guess


def global_options(function: Decorated) -> Decorated:
    """Add the global options to a command or to the group."""
    for option in reversed(_GLOBAL):
        function = option(function)
    return function


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    root = context.find_root()
    options: Options = root.meta.setdefault(_STORED, Options())
    if not _LAST or _LAST[-1] is not options:
        _LAST[:] = [options]
    if context.parent is not None:
        options.values["command"] = context.command_path.removeprefix("migrator ")
    if value not in (None, False):
        options.values[str(parameter.name)] = value


def options_of(context: click.Context) -> Options:
    """The global options of the running command."""
    found: Options = context.find_root().meta[_STORED]
    return found


def _format_option(formats: Sequence[str]) -> Any:
    return click.option(
        "--format",
        type=click.Choice(formats),
        expose_value=False,
        callback=_keep,
        help="json: one document on stdout and nothing else.",
    )


def global_options_with(*formats: str) -> Callable[[Decorated], Decorated]:
    """The global options, for a command that writes more formats than text and json."""

    def decorate(function: Decorated) -> Decorated:
        for option in reversed((*_GLOBAL[:2], _format_option((*_FORMATS, *formats)), *_GLOBAL[3:])):
            function = option(function)
        return function

    return decorate


_GLOBAL = (
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="alembic.ini or pyproject.toml; found in the working directory otherwise.  [MIGRATOR_CONFIG]",
    ),
    click.option(
        "--database-url",
        metavar="URL",
        expose_value=False,
        callback=_keep,
        help="Use this database instead of env.py's.  [MIGRATOR_DATABASE_URL]",
    ),
    _format_option(_FORMATS),
    click.option(
        "--log-format",
        type=click.Choice(_FORMATS),
        expose_value=False,
        callback=_keep,
        help="json: progress and logs on stderr as JSON lines.",
    ),
    click.option("-v", "--verbose", is_flag=True, expose_value=False, callback=_keep, help="Say more on stderr."),
)


def seconds(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    """A duration option in seconds; zero is allowed for ``--wait`` only."""
    if value is None:
        return None
    return parse_seconds(value, parameter.opts[-1], zero=parameter.name == "wait")


def max_count(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """``--max-count``, refused with Nova's code."""
    if value is None:
        return None
    text = value.strip()
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise MaxCountError(
            f"--max-count must be a whole number above 0, not {value!r}",
            remedy="migrator online-data-migrations --max-count 50000",
        )
    return int(text)


@dataclass(frozen=True, kw_only=True)
class SchemaOptions:
    """What expand, contract and upgrade take in common; None means not given."""

    lock_timeout: timedelta | None
    lock_budget: timedelta | None
    wait: timedelta | None
    assume: str | None
    orphans: str

    def run_options(self) -> RunOptions:
        """For the runner."""
        from migrator.executor.stepping import Assume  # brings SQLAlchemy and Alembic, which --help doesn't need
        from migrator.runner.orphans import Orphans
        from migrator.runner.run_options import RunOptions

        assume = Assume(self.assume) if self.assume else None
        return RunOptions(wait=self.wait, assume=assume, orphans=Orphans(self.orphans))

    @property
    def overrides(self) -> dict[str, Any]:
        """Those that are settings."""
        return {"lock_timeout": self.lock_timeout, "lock_budget": self.lock_budget}


def schema_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options of a command that changes the schema; it gets them as ``schema``."""

    @wraps(function)
    def with_schema(
        *arguments: Any,
        lock_timeout: timedelta | None,
        lock_budget: timedelta | None,
        wait: timedelta | None,
        assume: str | None,
        orphans: str,
        **options: Any,
    ) -> int:
        schema = SchemaOptions(
            lock_timeout=lock_timeout, lock_budget=lock_budget, wait=wait, assume=assume, orphans=orphans
        )
        return function(*arguments, schema=schema, **options)

    decorated: Callable[..., int] = with_schema
    for option in reversed((*_LOCKS, wait_option, _ASSUME, _ORPHANS)):
        decorated = option(decorated)
    return decorated


wait_option = click.option(
    "--wait",
    callback=seconds,
    metavar="SECONDS",
    help="Wait this long for another runner to end, then exit 5 (default 60; 0 asks once).  [MIGRATOR_WAIT]",
)
_LOCKS = (
    click.option(
        "--lock-timeout",
        callback=seconds,
        metavar="SECONDS",
        help="Longest wait of one statement for its lock (default 2).  [MIGRATOR_LOCK_TIMEOUT]",
    ),
    click.option(
        "--lock-budget",
        callback=seconds,
        metavar="SECONDS",
        help="Try a refused lock again for this long, then exit 5 (default 600).  [MIGRATOR_LOCK_BUDGET]",
    ),
)
_ASSUME = click.option(
    "--assume",
    type=click.Choice(["done", "not-done"]),
    help="Settle a statement whose outcome an earlier, killed run left unknown.",
)
_ORPHANS = click.option(
    "--orphans",
    type=click.Choice(["wait", "cancel"]),
    default="wait",
    help="What an earlier, killed run left running on the server: wait for its end (default), or end it.",
)
