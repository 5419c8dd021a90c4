"""remove-enum-value: an ENUM or SET column loses a value that rows may hold.

Effect: in strict mode the change fails on such a row, else the row silently becomes an empty text; code that writes the
value fails.
Remedy: in contract, when a data migration has moved the last row away from it.

Bad:   ALTER TABLE users MODIFY kind ENUM('a') NOT NULL
Good (contract):
       -- migrator: allow[remove-enum-value] reason="the data migration users_without_b is done"
       -- migrator: allow[mysql-algorithm-copy] reason="users is small"
       ALTER TABLE users MODIFY kind ENUM('a') NOT NULL

Source: MySQL manual, The ENUM Type: https://dev.mysql.com/doc/refman/8.4/en/enum.html
"""

from __future__ import annotations

from migrator.check.enums import enum_values
from migrator.check.rule import MYSQL_AND_MARIADB, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or not at.column_existed(op, op.column):
        return None
    before, after = enum_values(op.old_type), enum_values(op.type)
    gone = [one for one in before if one not in after]
    if not gone or not after:
        return None
    return Problem(
        message=(
            f"takes {', '.join(map(repr, gone))} from the values of column {op.target}.{op.column}: a row that holds it"
            " makes the change fail, or loses it without strict mode"
        ),
        remedy="move such rows first, in a data migration that the contract requires",
    )


RULE = Rule(
    id="remove-enum-value",
    find=_find,
    family=Family.DESTRUCTIVE,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.WARNING},
    dialects=MYSQL_AND_MARIADB,
    source="MySQL manual, The ENUM Type: https://dev.mysql.com/doc/refman/8.4/en/enum.html",
)
