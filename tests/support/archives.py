"""Archives, unpacked by any Python that the project supports."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack all of it below ``folder``; where Python can, refuse what would leave that."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
    else:  # Debian 12's Python is 3.11.2; filters came with 3.11.4
        archive.extractall(folder)
