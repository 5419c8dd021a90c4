"""The steps that MySQL's and MariaDB's plans are put together from: assertions, locks, notes."""

from __future__ import annotations

from migrator.dialects.mysql.planner_refusals import Refusal
from migrator.dialects.mysql.planner_text import Options
from migrator.dialects.planning import Ask, plain
from migrator.model.plan import Blocking, Blocks, Plan, PlannedStep, TableName, shown_table

LOCK_WITH_INSTANT = "lock-with-instant"
SNAPSHOT_LOST_AT_ONCE = "snapshot-lost-at-once"
EXCLUSIVE = "exclusive metadata lock"
SHARED = "metadata lock SHARED_NO_WRITE"
ONLINE = "ALGORITHM=INPLACE, LOCK=NONE"
OLD_SNAPSHOT = "a transaction that began before and reads {table} only afterwards gets error 1412 once"
LAGS = "rebuilds the table {table}: replicas lag by about its duration"
MAY_LAG = "where the server can't change {table} at once, it rebuilds it: replicas lag by about its duration"


def at_once(ask: Ask) -> str:
    """The strongest assertion that the server takes for a change at once.

    MySQL refuses LOCK with INSTANT; on MariaDB INSTANT alone may take a shared lock.
    """
    return "ALGORITHM=INSTANT, LOCK=NONE" if ask.capabilities.has(LOCK_WITH_INSTANT) else "ALGORITHM=INSTANT"


def moment(ask: Ask, *tables: TableName) -> Plan:
    """As it is, under an exclusive metadata lock for as long as the catalogue changes."""
    held = ask.those_that_existed(*tables)
    return Plan(steps=(locked(ask.request.sql, held),)) if held else plain(ask)


def locked(sql: str, tables: tuple[TableName, ...], *, choices: tuple[str, ...] = (), note: str = "") -> PlannedStep:
    """A change of the catalogue, bounded by lock_wait_timeout."""
    return PlannedStep(sql=sql, lock=EXCLUSIVE, blocks=Blocks.ALL, tables=tables, choices=choices, note=note)


def built(
    sql: str, table: TableName, *, note: str, rewrites: bool = False, choices: tuple[str, ...] = ()
) -> PlannedStep:
    """A build beside traffic: the exclusive lock at its beginning and at its end only."""
    return PlannedStep(
        sql=sql,
        lock=EXCLUSIVE,
        blocks=Blocks.ALL,
        tables=(table,),
        scans=True,
        rewrites=rewrites,
        choices=choices,
        waits_for=(table,),
        note=note,
    )


def refused(ask: Ask, sql: str, refusal: Refusal, *tables: TableName) -> Plan:
    """The statement for those who allow it by name: beside traffic where that may be, else as it is."""
    online = refusal.online and not refusal.always
    step = PlannedStep(
        sql=f"{sql}, {ONLINE}" if online else ask.request.sql,
        lock=SHARED,
        blocks=Blocks.WRITERS,
        tables=ask.those_that_existed(*tables),
        scans=True,
        rewrites=refusal.rewrites,
        choices=(ask.request.sql,) if online else (),
        waits_for=tables[:1],
        note=rebuild_note(tables[0]) if refusal.rewrites and tables else "",
    )
    blocking = Blocking(rule=refusal.rule, message=refusal.message, remedy=refusal.remedy, condition=refusal.condition)
    return Plan(steps=(step,), blocking=blocking)


def completed(sql: str, options: Options, separator: str) -> str:
    """A statement with an assertion of its own, which INPLACE and NOCOPY alone leave open to a shared lock."""
    if options.algorithm in ("INPLACE", "NOCOPY") and not options.lock:
        return f"{sql}{separator}LOCK=NONE"
    return sql


def rebuild_note(table: TableName) -> str:
    """What a person should know before a rebuild."""
    return f"{LAGS.format(table=shown_table(table))}; {OLD_SNAPSHOT.format(table=shown_table(table))}"
