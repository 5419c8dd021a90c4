"""Compiled modules, kept from process to process."""

from __future__ import annotations

import subprocess

FOLDERS = ("migrator", "tests", "examples")


def compile_modules(python: str) -> None:
    """Compile the checkout's modules for this Python, where they changed: a second, and less the next time.

    The tests start hundreds of processes.  Where ``PYTHONDONTWRITEBYTECODE`` is set, as container images like to have
    it, each of them would compile our modules for itself, and ``migrator check`` would take half as long again.  What
    doesn't compile is left to the tests.
    """
    subprocess.run([python, "-m", "compileall", "-q", "-j0", *FOLDERS], check=False, stdout=subprocess.DEVNULL)
