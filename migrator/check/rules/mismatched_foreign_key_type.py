"""mismatched-foreign-key-type: a foreign key's column has another type than the key that it refers to.

Effect: the wider key outgrows the narrower column one day; every join converts, which may pass over the index; MySQL
and MariaDB refuse it.
Remedy: the same type.

Bad:   CREATE TABLE notes (user_id integer REFERENCES users (id))
Good:  CREATE TABLE notes (user_id bigint REFERENCES users (id))

Source: reasoning; judged where both are whole numbers, and the key is the primary key.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.narrowing import INTEGERS
from migrator.check.rule import WARNS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_SAME = {"SERIAL": "INTEGER", "BIGSERIAL": "BIGINT", "SMALLSERIAL": "SMALLINT"}


def _find(op: o.Operation, at: Situation) -> Problem | None:
    for key in _keys(op):
        own, other = _own_type(key, op, at), _referred_type(key, at)
        if own in INTEGERS and other in INTEGERS and INTEGERS[own] != INTEGERS[other]:
            return Problem(
                message=(
                    f"column {key.target}.{key.columns[0]} is {own} and refers to the primary key of"
                    f" {key.references}, which is {other}"
                ),
                remedy=f"give {key.columns[0]} the type {other}",
            )
    return None


def _keys(op: o.Operation) -> Iterator[o.AddConstraint]:
    """Foreign keys of one column."""
    held = op.constraints if isinstance(op, o.CreateTable) else (op,) if isinstance(op, o.AddConstraint) else ()
    yield from (one for one in held if one.references and len(one.columns) == 1)


def _own_type(key: o.AddConstraint, op: o.Operation, at: Situation) -> str:
    added = [one.column for one in at.statement if isinstance(one, o.AddColumn) and one.table == key.table]
    specs = [*(op.columns if isinstance(op, o.CreateTable) else ()), *added]
    spec = next((one for one in specs if one.name == key.columns[0]), None)
    return _plain(spec.type) if spec is not None else _type_in(at, key.schema, key.table, key.columns[0])


def _referred_type(key: o.AddConstraint, at: Situation) -> str:
    table = None if at.before is None else at.before.table(key.references, key.references_schema)
    columns = [] if table is None else table.primary_key["constrained_columns"]
    return _type_in(at, key.references_schema, key.references, str(columns[0])) if len(columns) == 1 else ""


def _type_in(at: Situation, schema: str | None, name: str, column: str) -> str:
    table = None if at.before is None else at.before.table(name, schema)
    found = table.column(column) if table is not None else None
    return "" if found is None else _plain(str(found["type"]))


def _plain(text: str) -> str:
    name = text.upper().split("(")[0].strip()
    return _SAME.get(name, name)


RULE = Rule(
    id="mismatched-foreign-key-type",
    family=Family.DATA,
    find=_find,
    source="reasoning: the wider key outgrows the narrower column",
    phases=WARNS_EVERYWHERE,
)
