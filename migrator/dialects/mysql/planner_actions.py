"""What each action of an ALTER TABLE asks of the server, and which of them no server does beside traffic.

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Operations with ALGORITHM=INSTANT"
and the pages beside it; run on MySQL 9.7 and MariaDB 10.11 by tests/integration/test_mysql_planner.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from migrator.dialects.mysql.planner_columns import (
    EXPRESSION_DEFAULT,
    Rewrite,
    added_column,
    changed_column,
    converts_in_place,
    keeps_type,
)
from migrator.dialects.mysql.planner_refusals import (
    Refusal,
    add_check,
    add_foreign_key,
    change_engine,
    change_partitions,
    change_primary_key,
    convert_charset,
    drops_row_key,
    expression_index,
    fulltext_or_spatial,
    rebuild,
    unasserted,
    with_fulltext,
)
from migrator.dialects.mysql.planner_text import Piece, has_expression, name_after
from migrator.dialects.mysql.planner_virtual import added_beside_virtual, beside_virtual, dropped
from migrator.dialects.statement_heads import PART, split_name
from migrator.model.plan import Capabilities, TableFacts


class Form(StrEnum):
    """How an action can be done at best.

    ``CATALOGUE`` never touches rows; ``COLUMN`` may rebuild the table where the server can't do it at once; ``ADD`` is
    only worth it at once; ``BUILD`` reads the table; ``REBUILD`` writes it anew; ``RENAME`` and ``BARE`` take no
    assertion.
    """

    ADD = "add"
    CATALOGUE = "catalogue"
    COLUMN = "column"
    BUILD = "build"
    REBUILD = "rebuild"
    RENAME = "rename"
    BARE = "bare"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action of an ALTER TABLE; ``refusal`` says why it isn't done beside traffic, None where it is.

    ``keeps_type``: it states a column anew with its type, which MySQL does at once together with a new column.
    """

    form: Form
    refusal: Refusal | None = None
    keeps_type: bool = False


@dataclass(frozen=True, kw_only=True)
class Where:
    """The table that an action is about."""

    table: str
    capabilities: Capabilities
    facts: TableFacts | None


Judge = Callable[[Piece, Where], Action]
_CHANGED = {Rewrite.YES: Form.REBUILD, Rewrite.NO: Form.CATALOGUE, Rewrite.UNKNOWN: Form.COLUMN}
_INDEX = r"(?:UNIQUE(?: INDEX| KEY)?|INDEX|KEY)"
_NAMED = rf"(?:CONSTRAINT (?:IF NOT EXISTS )?(?:{PART} )?)?"
_PARTITION_RANGE = re.compile(r"\bVALUES\b", re.IGNORECASE)


def judge(piece: Piece, where: Where) -> Action:
    """The action that a piece of an ALTER TABLE is; one that isn't known is tried with its assertion."""
    for pattern, judged in _ACTIONS:
        if re.match(rf"{pattern}(?![\w$])", piece.words, re.IGNORECASE):
            return judged(piece, where)
    return Action(form=Form.COLUMN)


def _is_mariadb(where: Where) -> bool:
    return where.capabilities.has(EXPRESSION_DEFAULT)


def _plainly(form: Form) -> Judge:
    return lambda piece, where: Action(form=form)


def _add_column(piece: Piece, where: Where) -> Action:
    columns = where.facts.columns if where.facts is not None else ()
    refusal, indexed = added_column(piece, where.table, where.capabilities, columns)
    options = where.facts.options if where.facts is not None else {}
    if refusal is None and "fulltext" in options:
        refusal = with_fulltext(where.table)
    if refusal is None and where.facts is not None:
        refusal = added_beside_virtual(piece, where.table, where.facts, mariadb=_is_mariadb(where))
    packed = options.get("row_format") == "compressed"
    return Action(form=Form.REBUILD if indexed or packed else Form.ADD, refusal=refusal)


def _drop_column(piece: Piece, where: Where) -> Action:
    beside = where.facts is not None and "fulltext" in where.facts.options
    refusal = with_fulltext(where.table) if beside else None
    if refusal is None and where.facts is not None and _is_mariadb(where):
        refusal = beside_virtual(where.table, where.facts, but=dropped(piece))
    return Action(form=Form.COLUMN, refusal=refusal)


def _drop_index(piece: Piece, where: Where) -> Action:
    name = name_after(piece.text, r"DROP (?:INDEX|KEY|CONSTRAINT)(?: IF EXISTS)?")
    if name and where.facts is not None and where.facts.row_key == name:
        return Action(form=Form.REBUILD, refusal=drops_row_key(where.table, name))
    return Action(form=Form.CATALOGUE)


def _change_column(piece: Piece, where: Where) -> Action:
    rewrite, refusal = changed_column(piece, where.table, where.facts, mariadb=_is_mariadb(where))
    keeps = rewrite is Rewrite.NO and refusal is None and keeps_type(piece, where.facts)
    return Action(form=_CHANGED[rewrite], refusal=refusal, keeps_type=keeps)


def _add_index(piece: Piece, where: Where) -> Action:
    if has_expression(piece.text):
        return Action(form=Form.BUILD, refusal=expression_index(where.table))
    unique = bool(re.match(rf"ADD {_NAMED}UNIQUE", piece.words, re.IGNORECASE))
    return Action(form=Form.REBUILD if unique and becomes_row_key(piece.text, where.facts) else Form.BUILD)


def becomes_row_key(columns: str, facts: TableFacts | None) -> bool:
    """Whether a unique index over a list of columns, ``(a, b)``, is the first that the rows can be kept in order of."""
    listed = re.search(r"\(([^()]*)\)", columns)
    if listed is None or facts is None or "keyless" not in facts.options:
        return False
    names = [split_name(one)[1] for one in re.findall(rf"(?:^|, ?)({PART})", listed[1].strip())]
    known = [facts.columns.get(name) for name in names]
    return bool(known) and all(one is not None and not one.nullable for one in known)


def _add_fulltext(piece: Piece, where: Where) -> Action:
    return Action(form=Form.BUILD, refusal=fulltext_or_spatial(piece.text.split()[1].upper(), where.table))


def _add_primary_key(piece: Piece, where: Where) -> Action:
    return Action(form=Form.REBUILD, refusal=change_primary_key("adds", where.table))


def _drop_primary_key(piece: Piece, where: Where) -> Action:
    return Action(form=Form.REBUILD, refusal=change_primary_key("drops", where.table))


def _add_foreign_key(piece: Piece, where: Where) -> Action:
    return Action(form=Form.BUILD, refusal=add_foreign_key(where.table))


def _add_check(piece: Piece, where: Where) -> Action:
    if re.search(r"\bNOT ENFORCED$", piece.words, re.IGNORECASE):
        return Action(form=Form.CATALOGUE)
    return Action(form=Form.REBUILD, refusal=add_check(where.table))


def _enforce(piece: Piece, where: Where) -> Action:
    if re.search(r"\bNOT ENFORCED$", piece.words, re.IGNORECASE):
        return Action(form=Form.CATALOGUE)
    return Action(form=Form.REBUILD, refusal=add_check(where.table, verb="enforces"))


def _engine(piece: Piece, where: Where) -> Action:
    same = name_after(piece.text, r".*\bENGINE ?=?").lower() == "innodb"
    return Action(form=Form.REBUILD, refusal=change_engine(where.table, same=same))


def _add_partition(piece: Piece, where: Where) -> Action:
    if _PARTITION_RANGE.search(piece.text):
        return Action(form=Form.BARE)
    return _partitions(piece, where)


def _exchange(piece: Piece, where: Where) -> Action:
    if re.search(r"\bWITHOUT VALIDATION\b", piece.words, re.IGNORECASE):
        return Action(form=Form.BARE)
    return _partitions(piece, where)


def _partitions(piece: Piece, where: Where) -> Action:
    return Action(form=Form.BARE, refusal=change_partitions(where.table))


def _repair_partition(piece: Piece, where: Where) -> Action:
    """InnoDB does nothing, and says so."""
    nothing = where.facts is not None and where.facts.options.get("engine") == "innodb"
    return Action(form=Form.BARE) if nothing else _partitions(piece, where)


def _unassertable(piece: Piece, where: Where) -> Action:
    return Action(form=Form.BARE, refusal=unasserted(where.table))


def _rebuilds(piece: Piece, where: Where) -> Action:
    return Action(form=Form.REBUILD, refusal=rebuild(where.table))


def _charset(piece: Piece, where: Where) -> Action:
    if where.facts is not None and converts_in_place(piece, where.facts, mariadb=_is_mariadb(where)):
        return Action(form=Form.CATALOGUE)
    return Action(form=Form.REBUILD, refusal=convert_charset(where.table))


_REBUILDING = r"FORCE|ROW_FORMAT|KEY_BLOCK_SIZE|ENCRYPTION|ENCRYPTED|PAGE_COMPRESSED|TABLESPACE|TRANSACTIONAL"
# In this order: the first that fits counts.
_ACTIONS: tuple[tuple[str, Judge], ...] = (
    (r"ADD PARTITION", _add_partition),
    (r"(?:DROP|TRUNCATE) PARTITION", _plainly(Form.BARE)),
    (r"(?:ANALYZE|CHECK) PARTITION", _plainly(Form.BARE)),
    (r"EXCHANGE PARTITION", _exchange),
    (r"REPAIR PARTITION", _repair_partition),
    (r"CONVERT PARTITION", _plainly(Form.BARE)),
    (r"(?:COALESCE|REORGANIZE|REBUILD|OPTIMIZE) PARTITION|REMOVE PARTITIONING|PARTITION BY", _partitions),
    (r"CONVERT TABLE|(?:.* )?(?:PARTITION BY|REMOVE PARTITIONING)", _partitions),
    (r"(?:DISCARD|IMPORT)(?: PARTITION .*)? TABLESPACE|ORDER BY", _unassertable),
    (r"(?:ADD|DROP) SYSTEM VERSIONING|(?:ADD|DROP) PERIOD FOR", _rebuilds),
    (rf"ADD {_NAMED}PRIMARY KEY", _add_primary_key),
    (rf"ADD {_NAMED}FOREIGN KEY", _add_foreign_key),
    (rf"ADD {_NAMED}CHECK", _add_check),
    (r"ADD (?:FULLTEXT|SPATIAL|VECTOR(?= INDEX| KEY))", _add_fulltext),
    (rf"ADD {_NAMED}{_INDEX}", _add_index),
    (r"ADD", _add_column),
    (r"DROP PRIMARY KEY|DROP (?:INDEX|KEY) `?PRIMARY", _drop_primary_key),
    (r"DROP (?:INDEX|KEY|CONSTRAINT)", _drop_index),
    (r"DROP (?:FOREIGN KEY|CHECK)", _plainly(Form.CATALOGUE)),
    (r"DROP", _drop_column),
    (r"RENAME (?:COLUMN|INDEX|KEY)", _plainly(Form.CATALOGUE)),
    (r"RENAME", _plainly(Form.RENAME)),
    (r"(?:CHANGE|MODIFY)", _change_column),
    (r"ALTER (?:INDEX|KEY)", _plainly(Form.CATALOGUE)),
    (r"ALTER (?:CHECK|CONSTRAINT)", _enforce),
    (r"ALTER", _plainly(Form.CATALOGUE)),
    (r"CONVERT TO", _charset),
    # Options of a table may follow each other without a comma.
    (r"(?:.* )?ENGINE", _engine),
    (rf"(?:.* )?(?:{_REBUILDING})", _rebuilds),
    (r"(?:DISABLE|ENABLE) KEYS", _plainly(Form.BARE)),
    # MySQL keeps COMPRESSION for the next time that the table is written anew.
    (
        r"COMPRESSION|AUTOEXTEND_SIZE|UNION|CONNECTION|(?:DATA|INDEX) DIRECTORY|WITH(?:OUT)? VALIDATION",
        _plainly(Form.CATALOGUE),
    ),
    (r"COMMENT|AUTO_INCREMENT|STATS_\w+|DEFAULT|CHARACTER SET|CHARSET|COLLATE", _plainly(Form.CATALOGUE)),
)
