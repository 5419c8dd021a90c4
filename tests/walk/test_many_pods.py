"""Pods of one rollout start at once: the job that expands, init containers that wait, probes that ask."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import run, shop
from tests.support.database import Database
from tests.support.project import Project

PROBE = """
import sys, time
import sqlalchemy as sa
import migrator

engine = sa.create_engine(sys.argv[1])
verdicts = []
deadline = time.monotonic() + 100
while time.monotonic() < deadline:
    verdict = migrator.ready(engine)
    if verdict not in verdicts:
        verdicts.append(verdict)
    if verdict.ok:
        break
    time.sleep(0.02)
print(" ".join(verdicts))
"""


def probing(project: Project) -> subprocess.Popen[str]:
    """An application that asks until it is ready, and prints the verdicts in the order of their coming."""
    return subprocess.Popen(
        [sys.executable, "-c", PROBE, project.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=project.path,
        env=run.environment({}),
    )


@pytest.mark.parametrize("pods", [pytest.param(1, id="four"), pytest.param(3, id="ten", marks=pytest.mark.slow)])
def test_all_of_them_end_as_promised_and_the_effect_is_one(database: Database, project: Project, pods: int) -> None:
    shop.release_a(project)
    waits = [project.start("wait", "--for", "expanded", "--timeout", "100", "--interval", "0.1") for _ in range(pods)]
    probes = [probing(project) for _ in range(pods)]
    expands = [project.start("expand") for _ in range(pods + 1)]
    for one in (*expands, *waits):
        outcome = run.finish(one)
        assert outcome.exit_code == 0, outcome.output
    for probe in probes:
        outcome = run.finish(probe)
        assert outcome.exit_code == 0, outcome.output
        assert outcome.stdout.split() in (["behind", "ready"], ["ready"])
    applied = database.rows("SELECT revision, count(*) FROM migrator_ledger GROUP BY revision ORDER BY revision")
    assert applied == [("expand_base", 1), ("make_shop", 1)]
