"""Steps on MySQL and MariaDB: each change of a table that traffic uses is sent with the assertion that it can be held
to, and the server refuses (1845, 1846) what it can't do beside traffic.

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; MySQL 9.7 and MariaDB
10.11 measured by tests/integration/test_mysql_planner.py, other versions from the manual.
"""

from __future__ import annotations

import re
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.mysql import planner_facts
from migrator.dialects.mysql import planner_refusals as refusals
from migrator.dialects.mysql.planner_alter import DROP_INDEX_TAKES_ALGORITHM, plan_alter, plan_index
from migrator.dialects.mysql.planner_columns import CHECK_WITH_COLUMN, EXPRESSION_DEFAULT
from migrator.dialects.mysql.planner_steps import (
    LOCK_WITH_INSTANT,
    SNAPSHOT_LOST_AT_ONCE,
    moment,
    refused,
)
from migrator.dialects.mysql.planner_text import UnreadableError, index_change, pieces, references, table_change
from migrator.dialects.planning import Ask, Lookup, PlanRules, Request, plain, version_numbers
from migrator.dialects.statement_heads import NAME, split_name
from migrator.model.plan import Capabilities, Plan, TableFacts, TableName, shown_table

_MARIADB = frozenset({LOCK_WITH_INSTANT, CHECK_WITH_COLUMN, EXPRESSION_DEFAULT})
_MYSQL = frozenset({DROP_INDEX_TAKES_ALGORITHM, SNAPSHOT_LOST_AT_ONCE})
_OLDEST = {"mysql": "8.0", "mariadb": "10.6"}
_FLAGS = re.IGNORECASE | re.DOTALL
_VERBS = r"(?:ALTER|CREATE|DROP|RENAME|TRUNCATE|OPTIMIZE|REPAIR)\b"
_SPACE = r"(?:\s|/\*(?!M?!).*?\*/|--\s[^\n]*\n|#[^\n]*\n)*"
_DDL = re.compile(rf"{_SPACE}{_VERBS}", _FLAGS)
_HIDDEN = re.compile(rf"{_SPACE}(?:/\*M?!|SET\s+STATEMENT\b.*\bFOR\s+{_VERBS})", _FLAGS)
_RENAMED = re.compile(r"RENAME TABLES? (?P<names>.*)$", _FLAGS)
_DROPPED = re.compile(r"DROP (?:TABLES?|VIEW) (?:IF EXISTS )?(?P<names>.*?)(?: RESTRICT| CASCADE)?$", _FLAGS)
_TRUNCATED = re.compile(rf"TRUNCATE (?:TABLE )?{NAME}", _FLAGS)
_MADE = re.compile(rf"CREATE (?P<replaces>OR REPLACE )?TABLE (?:IF NOT EXISTS )?{NAME}", _FLAGS)
_VIEW = re.compile(rf"(?:CREATE OR REPLACE|ALTER) (?:\S+ ?= ?\S+ |SQL SECURITY \w+ )*VIEW {NAME}", _FLAGS)
_TRIGGER = re.compile(rf"CREATE .*?\bTRIGGER .*?\bON {NAME} FOR EACH ROW\b", _FLAGS)
_REBUILT = re.compile(
    rf"(?P<verb>OPTIMIZE|REPAIR) (?:NO_WRITE_TO_BINLOG |LOCAL )?TABLES? (?P<names>{NAME}(?: ?, ?{NAME})*)", _FLAGS
)


class MySQLPlanner(PlanRules):
    """What traffic would notice is refused; the rest is sent with an assertion, its second choices beside it."""

    last_form_rule = refusals.COPIES

    def capabilities(self, connection: Connection) -> Capabilities:
        """The server itself says which it is: a mysql:// URL may lead to MariaDB."""
        version = str(connection.execute(sa.text("SELECT VERSION()")).scalar_one())
        return _capabilities(version.split("-")[0], "mariadb" if "mariadb" in version.lower() else "mysql")

    def assumed(self, name: str, version: str | None) -> Capabilities:
        if version is not None:
            version_numbers(version)
        return _capabilities(version or _OLDEST[name], name)

    def facts(self, connection: Connection, schema: str | None, table: str) -> TableFacts | None:
        return planner_facts.table_facts(connection, schema, table)

    def plan(self, request: Request, capabilities: Capabilities, lookup: Lookup) -> Plan:
        ask = Ask(request=request, capabilities=capabilities, lookup=lookup)
        if _HIDDEN.match(request.sql):
            return refused(ask, request.sql, refusals.opaque())
        if not _DDL.match(request.sql):
            return plain(ask)
        if _TRIGGER.match(_one_line(request.sql)):
            return moment(ask, _named(_TRIGGER, request.sql))
        try:
            parts = pieces(request.sql)
        except UnreadableError:
            return _unreadable(ask)
        change = table_change(parts)
        if change is not None:
            return plan_alter(ask, change)
        index = index_change(parts)
        if index is not None:
            return plan_index(ask, index)
        return _other(ask, ", ".join(part.text for part in parts))


def _capabilities(version: str, name: str) -> Capabilities:
    """MySQL 8.0 to 9 and MariaDB 10.6 to 11 differ from each other in these alone; MySQL's INSTANT is refused where it
    has none yet (DROP COLUMN and columns in the middle before 8.0.29: from the manual), and the next form tried."""
    return Capabilities(version=version, features=_MARIADB if name == "mariadb" else _MYSQL)


def _unreadable(ask: Ask) -> Plan:
    """The body of a routine holds semicolons and locks no table."""
    if (
        re.match(r".*?\b(?:PROCEDURE|FUNCTION|EVENT|TRIGGER)\b", ask.request.sql, _FLAGS)
        and "/*!" not in ask.request.sql
    ):
        return plain(ask)
    return refused(ask, ask.request.sql, refusals.opaque())


def _other(ask: Ask, sql: str) -> Plan:
    rebuilt = _REBUILT.match(sql)
    if rebuilt:
        return _rebuilt(ask, sql, rebuilt)
    return moment(ask, *_locked(sql))


def _rebuilt(ask: Ask, sql: str, match: re.Match[str]) -> Plan:
    """OPTIMIZE writes a table anew; REPAIR does nothing to one of InnoDB, and says so."""
    repairs = match["verb"].upper() == "REPAIR"
    named = [split_name(one) for one in re.findall(NAME, match["names"])]
    heavy = [one for one in named if ask.existed(one) and not (repairs and _is_innodb(ask, one))]
    if not heavy:
        return plain(ask)
    refusal = refusals.optimize(shown_table(heavy[0]))
    return refused(ask, sql, replace(refusal, condition=refusals.ENGINE) if repairs else refusal, *heavy)


def _is_innodb(ask: Ask, table: TableName) -> bool:
    facts = ask.facts(table)
    return facts is not None and facts.options.get("engine") == "innodb"


def _locked(sql: str) -> tuple[TableName, ...]:
    """The tables whose metadata lock the statement takes exclusively."""
    renamed, dropped, made = _RENAMED.match(sql), _DROPPED.match(sql), _MADE.match(sql)
    if renamed:
        pairs = re.finditer(rf"{NAME}(?: (?:WAIT \d+|NOWAIT))? TO {NAME}", renamed["names"], re.IGNORECASE)
        return tuple(split_name(one[1]) for one in pairs)
    if dropped:
        return tuple(
            split_name(one) for one in re.findall(NAME, re.sub(r" (?:WAIT \d+|NOWAIT)$", "", dropped["names"]))
        )
    if made:
        return (*((split_name(made[2]),) if made["replaces"] else ()), *references(sql))
    one = _TRUNCATED.match(sql) or _VIEW.match(sql)
    return (split_name(one[1]),) if one else ()


def _one_line(sql: str) -> str:
    return " ".join(sql.split())


def _named(pattern: re.Pattern[str], sql: str) -> TableName:
    match = pattern.match(_one_line(sql))
    return split_name(match[1]) if match else (None, "")


def plan_rules(name: str) -> PlanRules:
    """The planner of ``mysql`` or ``mariadb``."""
    return MySQLPlanner()
