"""identifier-too-long: a new name is longer than the server keeps.

Effect: PostgreSQL cuts it at 63 bytes without a word, so that two names become one; MySQL and MariaDB refuse more than
64 characters.
Remedy: a shorter name.

Bad:   op.create_index("ix_" + 70 * "a", "users", ["name"])
Good:  op.create_index("ix_users_name", "users", ["name"])

Source: PostgreSQL manual, Identifiers; MySQL manual, Identifier Length Limits.
"""

from __future__ import annotations

import re

from migrator.check.names import made
from migrator.check.rule import SERVERS, WARNS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_NEARLY = 59  # what is left of a name when its 63rd byte stands inside a character


def _cut_off(name: str, text: str) -> str:
    """What the grammar of PostgreSQL has cut off a name of the text, as the server does."""
    more = re.search(re.escape(name) + r"([\w$]+)", text) if len(name.encode()) > _NEARLY else None
    return more[1] if more is not None else ""


def _find(op: o.Operation, at: Situation) -> Problem | None:
    cut, longest = at.traits.names_cut_in_bytes, at.traits.longest_name
    unit = "bytes" if cut else "characters"
    for name in made(op):
        written = name.name + _cut_off(name.name, at.text)
        length = len(written.encode() if cut else written)
        if length > longest:
            ends = "is cut there, and two such names become one" if cut else "is refused"
            return Problem(
                message=f"the name of {name} has {length} {unit}; the server keeps {longest}, and more {ends}",
                remedy=f"a name of at most {longest} {unit}",
            )
    return None


RULE = Rule(
    id="identifier-too-long",
    find=_find,
    family=Family.DATA,
    phases=WARNS_EVERYWHERE,
    dialects=SERVERS,
    source="PostgreSQL manual, Identifiers; MySQL manual, Identifier Length Limits",
)
