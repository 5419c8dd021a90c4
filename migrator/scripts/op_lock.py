"""`alembic.op` is a module global: two threads inside ``Operations.context`` would share one of the two contexts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op

OP_LOCK = threading.RLock()


@contextmanager
def op_kept() -> Iterator[None]:
    """After the block `alembic.op` is again what it was before: the end of an inner context takes it away."""
    before: Any = getattr(op, "_proxy", None)
    try:
        yield
    finally:
        if before is not None:
            before._install_proxy()
