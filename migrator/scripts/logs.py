"""env.py's ``fileConfig`` disables the loggers of the application; around it we keep them as they were."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loggers_kept() -> Iterator[None]:
    """Restore level, handlers, propagation and the disabled flag of every logger, root included, afterwards.

    What is logged inside below WARNING is not shown.
    """
    known = [logging.getLogger(), *_loggers()]
    states = [(one, one.level, one.handlers[:], one.propagate, one.disabled) for one in known]
    threshold = logging.root.manager.disable
    logging.disable(max(threshold, logging.INFO))  # "Context impl ..." at each command tells nobody anything
    try:
        yield
    finally:
        logging.disable(threshold)
        for one, level, handlers, propagate, disabled in states:
            one.setLevel(level)
            one.handlers[:] = handlers
            one.propagate = propagate
            one.disabled = disabled


def _loggers() -> list[logging.Logger]:
    return [one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger)]
