"""``python -m benchmarks [NAME ...] [--database-url URL]``: run them all, or those named, and print a table each."""

from __future__ import annotations

import argparse
from importlib import import_module

NAMES = ("startup", "check_speed", "data_engine", "data_latency", "ddl_stall", "heartbeat", "ready_latency")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*NAMES, []], help="which; default all")
    parser.add_argument(
        "--database-url",
        help="for data_engine, data_latency, heartbeat and ready_latency: an empty database; default a SQLite file",
    )
    parser.add_argument("--rows", type=int, default=200_000, help="for data_engine and data_latency (default 200000)")
    options = parser.parse_args()
    for name in options.name or NAMES:
        print(f"== {name}")
        print(import_module(f"benchmarks.{name}").measure(options.database_url, options.rows))


main()
