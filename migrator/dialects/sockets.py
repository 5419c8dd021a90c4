"""A socket of a driver's, reached by its number."""

from __future__ import annotations

import os
import socket


def shut(number: int) -> bool:
    """Shut a connected socket down in both directions; whoever waits for it is told at once.  The number stays open.

    False when it was not connected any more.
    """
    try:
        copy = socket.socket(fileno=os.dup(number))  # the number stays the driver's, which closes it
    except OSError:
        return False
    with copy:
        try:
            copy.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
    return True
