"""ALTER TABLE, CREATE INDEX and DROP INDEX on MySQL and MariaDB: the assertion that each can be sent with."""

from __future__ import annotations

import re
from dataclasses import replace

from migrator.dialects.mysql import planner_refusals as refusals
from migrator.dialects.mysql.planner_actions import Action, Form, Where, becomes_row_key, judge
from migrator.dialects.mysql.planner_refusals import Refusal
from migrator.dialects.mysql.planner_steps import (
    MAY_LAG,
    OLD_SNAPSHOT,
    ONLINE,
    SNAPSHOT_LOST_AT_ONCE,
    at_once,
    built,
    completed,
    locked,
    moment,
    rebuild_note,
    refused,
)
from migrator.dialects.mysql.planner_text import IndexChange, Options, Piece, TableChange, references
from migrator.dialects.mysql.planner_virtual import unmoved
from migrator.dialects.planning import Ask
from migrator.model.plan import Plan, PlannedStep, TableName, shown_table

DROP_INDEX_TAKES_ALGORITHM = "drop-index-takes-algorithm"
_ONLINE_INDEX = "ALGORITHM=INPLACE LOCK=NONE"
_COMPUTED = re.compile(r"ADD .*\b(?:GENERATED ALWAYS|AS) ?\(?", re.IGNORECASE)
_SPLIT = "; two statements, first the columns, then the indexes, wouldn't"
_AT_ONCE = frozenset({Form.ADD, Form.CATALOGUE, Form.COLUMN})
# What MySQL does at once together with a new column.
_AT_ONCE_TOO = re.compile(
    r"ADD|DROP(?: COLUMN)? `|ALTER(?: COLUMN)? \S+ (?:SET|DROP) DEFAULT|RENAME COLUMN", re.IGNORECASE
)
_IN_CATALOGUE = re.compile(
    r"COMMENT\b|ALTER\b.*\bDEFAULT\b|ALTER (?:INDEX|KEY)|RENAME\b|(?:DISABLE|ENABLE) KEYS|AUTO_INCREMENT\b"
    r"|DEFAULT\b|STATS_\w+|(?:ANALYZE|CHECK|DROP|TRUNCATE) PARTITION",
    re.IGNORECASE,
)
_REFUSES_NULL = re.compile(r"(?:CHANGE|MODIFY)\b.*\b(?:NOT NULL|PRIMARY KEY)\b", re.IGNORECASE)
STRICT = "sql_mode of the session: taken for strict; without that the server copies the table and keeps writers out"
_READS = frozenset({Form.BUILD, Form.REBUILD})


def plan_alter(ask: Ask, change: TableChange) -> Plan:
    """The step of an ALTER TABLE."""
    parents = references(change.sql)
    if not ask.existed(change.table):
        return moment(ask, *parents)
    where = Where(table=shown_table(change.table), capabilities=ask.capabilities, facts=ask.facts(change.table))
    mariadb = not ask.capabilities.has(SNAPSHOT_LOST_AT_ONCE)
    actions = [judge(piece, where) for piece in change.actions]
    if not mariadb and any(one.form is Form.ADD for one in actions):
        # Beside a new column MySQL moves others in the catalogue alone (run on 9.7).
        actions = [judge(unmoved(piece), where) for piece in change.actions]
    refusal = _asked(change) or _refusal(actions, change, mariadb=mariadb) or _engine(change, where)
    if refusal is not None:
        return refused(ask, change.sql, refusal, change.table, *parents)
    if change.options.asserts_online:
        return Plan(steps=(_as_asked(change, actions, mariadb=mariadb),))
    step = _asserted(ask, change, actions)
    strict = not mariadb and (step.rewrites or step.may_rewrite) and any(map(_refuses_null, change.actions))
    return Plan(steps=(replace(step, condition=STRICT) if strict else step,))


def _asked(change: TableChange) -> Refusal | None:
    """What the statement's own words ask for."""
    if change.ignores:
        return refusals.ignored(shown_table(change.table))
    if not change.options.blocks:
        return None
    table = shown_table(change.table)
    online = f"ALTER TABLE {table} {', '.join(piece.text for piece in change.actions)}, {ONLINE}"
    return refusals.own_words(table, _words(change.options), online, copies=change.options.algorithm == "COPY")


def _engine(change: TableChange, where: Where) -> Refusal | None:
    """A table of another engine than InnoDB is copied for all that isn't in the catalogue alone."""
    if where.facts is None or where.facts.options.get("engine", "innodb") == "innodb":
        return None
    if change.options.refuses_blocking or all(_IN_CATALOGUE.match(piece.words) for piece in change.actions):
        return None
    return refusals.other_engine(where.table, where.facts.options["engine"])


def _words(options: Options) -> str:
    named = (("ALGORITHM", options.algorithm), ("LOCK", options.lock))
    return ", ".join(f"{name}={value}" for name, value in named if value)


def _refusal(actions: list[Action], change: TableChange, *, mariadb: bool) -> Refusal | None:
    """The first reason against it; with an assertion of its own the server can give most of them itself."""
    found = [one.refusal for one in actions if one.refusal is not None]
    if change.options.refuses_blocking:
        found = [one for one in found if one.always]
    if found:
        return found[0]
    forms = {one.form for one in actions}
    mixed = len(actions) > 1 and bool(forms & {Form.RENAME, Form.BARE})
    # The server reads the whole table for the values of a virtual column that it indexes in the same statement.
    computed = Form.BUILD in forms and any(_COMPUTED.match(piece.words) for piece in change.actions)
    computed = computed or (mariadb and Form.ADD in forms and _partly_computed(change))
    mixed = mixed or computed
    return refusals.combined(shown_table(change.table)) if mixed and not change.options.refuses_blocking else None


def _partly_computed(change: TableChange) -> bool:
    """Whether a virtual column is added together with any other change; MariaDB copies the table for that."""
    return 0 < sum(bool(_COMPUTED.match(piece.words)) for piece in change.actions) < len(change.actions)


def _as_asked(change: TableChange, actions: list[Action], *, mariadb: bool) -> PlannedStep:
    """The statement with its own assertion.

    A new column is written into all rows only where MySQL is told INPLACE; MariaDB takes that for "at most INPLACE".
    """
    sql = completed(change.sql, change.options, ", ")
    forms = {one.form for one in actions}
    if change.options.algorithm == "INSTANT":
        return locked(sql, (change.table,))
    if not forms & {Form.ADD, Form.COLUMN, Form.BUILD, Form.REBUILD}:
        return locked(sql, (change.table,))
    writes = {Form.ADD, Form.REBUILD} if change.options.algorithm == "INPLACE" and not mariadb else {Form.REBUILD}
    rewrites = change.options.algorithm != "NOCOPY" and bool(forms & writes)
    note = rebuild_note(change.table) if rewrites else _snapshot(change.table)
    return built(sql, change.table, rewrites=rewrites, note=note)


def _asserted(ask: Ask, change: TableChange, actions: list[Action]) -> PlannedStep:
    """The statement with the assertion of the best form that its actions have in common."""
    forms = {one.form for one in actions}
    tables = (change.table,)
    sql, online = change.sql, f"{change.sql}, {ONLINE}"
    if not forms or forms & {Form.RENAME, Form.BARE}:
        return locked(ask.request.sql, tables)
    if forms & _READS:
        columns = bool(forms & {Form.ADD, Form.COLUMN, Form.REBUILD})
        split = _SPLIT if Form.BUILD in forms and Form.REBUILD not in forms else ""
        note = rebuild_note(change.table) + split if columns else _snapshot(change.table)
        return built(online, change.table, rewrites=columns, note=note)
    lost = ask.capabilities.has(SNAPSHOT_LOST_AT_ONCE) and forms & {Form.ADD, Form.COLUMN}
    note = _snapshot(change.table) if lost else ""
    instant = f"{sql}, {at_once(ask)}"
    if Form.ADD in forms:
        alone = not ask.capabilities.has(SNAPSHOT_LOST_AT_ONCE) or all(
            one.keeps_type or _AT_ONCE_TOO.match(piece.words)
            for one, piece in zip(actions, change.actions, strict=True)
        )
        return replace(locked(instant, tables, note=note), degrades=not alone)
    if Form.COLUMN not in forms:
        return locked(instant, tables, choices=(online,), note=note)
    note = "; ".join(part for part in (MAY_LAG.format(table=shown_table(change.table)), note) if part)
    return replace(locked(instant, tables, choices=(online,), note=note), waits_for=tables, may_rewrite=True)


def _refuses_null(piece: Piece) -> bool:
    return bool(_REFUSES_NULL.match(piece.words))


def _snapshot(table: TableName) -> str:
    return OLD_SNAPSHOT.format(table=shown_table(table))


def plan_index(ask: Ask, change: IndexChange) -> Plan:
    """The step of a CREATE INDEX or DROP INDEX."""
    if not ask.existed(change.table):
        return Plan(steps=(PlannedStep(sql=ask.request.sql),))
    refusal = _index_refusal(change) or _row_key(ask, change) or _other_engine(ask, change)
    if refusal is not None and (refusal.always or not change.options.refuses_blocking):
        return refused(ask, change.sql, refusal, change.table)
    if not change.creates:
        return Plan(steps=(locked(_dropped(ask, change), (change.table,)),))
    own = change.options.asserts_online
    sql = completed(change.sql, change.options, " ") if own else f"{change.sql} {_ONLINE_INDEX}"
    rewrites = change.kind == "UNIQUE" and becomes_row_key(change.sql, ask.facts(change.table))
    note = rebuild_note(change.table) if rewrites else _snapshot(change.table)
    return Plan(steps=(built(sql, change.table, rewrites=rewrites, note=note),))


def _other_engine(ask: Ask, change: IndexChange) -> Refusal | None:
    facts = ask.facts(change.table)
    engine = "innodb" if facts is None else facts.options.get("engine", "innodb")
    return None if engine == "innodb" else refusals.other_engine(shown_table(change.table), engine)


def _row_key(ask: Ask, change: IndexChange) -> Refusal | None:
    facts = None if change.creates else ask.facts(change.table)
    if facts is None or facts.row_key != change.index or not change.index:
        return None
    return refusals.drops_row_key(shown_table(change.table), change.index)


def _index_refusal(change: IndexChange) -> Refusal | None:
    table = shown_table(change.table)
    if change.options.blocks:
        words = _words(change.options).replace(", ", " ")
        bare = change.sql[: -len(words)].rstrip() if change.sql.upper().endswith(words) else change.sql
        copies = change.options.algorithm == "COPY"
        return refusals.own_words(table, words, f"{bare} {_ONLINE_INDEX}", copies=copies)
    if not change.creates:
        drops_key = change.index.upper() == "PRIMARY"
        return replace(refusals.change_primary_key("drops", table), online=False) if drops_key else None
    if change.kind not in ("", "UNIQUE"):
        return refusals.fulltext_or_spatial(change.kind, table)
    return refusals.expression_index(table) if change.expressions else None


def _dropped(ask: Ask, change: IndexChange) -> str:
    """MariaDB has no ALGORITHM in DROP INDEX; no index but the primary key's is dropped by a copy there."""
    if change.options.asserts_online:
        return completed(change.sql, change.options, " ")
    return f"{change.sql} {_ONLINE_INDEX}" if ask.capabilities.has(DROP_INDEX_TAKES_ALGORITHM) else change.sql
