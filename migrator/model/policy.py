"""Policies of row security: what each says, and whether all of a table's let every row pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

_EVERY = ("select", "insert", "update", "delete")
_NEW_ROWS = ("insert", "update")


class Policy(NamedTuple):
    """What a policy is, or for what an ALTER leaves as it was None.

    ``command`` is select, insert, update, delete or all; ``everyone``: it is for PUBLIC; ``sees`` and ``takes``:
    USING and WITH CHECK are the constant true.
    """

    command: str | None = None
    permissive: bool | None = None
    everyone: bool | None = None
    sees: bool | None = None
    takes: bool | None = None

    def changed(self, by: Policy) -> Policy:
        """The policy after an ALTER."""
        said = {name: value for name, value in by._asdict().items() if value is not None}
        return self._replace(**said)

    def concerns(self, command: str) -> bool:
        """Whether it is asked for the command."""
        return self.command in (command, "all")

    def passes(self, command: str) -> bool:
        """Whether it surely lets every row of the command pass; without WITH CHECK, USING is asked of new rows too."""
        takes = self.sees if self.takes is None else self.takes
        sees = True if command == "insert" else bool(self.sees)
        return sees and (command not in _NEW_ROWS or bool(takes))


def all_pass(policies: Collection[Policy]) -> bool:
    """Whether row security that is on takes no row from anybody: for each command one permissive policy at least lets
    everybody's rows pass, and every restrictive one too."""
    return all(
        any(one.permissive and one.everyone and one.passes(command) for one in policies if one.concerns(command))
        and all(one.permissive or one.passes(command) for one in policies if one.concerns(command))
        for command in _EVERY
    )


def afterwards(policies: Mapping[str, Policy], name: str, said: Policy | None) -> dict[str, Policy]:
    """The policies after a CREATE or an ALTER of one, or without ``said`` after its DROP."""
    found = dict(policies)
    if said is None:
        found.pop(name, None)
    else:
        found[name] = found.get(name, Policy()).changed(said)
    return found
