"""A Python function of the user's that says why to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from migrator.data.throttle.signal import Asking, Scale
from migrator.errors import ConfigurationError
from migrator.model.throttle import Light, Reading
from migrator.scripts.usercode import user_code

StopReason = Callable[[], str | None]
"""Returns why to stop, or None to go on."""


@dataclass(frozen=True, kw_only=True)
class OwnFunction:
    """Called in the watcher's thread; while it runs, no other signal is read."""

    function: StopReason
    name: str = "throttle_function"
    default: bool = False

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=0, unit="", default=self.default)
        with user_code(self.name):
            said: object = self.function()
        if said is None:
            return scale.reading(0)
        if isinstance(said, str) and said:
            return scale.without(Light.RED, said)
        return scale.without(Light.UNKNOWN, f"it returned a {type(said).__name__}, neither None nor why to stop")


def function_named(text: str, origin: str) -> StopReason:
    """The function of ``package.module:function``.

    Raises:
        ConfigurationError: the text has another form, or there is no such function.
        UserCodeError: its module doesn't import.
    """
    module, colon, name = text.partition(":")
    if not colon or not module or not name.isidentifier():
        raise ConfigurationError(f"{origin} is not a function's place", remedy='write "package.module:function"')
    with user_code(f"{origin} {module}"):
        found = getattr(import_module(module), name, None)
    if not callable(found):
        raise ConfigurationError(f"{origin}: {module} has no function {name!r}", remedy="check its name")
    function: StopReason = found
    return function
