"""``python -m examples.inventory.demo``: a real rolling upgrade on real data, while two releases keep writing."""

from __future__ import annotations

import sys

import click

from examples.inventory import release_c
from examples.inventory.database import make_engine
from examples.inventory.final import every_instance
from examples.inventory.journal import read_journals
from examples.inventory.measure import measure
from examples.inventory.oracle import judge
from examples.inventory.rollout import Rollout, StepFailedError
from examples.inventory.scratch import NoDatabaseError, scratch_database
from examples.inventory.seed import seed
from examples.inventory.summary import Migrated, Summary
from examples.inventory.timeline import Timeline
from examples.inventory.tool import Tool
from examples.inventory.traffic import traffic_on
from examples.inventory.wrong_order import wrong_order

_COPY = 10  # the wrong order has this part of the rows


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--database-url", metavar="URL", help="A server; the demo makes and drops a database of its own there.")
@click.option("--instances", default=20_000, show_default=True, type=click.IntRange(1000), help="Rows at release A.")
@click.option("--max-count", default=8_000, show_default=True, type=click.IntRange(1), help="Rows of one data run.")
def main(database_url: str | None, instances: int, max_count: int) -> None:
    """Upgrade an inventory from release A to release C under traffic, and prove that nothing was lost.

    SQLite in a temporary folder without --database-url.  Exits 1 when a client saw an error, when an update was lost,
    when there was too little traffic to tell, or when the wrong order went unnoticed.
    """
    timeline = Timeline()
    try:
        failures = [*_right_order(database_url, instances, max_count, timeline)]
        failures += _wrong_order(database_url, max(instances // _COPY, 1000), timeline)
    except (StepFailedError, NoDatabaseError) as error:
        failures = [str(error)]
    for why in failures:
        timeline.plain(f"FAILED: {why}", style="bold red")
    if not failures:
        timeline.plain("no client saw an error, no update was lost, and the wrong order was noticed", "bold green")
    sys.exit(1 if failures else 0)


def _right_order(server: str | None, instances: int, max_count: int, timeline: Timeline) -> list[str]:
    with scratch_database(server) as (url, folder):
        engine = make_engine(url)
        tool = Tool(url=url, show=timeline.say)
        timeline.step(f"a database at release A with {instances} instances, on {engine.dialect.name}")
        timeline.command("expand --to 1a10")
        if tool.run("expand", "--to", "1a10").exit_code:
            raise StepFailedError("release A's schema could not be made")
        seeded = seed(engine, instances)
        ids = tuple(one.id for one in seeded)
        with traffic_on(url, folder / "journals", ids) as traffic, timeline.following(traffic.counts):
            rollout = Rollout(tool=tool, traffic=traffic, timeline=timeline, max_count=max_count)
            rollout.run()
        rollout.command("status")
        operations = read_journals(traffic.journals())
        summary = Summary(
            phases=rollout.phases,
            measured=measure(rollout.phases, operations, rollout.applied),
            verdict=judge(seeded, operations, every_instance(engine, release_c.Inventory(engine))),
            migrated=Migrated(rows=_rows_done(tool), seconds=rollout.data_seconds, runs=rollout.data_runs),
            died=traffic.died,
        )
        engine.dispose()
    summary.show(timeline)
    return summary.failures()


def _rows_done(tool: Tool) -> int:
    changes = tool.document("status")["changes"]
    return sum(int(one["done"]) for change in changes for one in change["data"])


def _wrong_order(server: str | None, instances: int, timeline: Timeline) -> list[str]:
    timeline.step(f"the wrong order, on another database with {instances} instances: A lives, the data is migrated")
    verdict = wrong_order(server, instances, timeline)
    timeline.plain(f"the oracle reports {len(verdict.lost)} lost updates and {len(verdict.stale)} stale reads")
    for text in (*verdict.lost[:1], *verdict.stale[:1]):
        timeline.plain(f"  for example: {text}")
    return [] if verdict.lost else ["the wrong order lost no update that the oracle noticed: it proves nothing"]


if __name__ == "__main__":
    main()
