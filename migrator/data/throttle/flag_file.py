"""A file that stops the work while it exists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrator.data.throttle.signal import Asking, Scale
from migrator.model.throttle import Light, Reading


@dataclass(frozen=True, kw_only=True)
class FlagFile:
    """``touch`` stops, ``rm`` goes on.  A folder that can't be looked into stops too."""

    path: Path
    name: str = "throttle_file"
    default: bool = False

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=0, unit="", default=self.default)
        try:
            self.path.stat()
        except FileNotFoundError:
            return scale.reading(0)
        except OSError as error:
            return scale.without(Light.UNKNOWN, f"{self.path} can't be looked at ({type(error).__name__})")
        return scale.without(Light.RED, f"{self.path} exists")
