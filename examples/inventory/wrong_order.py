"""The wrong order, once: the data migrations run while release A lives, and C starts beside it.

No gate keeps them from it: these clients don't register, so that nobody knows of them.  It shows that the oracle
notices lost updates, so that its silence about the right order means something.
"""

from __future__ import annotations

import time

from examples.inventory import release_c
from examples.inventory.database import make_engine
from examples.inventory.final import every_instance
from examples.inventory.journal import read_journals
from examples.inventory.oracle import Verdict, judge
from examples.inventory.rollout import Rollout
from examples.inventory.scratch import scratch_database
from examples.inventory.seed import seed
from examples.inventory.timeline import Timeline
from examples.inventory.tool import Tool
from examples.inventory.traffic import traffic_on

_SIDE_BY_SIDE = 3.0  # seconds


def wrong_order(server: str | None, instances: int, timeline: Timeline) -> Verdict:
    """Lose updates on a database of its own; returns what the oracle says to that.

    Raises:
        StepFailedError: a command failed.
    """
    with scratch_database(server) as (url, folder):
        engine = make_engine(url)
        tool = Tool(url=url, show=timeline.say)
        tool.run("expand", "--to", "1a10")
        seeded = seed(engine, instances)
        ids = tuple(one.id for one in seeded)
        with traffic_on(url, folder / "journals", ids, registered=False) as traffic:
            rollout = Rollout(tool=tool, traffic=traffic, timeline=timeline, max_count=3 * instances)
            traffic.start("A")
            rollout.command("expand")
            rollout.command("online-data-migrations", "--max-count", str(rollout.max_count), expected=(0, 1))
            traffic.start("C")
            timeline.say("C reads the new places while A still writes the old ones")
            time.sleep(_SIDE_BY_SIDE)
        rollout.command("contract", expected=(4,))
        final = every_instance(engine, release_c.Inventory(engine))
        engine.dispose()
        return judge(seeded, read_journals(traffic.journals()), final)
