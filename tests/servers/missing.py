"""Why a server can't be had."""

from __future__ import annotations


class ServerMissingError(Exception):
    """A server that the tests need can't be found, fetched or started; the message says what to do."""
