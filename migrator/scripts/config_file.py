"""Where a project's configuration is; here without anything that takes long to import."""

from __future__ import annotations

import os
from pathlib import Path

from migrator.errors import ConfigurationError


def find_config(config_file: Path | None) -> Path:
    """The project's configuration file: the given one, MIGRATOR_CONFIG's, or the one in the working directory.

    Raises:
        ConfigurationError: there is none.
    """
    if config_file is None and os.environ.get("MIGRATOR_CONFIG"):
        config_file = Path(os.environ["MIGRATOR_CONFIG"])
    if config_file is not None:
        if not config_file.is_file():
            raise ConfigurationError(
                f"there is no configuration file {str(config_file)!r}",
                remedy="name an alembic.ini or pyproject.toml with --config FILE",
            )
        return config_file.absolute()
    for name in ("alembic.ini", "pyproject.toml"):
        path = Path(name)
        if path.is_file() and (name == "alembic.ini" or "[tool.alembic" in path.read_text(encoding="utf-8")):
            return path.absolute()
    raise ConfigurationError(
        "there is no alembic.ini here, and no pyproject.toml with a [tool.alembic] section",
        remedy="change into the project's folder, or name the file: migrator --config FILE ...",
    )
