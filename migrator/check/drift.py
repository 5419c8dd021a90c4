"""Drift: what the models and a schema don't have in common, as findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrator.check.pasting import Code, call, drop_constraint
from migrator.check.places import shown_path
from migrator.check.rule import Family
from migrator.check.shape_diff import TEXTS
from migrator.model.finding import Finding, Severity
from migrator.model.phase import Phase
from migrator.model.shape import Comparison, Difference, DriftLook, Part, PartKind, Shape, Way

MISSING = "model-without-migration"
EXTRA = "migration-without-model"
DIFFERS = "model-differs"
NOT_COMPARED = "models-not-compared"
_SOURCE = "reasoning: code is written against the models, and runs on what the revisions made"
_RULES = {Way.MISSING: MISSING, Way.EXTRA: EXTRA, Way.DIFFERS: DIFFERS}
_LEAVE_OUT = "or leave it out of the comparison by include_object in env.py, or accept it in allow_drift with a reason"
_MOST_NAMES = 5


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What was found, and how much was looked at; ``look`` is None where nothing was compared."""

    findings: tuple[Finding, ...] = ()
    look: DriftLook | None = None
    notes: tuple[str, ...] = ()

    @property
    def looks(self) -> tuple[DriftLook, ...]:
        """The one, or none."""
        return () if self.look is None else (self.look,)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How differences are told.

    Args:
        env_py: where the models come from; findings stand at its ``target_metadata``.
        dialect: which database it is about.
        against: the other side as the subject of a sentence (``the revisions``, ``the database``).
        python_types: (table, column) → the type of the models in Python.
    """

    env_py: Path
    dialect: str
    against: str
    python_types: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def _has(self) -> tuple[str, str]:
        return ("have", "don't have") if self.against.endswith("s") else ("has", "doesn't have")

    def finding(self, difference: Difference) -> Finding:
        """The difference, what it does, and the operation that ends it."""
        part = difference.part
        has, lacks = self._has
        if difference.way is Way.MISSING:
            what = f"the models have the {part.kind} {part.label}, which {self.against} {lacks}"
            harm = "code that is written against the models fails on it"
            remedy = f"write it in an expand revision:  {self._creating(part)}  {_LEAVE_OUT}"
        elif difference.way is Way.EXTRA:
            what = f"{self.against} {has} the {part.kind} {part.label}, which the models don't have"
            harm = "no contract drops it, and the models' inserts don't fill it"
            if not _is_demanding(part):
                harm = "no contract drops it"
            remedy = f"add it to the models, or drop it in a contract revision:  {_dropping(part)}  {_LEAVE_OUT}"
        else:
            wanted, found = difference.wanted or "none", difference.found or "none"
            what = f"{part.label}: {difference.attribute} is {wanted} in the models, and {found} in {self.against}"
            harm = "the code expects what isn't so"
            remedy = f"change the models, or write a revision:  {self._altering(difference)}"
        made = self._made(_RULES[difference.way], f"{what}: {harm}", remedy, _severity(difference))
        return replace(made, about=part.label)

    def not_compared(self, why: str, severity: Severity) -> Finding:
        """Nothing could be compared."""
        message = f"the models were not compared with {self.against}: {why}"
        return self._made(
            NOT_COMPARED, message, "mend it, so that env.py gives its models without a database", severity
        )

    def _made(self, rule: str, message: str, remedy: str, severity: Severity) -> Finding:
        return Finding(
            rule=rule,
            family=Family.DRIFT.value,
            severity=severity,
            phase=Phase.CONTRACT if rule == EXTRA else Phase.EXPAND,
            message=message,
            remedy=remedy,
            source=_SOURCE,
            dialect=self.dialect,
            file=shown_path(self.env_py),
            line=_line(self.env_py),
        )

    # -- the operation to write --------------------------------------------------------------------------------------

    def _type(self, part: Part) -> str:
        return self.python_types.get((part.table, part.name), "...")

    def _creating(self, part: Part) -> str:
        columns = _list(part)
        table, name = part.table, part.name or None
        if part.kind is PartKind.COLUMN:
            nullable = "" if part.attributes.get("nullable") == "yes" else ", nullable=False, server_default=..."
            return f'op.add_column("{table}", sa.Column("{name}", {self._type(part)}{nullable}))'
        if part.kind is PartKind.FOREIGN_KEY:
            target, referred = part.identity[1], _quoted(part.identity[2])
            return f'op.create_foreign_key({_text(name)}, "{table}", "{target}", {columns}, {referred})'
        if part.kind is PartKind.CHECK:
            return call("create_check_constraint", name or None, table, part.written or "...")
        if part.kind is PartKind.INDEX:
            return f'op.create_index({_text(name)}, "{table}", {columns}{_where(part)})'
        if part.kind is PartKind.UNIQUE and part.identity[1]:
            return f'op.create_index({_text(name)}, "{table}", {columns}, unique=True{_where(part)})'
        plain = {
            PartKind.EXCLUDE: f'op.create_exclude_constraint({_text(name)}, "{table}", ...)',
            PartKind.TABLE: f'op.create_table("{table}", ...)',
            PartKind.VIEW: f'op.execute("CREATE VIEW {part.name} AS ...")',
            PartKind.PRIMARY_KEY: f'op.create_primary_key({_text(name)}, "{table}", {columns})',
            PartKind.UNIQUE: f'op.create_unique_constraint({_text(name)}, "{table}", {columns})',
            PartKind.ENUM: f'op.execute("CREATE TYPE {part.name} AS ENUM (...)")',
            PartKind.SEQUENCE: f'op.execute(sa.schema.CreateSequence(sa.Sequence("{part.name}")))',
        }
        return plain[part.kind]

    def _altering(self, difference: Difference) -> str:
        part, attribute = difference.part, difference.attribute
        if part.kind is PartKind.TABLE:
            return _altering_table(part, attribute)
        if part.kind is PartKind.ENUM:
            return f"op.execute(\"ALTER TYPE {part.name} ADD VALUE '...'\")"
        if part.kind is PartKind.VIEW:
            return f'op.execute("CREATE OR REPLACE VIEW {part.name} AS ...")'
        if part.kind is not PartKind.COLUMN:
            return f"the {part.kind} anew, beside the one that there is"
        values = {
            "type": f"type_={self._type(part)}",
            "collation": f"type_={self._type(part)}",
            "character set": f"type_={self._type(part)}",
            "nullable": f"nullable={difference.wanted == 'yes'}",
            "default": f"server_default={'sa.text(...)' if difference.wanted else None}",
            "comment": f"comment={_text('...' if difference.wanted else None)}",
        }
        return f'op.alter_column("{part.table}", "{part.name}", {values.get(attribute, "server_default=...")})'


def drift_of(telling: Telling, models: Shape, differences: Iterable[Difference], uncompared: tuple[str, ...]) -> Drift:
    """The findings of these differences."""
    look = DriftLook(
        against=telling.against,
        tables=models.count(PartKind.TABLE),
        columns=models.count(PartKind.COLUMN),
        uncompared=uncompared,
    )
    return Drift(findings=tuple(telling.finding(one) for one in differences), look=look)


def lasting(after_all: Comparison, before: Comparison) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """(differences that stay, those on which the models are as the schema is before the contracts).

    Args:
        after_all: against the schema after every revision.
        before: against the schema without the contracts.
    """
    disputed = [any(_disputes(other, one) for other in before.differences) for one in after_all.differences]
    stay = [one for one, is_disputed in zip(after_all.differences, disputed, strict=True) if is_disputed]
    passing = [one for one, is_disputed in zip(after_all.differences, disputed, strict=True) if not is_disputed]
    tables = {one.part.table for one in passing if one.part.kind is PartKind.TABLE and one.way is Way.MISSING}
    stay += [one for one in before.differences if one.part.table in tables]
    return tuple(stay), tuple(passing)


def _disputes(other: Difference, one: Difference) -> bool:
    """Whether the models don't have it as the other schema does either."""
    if other.part.table != one.part.table:
        return False
    if other.part.kind is PartKind.TABLE and other.way is not Way.DIFFERS:
        return True
    same_part = _part_of(other) == _part_of(one)
    return same_part and (other.attribute == one.attribute or not (other.way is one.way is Way.DIFFERS))


def passing_note(passing: Iterable[Difference], *, pending: bool = False) -> tuple[str, ...]:
    """That the models differ where a contract changes something, or a ``pending`` revision does; empty for none."""
    labels = list(dict.fromkeys(one.part.label for one in passing))
    if not labels:
        return ()
    shown = ", ".join(labels[:_MOST_NAMES]) + (", ..." if len(labels) > _MOST_NAMES else "")
    if pending:
        return (f"no drift, since revisions that are pending on this database change it: {shown}",)
    return (f"no drift, since a contract revision changes it and the models are those before: {shown}",)


def key_of(one: Difference) -> tuple[object, ...]:
    """What two comparisons share when they find the same difference; a server words what is found its own way."""
    found = "" if one.attribute in TEXTS else one.found
    return one.way, *_part_of(one), one.attribute, found


def _part_of(one: Difference) -> tuple[object, ...]:
    return one.part.kind, one.part.table, one.part.name or one.part.identity


def _severity(difference: Difference) -> Severity:
    harmless = difference.way is Way.EXTRA and not _is_demanding(difference.part)
    return Severity.WARNING if harmless else Severity.ERROR


def _is_demanding(part: Part) -> bool:
    """A column that rejects the inserts of code that doesn't know it."""
    values = part.attributes
    fills = values.get("default") != "" or values.get("numbering") or values.get("computed") != ""
    return part.kind is PartKind.COLUMN and values.get("nullable") == "no" and not fills


def _dropping(part: Part) -> str:
    table, name = part.table, part.name
    if part.kind is PartKind.TABLE:
        return f'op.drop_table("{table}")'
    if part.kind is PartKind.COLUMN:
        return f'op.drop_column("{table}", "{name}")'
    if part.kind is PartKind.INDEX or (part.kind is PartKind.UNIQUE and part.identity[1]):
        return f'op.drop_index({_text(name)}, "{table}")'
    if part.kind in (PartKind.ENUM, PartKind.SEQUENCE):
        return f'op.execute("DROP {"TYPE" if part.kind is PartKind.ENUM else "SEQUENCE"} {name}")'
    return drop_constraint(part.kind, Code(_text(name)), table)


def _altering_table(part: Part, attribute: str) -> str:
    if attribute == "comment":
        return f'op.create_table_comment("{part.table}", "...")'
    if attribute == "engine":
        return f'op.execute("ALTER TABLE {part.table} ENGINE = {part.attributes[attribute] or "..."}")'
    if attribute == "unlogged":
        way = "UNLOGGED" if part.attributes[attribute] else "LOGGED"
        return f'op.execute("ALTER TABLE {part.table} SET {way}")'
    return "a new table beside this one, and its rows moved over by a data migration"


def _text(name: str | None) -> str:
    return f'"{name}"' if name else "None"


def _list(part: Part) -> str:
    return _quoted(part.identity[0] if part.identity else part.attributes.get("columns"))


def _quoted(columns: str | None) -> str:
    parts = (columns or "...").split(", ")
    texts = [f'"{one}"' if re.fullmatch(r"\w+", one) else f'sa.text("{one}")' for one in parts]
    return f"[{', '.join(texts)}]"


def _where(part: Part) -> str:
    return ", postgresql_where=sa.text(...)" if part.identity[1] else ""


def _line(env_py: Path) -> int:
    """Where the file gives its models; 1 where that isn't written."""
    try:
        lines = env_py.read_text(errors="replace").splitlines()
    except OSError:
        return 1
    return next((number for number, line in enumerate(lines, 1) if re.match(r"\s*target_metadata\b", line)), 1)
