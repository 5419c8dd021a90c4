"""long-statement-under-lock: a statement that takes as long as a table is big runs while its transaction has locked
another, or the same.

Effect: a lock lasts until its transaction ends, however short the change was that took it.  After a change of a table
nobody reads or writes it meanwhile; after CREATE TABLE with a foreign key, nobody writes the table that it refers to.
Remedy: COMMIT in between; in revisions, rows belong into a data migration.

Bad:   CREATE TABLE marks (user_id bigint REFERENCES users (id)); INSERT INTO marks SELECT user_id FROM orders
Good:  CREATE TABLE marks (user_id bigint); INSERT INTO marks SELECT user_id FROM orders

Source: PostgreSQL manual, Explicit Locking: https://www.postgresql.org/docs/current/explicit-locking.html; measured on
14, 15 and 18.
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.plan import TableName, shown_table


def _find(op: o.Operation, at: Situation) -> Problem | None:
    under = at.under | (at.made.held if at.goes_on else set())
    what = _what(op, at) if under else ""
    if not what:
        return None
    return Problem(
        message=(
            f"{what} while the transaction holds the lock of {', '.join(sorted(map(shown_table, under)))}: running code"
            " waits for it until the transaction ends"
        ),
        remedy="COMMIT before it, or move the rows with a data migration (migrations/data/)",
        sql="COMMIT before it",
        source=at.traits.lock_source,
        severity=Severity.WARNING if _only_asks(op, at, under) else None,
    )


def _what(op: o.Operation, at: Situation) -> str:
    """What takes long about it; empty for what doesn't, or what another rule tells."""
    if isinstance(op, o.ReadRows):
        tables = [] if _is_told(at) else [one for one in op.tables if one not in at.made.tables]
        keyed = len(op.tables) == 1 and at.has_whole_key(_named(op.tables[0]), op.keyed_by)
        return f"reads table {', '.join(map(shown_table, tables))}" if tables and not keyed else ""
    if isinstance(op, o.Pause):
        return "sleeps"
    if not isinstance(op, o.Act) or not at.existed(op):
        return ""
    if op.kind is o.ActKind.VALIDATE and at.in_file and (op.schema, op.table, op.other) not in at.made.in_transaction:
        return f"checks all rows of table {op.target} for {op.other}"
    return f"computes {op.target} anew" if op.kind is o.ActKind.REFRESH and op.concurrently else ""


def _named(table: TableName) -> o.TableOperation:
    return o.TableOperation(schema=table[0], table=table[1])


def _is_told(at: Situation) -> bool:
    """Whether the statement changes rows of others, which is a finding of its own."""
    return any(isinstance(one, o.ChangeRows) and at.existed(one) and not one.listed for one in at.statement)


def _only_asks(op: o.Operation, at: Situation, under: frozenset[TableName]) -> bool:
    """Whether it is a mere query, of tables that aren't locked: many are short."""
    if not isinstance(op, o.ReadRows) or not under.isdisjoint(op.tables):
        return False
    return all(isinstance(one, o.Harmless) for one in at.statement)


RULE = Rule(
    id="long-statement-under-lock",
    find=_find,
    family=Family.LOCK,
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
    momentary=True,
)
