"""A service in a process of its own, as a deployment would run it.

``python -m tests.support.serving URL NAME INSTANCE RELEASE HEADS SHIFT``: registers, says ``ready``, and takes its
leave when standard input ends.  SHIFT seconds is what its own clock is wrong by.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from tests.support import run

INTERVAL = timedelta(milliseconds=200)
EXPIRY = timedelta(seconds=2)


class Serving:
    """A running service."""

    def __init__(
        self, url: str, name: str, instance: str, *, release: str, heads: Sequence[str], shift: int = 0
    ) -> None:
        self.label = f"{name}/{instance}"
        arguments = (url, name, instance, release, ",".join(heads), str(shift))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.serving", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=run.ROOT,
            env=run.environment({}),
        )

    def wait_until_ready(self) -> None:
        """Until its first heartbeat is written."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        assert said == "ready", f"{self.label} said {said!r}"

    def leave(self) -> None:
        """A clean stop."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=60) == 0

    def kill(self) -> None:
        """``kill -9``: it dies without a word."""
        self._process.kill()
        self._process.wait(timeout=60)

    def end(self) -> None:
        """Whatever happened."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def main(url: str, name: str, instance: str, release: str, heads: str, shift: str) -> None:
    """The process."""
    if int(shift):
        right = time.time
        time.time = lambda: right() + int(shift)
    import migrator

    engine = sa.create_engine(url)
    shipped = [one for one in heads.split(",") if one]
    with migrator.register(
        engine, name, instance=instance, release=release, heads=shipped, interval=INTERVAL, expiry=EXPIRY
    ) as registration:
        ready = registration.wait_until_seen(timedelta(seconds=60))
        print("ready" if ready else "unseen", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
