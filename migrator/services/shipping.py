"""What the code of this process ships with: its own migrations, read from the files beside it."""

from __future__ import annotations

import os
from pathlib import Path

from migrator.errors import ConfigurationError
from migrator.model.phase import Phase
from migrator.scripts.config_file import find_config
from migrator.scripts.settings import load_settings
from migrator.scripts.static_graph import static_graph


def shipped(config: Path | None) -> tuple[tuple[str, ...], frozenset[str]]:
    """The heads of the project's revisions, and the ids of its expand and contract revisions.

    Args:
        config: alembic.ini or pyproject.toml; None: MIGRATOR_CONFIG, else the working directory.

    Raises:
        ConfigurationError: there is no project, its revisions can't be read as text, or don't fit together.
    """
    try:
        graph = static_graph(find_config(config))
    except ConfigurationError as error:
        otherwise = "or name the configuration, register(..., config=FILE), or the heads, register(..., heads=[...])"
        raise ConfigurationError(error.message, remedy=f"{error.remedy}; {otherwise}") from None
    branches = {one.id for one in graph.revisions.values() if one.phase in (Phase.EXPAND, Phase.CONTRACT)}
    return graph.real_heads(), frozenset(branches)


def own_release(config: Path | None) -> str:
    """The setting ``release`` of the project, or MIGRATOR_RELEASE; empty when nobody said.

    Raises:
        ConfigurationError: the settings can't be read, or a named ``config`` isn't there.
    """
    try:
        path = find_config(config)
    except ConfigurationError:
        if config is not None:
            raise
        return os.environ.get("MIGRATOR_RELEASE", "")  # an application without its migrations beside it
    return load_settings(path, overrides={}).release
