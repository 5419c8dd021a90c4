"""Pairs of models with one difference, for each thing that drift compares beyond columns and plain keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.check.drifting import table

POSTGRESQL = ("postgresql",)
MYSQL = ("mysql", "mariadb")
SQLITE = ("sqlite",)
_ID = 'sa.Column("id", sa.Integer, primary_key=True)'
_X = 'sa.Column("x", sa.String(50)), sa.Column("y", sa.Integer), sa.Column("z", sa.Integer)'
_RANGES = 'sa.Column("r", postgresql.INT4RANGE), sa.Column("y", sa.Integer)'
_ORGS = 'sa.Table("orgs", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'


@dataclass(frozen=True, kw_only=True)
class Pair:
    """``wanted`` and ``other`` are lines of models; ``says`` is what is told of the difference (way, attribute)."""

    name: str
    dialects: tuple[str, ...]
    wanted: str
    other: str
    says: tuple[str, str]
    both_ways: bool = True


def _of(wanted: str, other: str, options: str = "", other_options: str = "") -> tuple[str, str]:
    return table(f"{_ID}, {wanted}{options}"), table(f"{_ID}, {other}{other_options}")


def _column(wanted: str, other: str) -> tuple[str, str]:
    return _of(f'sa.Column("x", {wanted})', f'sa.Column("x", {other})')


def _index(wanted: str, other: str) -> tuple[str, str]:
    return _of(f'{_X}, sa.Index("ix", {wanted})', f'{_X}, sa.Index("ix", {other})')


def _unique(wanted: str) -> tuple[str, str]:
    unique = 'sa.UniqueConstraint("x", name="uq"{})'
    return _of(f"{_X}, {unique.format(f', {wanted}')}", f"{_X}, {unique.format('')}")


def _check(wanted: str, other: str) -> tuple[str, str]:
    check = 'sa.CheckConstraint("{}", name="ck")'
    return _of(f"{_X}, {check.format(wanted)}", f"{_X}, {check.format(other)}")


def _exclude(wanted: str, other: str) -> tuple[str, str]:
    exclude = 'postgresql.ExcludeConstraint({}, name="ex")'
    return _of(f"{_RANGES}, {exclude.format(wanted)}", f"{_RANGES}, {exclude.format(other)}" if other else _RANGES)


def _key(wanted: str) -> tuple[str, str]:
    key = 'sa.Column("o", sa.Integer, sa.ForeignKey("orgs.id", name="fk"{}))'
    with_key, without = _of(key.format(f", {wanted}"), key.format(""))
    return _ORGS + with_key, _ORGS + without


def _identity(wanted: str) -> tuple[str, str]:
    column = 'sa.Column("id", sa.Integer, sa.Identity({}), primary_key=True)'
    return table(column.format(wanted)), table(column.format(""))


_LISTED = {
    "collation_on_postgresql": (POSTGRESQL, _column('sa.String(9, collation="C")', "sa.String(9)"), "collation"),
    "collation_on_sqlite": (SQLITE, _column('sa.String(9, collation="NOCASE")', "sa.String(9)"), "collation"),
    "exclusion": (POSTGRESQL, _exclude('("r", "&&")', ""), ""),
    "exclusion_operator": (POSTGRESQL, _exclude('("r", "&&")', '("r", "=")'), "text"),
    "exclusion_where": (POSTGRESQL, _exclude('("r", "&&"), where=sa.text("y > 0")', '("r", "&&")'), "text"),
    "exclusion_deferred": (
        POSTGRESQL,
        _exclude('("r", "&&"), deferrable=True, initially="DEFERRED"', '("r", "&&")'),
        "text",
    ),
    "identity_start": (POSTGRESQL, _identity("start=100"), "start of its numbers"),
    "identity_step": (POSTGRESQL, _identity("increment=10"), "step of its numbers"),
    "identity_cycle": (POSTGRESQL, _identity("cycle=True"), "numbers begin again"),
    "operator_class": (
        POSTGRESQL,
        _index('"x", postgresql_ops={"x": "varchar_pattern_ops"}', '"x"'),
        "operator classes",
    ),
    "operator_class_in_text": (POSTGRESQL, _index('sa.text("x text_pattern_ops")', '"x"'), "operator classes"),
    "index_collation": (POSTGRESQL, _index("sa.text('x COLLATE \"C\"')", '"x"'), "columns"),
    "index_nulls": (POSTGRESQL, _index('sa.text("y DESC NULLS LAST")', 'sa.text("y DESC")'), "order"),
    "index_order": ((*POSTGRESQL, *MYSQL), _index('sa.desc("y")', '"y"'), "order"),
    "index_columns": ((*POSTGRESQL, *MYSQL, *SQLITE), _index('"x", "y"', '"y", "x"'), "columns"),
    "index_expression": (("postgresql", "mysql"), _index('sa.text("(lower(x))")', 'sa.text("(upper(x))")'), "columns"),
    "index_condition_on_sqlite": (SQLITE, _index('"x", sqlite_where=sa.text("y > 1")', '"x"'), "condition"),
    "nulls_not_distinct": (POSTGRESQL, _unique("postgresql_nulls_not_distinct=True"), "nulls not distinct"),
    "deferred_unique": (POSTGRESQL, _unique('deferrable=True, initially="DEFERRED"'), "DEFERRABLE"),
    "match_full": (POSTGRESQL, _key('match="FULL"'), "MATCH"),
    "on_delete_of_a_column": (POSTGRESQL, _key('ondelete="SET NULL (o)"'), "ON DELETE"),
    "deferred_key": ((*POSTGRESQL, *SQLITE), _key("deferrable=True"), "DEFERRABLE"),
    "turned_around": ((*POSTGRESQL, *MYSQL, *SQLITE), _check("z > y", "y > z"), "text"),
    "unlogged": (POSTGRESQL, _of(_X, _X, ', prefixes=["UNLOGGED"]'), "unlogged"),
    "without_rowid": (SQLITE, _of(_X, _X, ", sqlite_with_rowid=False"), "options"),
}
# Where the models say nothing, a table or the server chooses, and anything will do.
_ASKED_FOR = {
    "collation_on_mysql": (
        MYSQL,
        _column('sa.String(9, collation="utf8mb4_bin")', 'sa.String(9, collation="utf8mb4_unicode_ci")'),
        "collation",
    ),
    "charset": (MYSQL, _column('mysql.VARCHAR(9, charset="latin1")', "mysql.VARCHAR(9)"), "character set"),
    "collation_of_a_table": (
        MYSQL,
        _of(_X, _X, ', mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin"'),
        "collation",
    ),
    "engine": (MYSQL, _of(_X, _X, ', mysql_engine="MyISAM"', ', mysql_engine="InnoDB"'), "engine"),
}


def pairs() -> Iterator[tuple[str, Pair]]:
    """(dialect, pair)."""
    for listed, both_ways in ((_LISTED, True), (_ASKED_FOR, False)):
        for name, (dialects, (wanted, other), attribute) in listed.items():
            says = ("DIFFERS" if attribute else "MISSING", attribute)
            pair = Pair(name=name, dialects=dialects, wanted=wanted, other=other, says=says, both_ways=both_ways)
            yield from ((dialect, pair) for dialect in dialects)
