"""What a body of plpgsql runs, in order, with what its variables are known to be; loops over constants are unrolled.

The tree is libpg_query's: a node is a mapping from its kind to what it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from migrator.dialects.postgresql.text_folding import Bindings, folded, folded_array

_EACH = "PLpgSQL_stmt_foreach_a"
_COUNTS = "PLpgSQL_stmt_fori"
_DYNAMIC = '"PLpgSQL_stmt_dynexecute"'
_MOST = 100


class Ran(NamedTuple):
    """A node that may run something."""

    kind: str
    node: Any
    bound: Bindings


def statements(tree: Any, kinds: Collection[str]) -> Iterator[Ran]:
    """Every node of these kinds, in order; those of a loop over constants once for each, where it runs text."""
    functions = [one["PLpgSQL_function"] for one in tree] if isinstance(tree, list) else []
    for function in functions:
        variables = [one.get("PLpgSQL_var", {}) for one in function.get("datums", ())]
        given = _given(variables, function.get("action", {}))
        walk = _Walk(kinds=kinds, variables=variables, given=given)
        yield from walk.below(function.get("datums", ()), {})
        yield from walk.below(function.get("action", {}), _constants(given))


def _given(variables: list[Any], body: Any) -> dict[str, str]:
    """The variables that get their value where they are declared and keep it, with the expression of it."""
    changed = _set_in(body)
    names = [one.get("refname") for one in variables]
    return {
        str(one["refname"]): text
        for number, one in enumerate(variables)
        if (text := _text(one.get("default_val"))) and number not in changed and names.count(one["refname"]) == 1
    }


def _constants(given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in given.items():
        value = folded(text, found)
        if value is not None:
            found[name] = value
    return found


def _set_in(body: Any) -> set[int]:
    """The numbers of the variables that it sets: by an assignment, INTO, GET DIAGNOSTICS, a loop."""
    return {int(one) for one in re.findall(r'"(?:varno|target)": (\d+)', json.dumps(body))}


def _text(expression: Any) -> str:
    return str((expression or {}).get("PLpgSQL_expr", {}).get("query", ""))


class _Walk:
    """Goes through one body.

    Args:
        variables: all of it, by their numbers; empty ones for what is none.
        given: the expressions of those that keep their value.
    """

    def __init__(self, *, kinds: Collection[str], variables: list[Any], given: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._given = given
        self._variables = variables

    def below(self, node: Any, bound: Bindings) -> Iterator[Ran]:
        """What the node and those in it run."""
        if isinstance(node, list | tuple):
            for one in node:
                yield from self.below(one, bound)
        if not isinstance(node, Mapping):
            return
        for kind, value in node.items():
            if kind in self._kinds:
                yield Ran(kind, value, bound)
            values = self._values(kind, value, bound)
            if values is None:
                yield from self.below(value, bound)
                continue
            name, every = values
            yield from self.below({key: one for key, one in value.items() if key != "body"}, bound)
            for one in every:
                yield from self.below(value["body"], {**bound, name: one})

    def _values(self, kind: str, loop: Any, bound: Bindings) -> tuple[str, list[str]] | None:
        """(the loop's variable, its values); None for what is no loop over constants that runs text."""
        if kind not in (_EACH, _COUNTS) or _DYNAMIC not in json.dumps(loop.get("body")):
            return None
        if kind == _EACH:
            number = int(loop.get("varno", -1))
            name = self._variables[number].get("refname") if 0 <= number < len(self._variables) else None
            array = _text(loop.get("expr")).strip()
            values = folded_array(self._given.get(array, array), bound)
            if number in _set_in(loop["body"]):
                return None
        else:
            name, values = loop.get("var", {}).get("PLpgSQL_var", {}).get("refname"), _counted(loop, bound)
        return None if name is None or values is None or len(values) > _MOST else (str(name), values)


def _counted(loop: Any, bound: Bindings) -> list[str] | None:
    """The numbers from one end to the other; their order changes nothing."""
    ends = [folded(_text(loop.get(key)), bound) for key in ("lower", "upper", "step") if key in loop]
    if not all(one is not None and one.isdecimal() for one in ends) or len(ends) < 2:
        return None
    first, last, *step = (int(str(one)) for one in ends)
    low, high = sorted((first, last))
    if high - low > _MOST * max(step or [1]):
        return None
    return [str(one) for one in range(low, high + 1, max(step or [1]))]
