"""`alembic.op` is a module global: two threads inside ``Operations.context`` would share one of the two contexts."""

from __future__ import annotations

import threading

OP_LOCK = threading.RLock()
