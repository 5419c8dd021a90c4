"""What a statement did on MySQL and MariaDB: the least intrusive form that the server took, its locks, its rebuilds.

The server is asked by trying: each form in turn, from the lightest, with its ALGORITHM and LOCK asserted; the one that
it takes is the statement's own doing.  A table that is written anew gets a new tablespace, which shows what MariaDB
hides behind ALGORITHM=INSTANT (ENGINE=, PARTITION BY).

Source: MySQL manual 8.4, "Online DDL Operations", INNODB_TABLES, performance_schema.metadata_locks; MariaDB manual,
"InnoDB Online DDL Overview", INNODB_SYS_TABLES; run on MySQL 9.7 and MariaDB 10.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from migrator.dialects.checking import check_rules
from migrator.dialects.mysql.errors import MySQLErrors
from migrator.dialects.tracing import Asked, Existing, Locks, Send, TraceRules, looking_on
from migrator.model.operation import Operation
from migrator.model.trace import Measure

_HEAD = re.compile(
    r"(?P<head>\s*ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+(?:IF\s+EXISTS\s+)?(?:`(?:[^`]|``)+`|[\w$.]+)"
    r"(?:\s*\.\s*(?:`(?:[^`]|``)+`|[\w$]+))?)\s+(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_INDEX = re.compile(r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?|DROP\s+)INDEX\b", re.I)
_ASSERTED = re.compile(r"\b(ALGORITHM|LOCK)\s*=?\s*(DEFAULT|INSTANT|INPLACE|NOCOPY|COPY|NONE|SHARED|EXCLUSIVE)\b", re.I)
_TEXTS = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`", re.DOTALL)
_SERVERS_OWN = re.compile(
    r"(?:\s|/\*M?!\d*|/\*(?!M?!).*?\*/|--\s[^\n]*\n|#[^\n]*\n)*(?:"
    r"(?:CREATE|ALTER|DROP|RENAME)\s+(?:OR\s+REPLACE\s+|UNDO\s+|LOGFILE\s+)*"
    r"(?:DATABASE|SCHEMA|USER|ROLE|TABLESPACE|GROUP|SERVER|INSTANCE|RESOURCE|SPATIAL\s+REFERENCE)\b"
    r"|(?:USE|GRANT|REVOKE|FLUSH|RESET|PURGE|SHUTDOWN|RESTART|KILL|INSTALL|UNINSTALL|CLONE|IMPORT|BINLOG|BACKUP)\b"
    r"|(?:CHANGE|START|STOP)\s+(?:ALL\s+)?(?:REPLICATION|REPLICA|REPLICAS|MASTER|SLAVE|SLAVES|GROUP_REPLICATION)\b"
    r"|LOCK\s+INSTANCE\b|LOAD\s+(?:DATA|XML)\b"
    r"|SET\s+(?:PASSWORD|ROLE|DEFAULT\s+ROLE|RESOURCE)\b"
    r"|SET\b[^;]*?(?:\b(?:GLOBAL|PERSIST|PERSIST_ONLY)\s|@@(?:GLOBAL|PERSIST|PERSIST_ONLY)\s*\.))",
    re.IGNORECASE | re.DOTALL,
)
_MYSQL_FORMS = ("INSTANT", "INPLACE,LOCK=NONE", "INPLACE,LOCK=SHARED", "COPY,LOCK=SHARED", "COPY,LOCK=EXCLUSIVE")
_MARIADB_FORMS = (
    "INSTANT",
    "NOCOPY,LOCK=NONE",
    "NOCOPY,LOCK=SHARED",
    "INPLACE,LOCK=NONE",
    "INPLACE,LOCK=SHARED",
    "COPY,LOCK=SHARED",
    "COPY,LOCK=EXCLUSIVE",
)
# The form can't be asked for here (1064: no such syntax, 1221: not with INSTANT, 1235: not yet), or would come out
# otherwise than asked (1846 and its kin are the errors' own).
_NOT_ASKED = (1064, 1221, 1235)
_TABLES = sa.text(
    "SELECT table_name AS name FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name"
)
_INNODB = sa.text("SELECT * FROM information_schema.innodb_tables WHERE name LIKE :database")
_SESSIONS = sa.text("SELECT id FROM information_schema.processlist WHERE db = :name AND id <> CONNECTION_ID()")
_NO_SUCH_THREAD = 1094
_LOCKS = sa.text(
    "SELECT l.object_name AS name, l.lock_type AS mode, l.lock_status AS state"
    " FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id"
    " WHERE t.processlist_id = :session AND l.object_type = 'TABLE' AND l.object_schema = DATABASE()"
    " ORDER BY l.object_name, l.lock_type"
)


class MySQLTracing(TraceRules):
    """Needs CREATE and DROP on the scratch database, PROCESS for its tablespaces, SELECT on performance_schema."""

    forms: tuple[str, ...] = _MYSQL_FORMS
    spaces = sa.text("SELECT name, space FROM information_schema.innodb_tables WHERE name LIKE :database")
    shows_locks = True
    counts_versions = True
    rights = "GRANT ALL ON `{prefix}%`.* TO <user>; GRANT PROCESS ON *.* TO <user>"

    def has_tables(self, connection: Connection) -> bool:
        return connection.execute(_TABLES).first() is not None

    def create(self, connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f"CREATE DATABASE {_quoted(connection, name)} CHARACTER SET utf8mb4")

    def end_sessions(self, connection: Connection, name: str) -> None:
        for session in connection.execute(_SESSIONS, {"name": name}).scalars().all():
            try:
                connection.exec_driver_sql(f"KILL {int(session)}")
            except DBAPIError as error:
                if getattr(error.orig, "args", (0,))[0] != _NO_SUCH_THREAD:
                    raise

    def drop(self, connection: Connection, name: str) -> None:
        # The server would wait for the transactions that are open in it.
        self.end_sessions(connection, name)
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {_quoted(connection, name)}")

    def existing(self, connection: Connection) -> Existing:
        names = [str(name) for name in connection.execute(_TABLES).scalars()]
        return Existing(names={name: name for name in names}, tables=tuple(names))

    def unsent(self, connection: Connection, sql: str) -> str:
        if _SERVERS_OWN.match(sql):
            return "it changes the databases, the accounts or the settings of the server"
        here = connection.execute(sa.text("SELECT DATABASE()")).scalar_one()
        named = [str(name) for one in _read(sql) if (name := getattr(one, "schema", None)) and name != here]
        return f"it is about another database, {named[0]}" if named else ""

    def session(self, connection: Connection) -> Mapping[str, str]:
        checks, mode = connection.execute(sa.text("SELECT @@foreign_key_checks, @@sql_mode")).one()
        strict = "strict" if re.search("STRICT_(?:TRANS|ALL)_TABLES", str(mode)) else "not strict"
        return {"foreign_key_checks": "on" if checks else "off", "sql_mode": strict}

    def measured(self, connection: Connection, engine: Engine, asked: Asked, existing: Existing, send: Send) -> Measure:
        before, versions = self._spaces(connection), self._versions(connection)
        there = set(connection.execute(_TABLES).scalars())
        session = connection.execute(sa.text("SELECT CONNECTION_ID()")).scalar_one()
        one: sa.ColumnElement[int] = sa.literal_column("1")
        held: list[sa.Executable] = [
            sa.select(one).select_from(sa.table(name)).limit(0) for name in existing.tables if name in there
        ]
        hold = [sa.text("SET lock_wait_timeout = 1"), *held]

        def see(other: Connection) -> tuple[Locks, bool]:
            rows = [row for row in other.execute(_LOCKS, {"session": session}) if row.name in existing.names]
            locks: dict[str, list[str]] = {}
            for row in rows:
                locks.setdefault(row.name, []).append(row.mode)
            waits = any(row.state == "PENDING" for row in rows)
            return {name: tuple(dict.fromkeys(modes)) for name, modes in locks.items()}, waits

        if self.shows_locks:
            with looking_on(engine, hold, see) as seen:
                algorithm = self._lightest(asked, send)
            locks = seen()
        else:
            algorithm, locks = self._lightest(asked, send), {}
        rewritten = self._rewritten(connection, before, existing)
        return Measure(
            locks=locks,
            rewritten=rewritten,
            algorithm=algorithm,
            blocks=tuple(_blocks(algorithm if _alters_one_of(asked.sql, existing) else "", rewritten)),
            versions={
                name: count
                for name, count in self._versions(connection).items()
                if name in existing.names and count > versions.get(name, 0)
            },
            beside_traffic=bool(rewritten) and algorithm.endswith("LOCK=NONE") and not algorithm.startswith("INSTANT"),
        )

    def _rewritten(self, connection: Connection, before: Mapping[str, object], existing: Existing) -> tuple[str, ...]:
        """The tables and partitions that have another tablespace now.

        A table that is there while its tablespace is gone was written anew, or has another engine, or partitions; one
        that was renamed took its tablespace along, also where another table has its name now; a partition may be gone
        with its rows, which writes nothing.
        """
        after = self._spaces(connection)
        kept = set(after.values())
        left = set(connection.execute(_TABLES).scalars()) & set(existing.names)
        fresh = {_table(name) for name, space in after.items() if space not in before.values()}
        return tuple(
            name
            for name, space in before.items()
            if _table(name) in left and space not in kept and (_table(name) == name or _table(name) in fresh)
        )

    def _lightest(self, asked: Asked, send: Send) -> str:
        """Send the forms in turn and say which was taken; empty for a statement that has no forms."""
        last = (asked.sql, *asked.forms)[-1]
        forms = [(text, _asserted(text)) for text in (asked.sql, *asked.forms) if _asserted(text)]
        if not _asserted(last):
            forms += [(text, form) for form in self.forms if (text := _with_form(last, form))]
            forms.append((last, ""))
        for text, form in forms[:-1]:
            try:
                send(text)
            except DBAPIError as error:
                number = getattr(error.orig, "args", (0,))[0]
                if not MySQLErrors().form_refused(error.orig or error) and number not in _NOT_ASKED:
                    raise
            else:
                return form
        send(forms[-1][0])
        return forms[-1][1]

    def _versions(self, connection: Connection) -> Mapping[str, int]:
        """How many INSTANT changes of its columns a table has seen; a server takes 64 (255 from MySQL 9.1) and then no
        more until the table is rebuilt.

        Source: MySQL manual, "Online DDL Operations" (TOTAL_ROW_VERSIONS, from 8.0.29).
        """
        database = str(connection.execute(sa.text("SELECT DATABASE()")).scalar_one())
        found: dict[str, int] = {}
        for row in (
            connection.execute(_INNODB, {"database": f"{database}/%"}).mappings() if self.counts_versions else ()
        ):
            values = {str(key).lower(): value for key, value in row.items()}
            found[_table(str(values["name"]).split("/", 1)[1])] = int(values.get("total_row_versions") or 0)
        return found

    def _spaces(self, connection: Connection) -> Mapping[str, object]:
        database = str(connection.execute(sa.text("SELECT DATABASE()")).scalar_one())
        rows = connection.execute(self.spaces, {"database": f"{database}/%"}).all()
        return {str(row[0]).split("/", 1)[1]: row[1] for row in rows}


class MariaDBTracing(MySQLTracing):
    """Shows no metadata locks unless a plugin is loaded, so none are reported."""

    forms = _MARIADB_FORMS
    spaces = sa.text("SELECT name, space FROM information_schema.innodb_sys_tables WHERE name LIKE :database")
    shows_locks = False
    counts_versions = False


def _table(name: str) -> str:
    """The table of a tablespace's name, which names the partition too."""
    return re.split("#[pP]#", name)[0]


def _read(sql: str) -> list[Operation]:
    return [one for read in check_rules("mysql").read(sql) for one in read.operations]


def _alters_one_of(sql: str, existing: Existing) -> bool:
    """Whether a table that was there before may be the one that is altered; also where that can't be told."""
    tables = {str(table) for one in _read(sql) if (table := getattr(one, "table", ""))}
    return not tables or any(name in existing.names for name in tables)


def _asserted(sql: str) -> str:
    """``INPLACE,LOCK=NONE`` of a statement that says so itself; empty where it doesn't."""
    if not (_HEAD.match(sql) or _INDEX.match(sql)):
        return ""
    said = {kind.upper(): value.upper() for kind, value in _ASSERTED.findall(_TEXTS.sub("''", sql))}
    if said.get("ALGORITHM", "DEFAULT") == "DEFAULT" and said.get("LOCK", "DEFAULT") == "DEFAULT":
        return ""
    lock = f",LOCK={said['LOCK']}" if "LOCK" in said else ""
    return f"{said.get('ALGORITHM', 'DEFAULT')}{lock}"


def _with_form(sql: str, form: str) -> str:
    """The statement with the form asserted; empty where it takes none."""
    sql = sql.strip().rstrip("; ")
    algorithm, _, lock = form.partition(",LOCK=")
    said = f"ALGORITHM={algorithm}{f', LOCK={lock}' if lock else ''}"
    if found := _HEAD.match(sql):
        # First, since nothing may stand behind PARTITION BY; and with no comma before that.
        partitioned = re.match(r"PARTITION\s+BY\b|REMOVE\s+PARTITIONING\b", found["rest"], re.IGNORECASE)
        return f"{found['head']} {said}{'' if partitioned else ','} {found['rest']}"
    if _INDEX.match(sql):
        return f"{sql} {said.replace(',', '')}"
    return ""


def _blocks(algorithm: str, rewritten: tuple[str, ...]) -> Iterator[str]:
    name, _, lock = algorithm.partition(",LOCK=")
    if lock in ("SHARED", "EXCLUSIVE") or name == "COPY":
        who = "readers and writers" if lock == "EXCLUSIVE" else "writers"
        yield f"keeps {who} out while it runs (ALGORITHM={name}{f', LOCK={lock}' if lock else ''})"
    for table in rewritten:
        yield f"writes {table} anew"


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def trace_rules(name: str) -> TraceRules:
    """The rules of ``mysql`` or ``mariadb``."""
    return MariaDBTracing() if name == "mariadb" else MySQLTracing()
