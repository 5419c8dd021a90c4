"""enable-row-security: row security is switched on for a table that existed before, or gets a policy.

Effect: where it is switched on, running code sees and writes no row that no policy allows; FORCE does so for the
table's owner.  A policy alone changes what is allowed where it is on already, and is a warning where it is off, where
it allows more, or where the policies let everything pass afterwards.
Remedy: make the policies first, look at every role that connects, and switch it on in contract.

Bad:   ALTER TABLE orders ENABLE ROW LEVEL SECURITY
Good:  CREATE TABLE orders_2 (id bigint);  ALTER TABLE orders_2 ENABLE ROW LEVEL SECURITY

Source: PostgreSQL manual, Row Security Policies: https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from migrator.check.pasting import call, in_contract
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.policy import Policy, afterwards, all_pass

_OFF, _FORCED_OFF = "others off", "owner off"


@dataclass(frozen=True, kw_only=True)
class _Security:
    """Row security of a table at one moment; ``forced`` for its owner too."""

    on: bool = False
    forced: bool = False
    policies: dict[str, Policy] = field(default_factory=dict)

    def after(self, op: o.Act) -> _Security:
        if op.kind is o.ActKind.CREATE_POLICY:
            return replace(self, policies=afterwards(self.policies, op.other, op.policy))
        whose, verb = op.other.split()
        return replace(self, forced=verb == "on") if whose == "owner" else replace(self, on=verb == "on")

    @property
    def takes(self) -> bool:
        """Whether it may keep rows from somebody."""
        return self.on and not all_pass(self.policies.values())


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind not in _KINDS or not at.existed(op):
        return None
    return _KINDS[op.kind](op, at)


def _policy(op: o.Act, at: Situation) -> Problem:
    before = _before(op, at)
    harms = before is not None and before.on and not _allows_more(op, before) and _end(op, at, before).takes
    verb = "takes policy" if op.policy is None else "puts policy"
    return Problem(
        message=(
            f"{verb} {op.other} {'from' if op.policy is None else 'on'} table {op.target}: where row security is on, it"
            " changes what code may see"
        ),
        remedy="look at every role that connects, and allow it by name with the reason",
        severity=None if harms else Severity.WARNING,
    )


def _switch(op: o.Act, at: Situation) -> Problem | None:
    if op.other in (_OFF, _FORCED_OFF):
        return None
    before = _before(op, at)
    if before is not None and before.after(op) == before:
        return None
    owner = op.other.startswith("owner")
    if before is not None and owner and not before.on and not _end(op, at, before).on:
        return None
    harmless = before is not None and not _end(op, at, before).takes
    whom = " for its owner too" if owner else ""
    effect = "its policies let everything pass so far" if harmless else "running code sees no row that no policy allows"
    force = "FORCE" if owner else "ENABLE"
    return Problem(
        message=f"switches row security of table {op.target} on{whom}: {effect}",
        remedy=in_contract(call("execute", f"ALTER TABLE {op.target} {force} ROW LEVEL SECURITY")),
        severity=Severity.WARNING if harmless else None,
    )


def _allows_more(op: o.Act, before: _Security) -> bool:
    """A new permissive policy, or a restrictive one that goes."""
    held = before.policies.get(op.other)
    if op.policy is None:
        return held is not None and held.permissive is False
    return held is None and bool(op.policy.permissive)


def _before(op: o.Act, at: Situation) -> _Security | None:
    """What is known of the table's; None for nothing."""
    table = at.table(op)
    if table is None:
        return None
    words = table.options.split()
    on, forced = "row-security-others-on" in words, "row-security-owner-on" in words
    return _Security(on=on, forced=forced, policies=table.policies)


def _end(op: o.Act, at: Situation, before: _Security) -> _Security:
    """At the end of the transaction: nobody else sees what comes in between."""
    found = before.after(op)
    for one in at.rest():
        if isinstance(one, o.Act) and one.kind in _KINDS and (one.schema, one.table) == (op.schema, op.table):
            found = found.after(one)
    return found


_KINDS = {o.ActKind.CREATE_POLICY: _policy, o.ActKind.ROW_SECURITY: _switch}
RULE = Rule(id="enable-row-security", family=Family.OLD_CODE, find=_find, dialects=POSTGRESQL)
