"""Load, blocked sessions and replicas of PostgreSQL.

Source: PostgreSQL manual 18, 27.2 (pg_stat_activity, pg_stat_replication, pg_stat_wal_receiver) and 9.27 (functions).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.throttle import Replica, Replication, Running, ThrottleRules

# Only sessions that wait are asked for whom: pg_blocking_pids stops the lock manager for a moment at each call.
_BLOCKED = sa.text(
    "SELECT count(*) FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted) w"
    " JOIN pg_stat_activity a USING (pid)"
    " WHERE pg_blocking_pids(w.pid) && CAST(:sessions AS int[]) AND w.pid <> ALL (CAST(:sessions AS int[]))"
    " AND a.application_name NOT LIKE 'migrator %'"
)
# To a role without pg_read_all_stats the state of other roles' sessions is NULL, which would count as nothing.
_ACTIVE = sa.text(
    "SELECT count(*) FILTER (WHERE state = 'active' AND application_name NOT LIKE 'migrator %') AS active,"
    " count(*) FILTER (WHERE state IS NULL) AS hidden"
    " FROM pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_backend_pid()"
)
_REPLICAS = sa.text(
    "SELECT coalesce(nullif(application_name, ''), host(client_addr), 'replica') AS name, state,"
    " CAST(pg_wal_lsn_diff(replay_lsn, '0/0') AS bigint) AS applied,"
    " CAST(extract(epoch FROM replay_lag) AS float8) AS lag,"
    " CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bigint) AS position"
    " FROM pg_stat_replication"
)
# What is received and replayed is not late, however long ago it was written; with nobody to receive from, nobody knows.
_LAG_HERE = sa.text(
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL"
    " WHEN NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN NULL"
    " WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
    " ELSE CAST(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS float8) END"
)


class PostgreSQLThrottle(ThrottleRules):
    """The locks are shown to every role; states and replicas to members of pg_monitor."""

    knows_replicas = True
    remedy_active = "GRANT pg_read_all_stats TO the role that migrates"
    remedy_replicas = "GRANT pg_monitor TO the role that migrates"

    def blocked(self, connection: Connection, sessions: Sequence[str]) -> int | None:
        values = {"sessions": "{" + ",".join(str(int(one)) for one in sessions) + "}"}
        return int(connection.execute(_BLOCKED, values).scalar_one())

    def active(self, connection: Connection, ours: Sequence[str] = ()) -> Running | None:
        row = connection.execute(_ACTIVE).one()  # ours tell their name
        return None if row.hidden else Running(count=int(row.active))

    def replication(self, connection: Connection) -> Replication | None:
        rows = connection.execute(_REPLICAS).all()
        if any(row.state is None for row in rows):
            return None
        # Without a replay position it is no replica: pg_receivewal, a base backup.
        replicas = tuple(_replica(row) for row in rows if row.applied is not None)
        return Replication(position=max((int(row.position) for row in rows), default=0), replicas=replicas)

    def lag_here(self, connection: Connection) -> timedelta | None:
        seconds = connection.execute(_LAG_HERE).scalar()
        return None if seconds is None else timedelta(seconds=max(0.0, seconds))


def _replica(row: sa.Row[Any]) -> Replica:
    lag = None if row.lag is None else timedelta(seconds=max(0.0, row.lag))
    return Replica(name=row.name, applied=int(row.applied), lag=lag)
