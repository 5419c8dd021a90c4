"""What differs between the schema of the models and another one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from migrator.dialects.comparing import may_be_equal
from migrator.model.shape import Comparison, Difference, Part, PartKind, Shape, Value, Way

_NAMED_BY_THEMSELVES = (
    PartKind.TABLE,
    PartKind.COLUMN,
    PartKind.PRIMARY_KEY,
    PartKind.ENUM,
    PartKind.SEQUENCE,
    PartKind.VIEW,
)
TEXTS = frozenset({"default", "computed", "condition", "text", "columns"})
"""Attributes that hold expressions."""
_SELDOM = frozenset({"collation", "order", "operator classes", "options", "partitioned by", "unlogged", "DEFERRABLE"})
"""What few models say, so that text that nobody read isn't worth a word where they don't."""
_IDENTITY = {
    PartKind.UNIQUE: ("columns", "condition"),
    PartKind.INDEX: ("columns", "condition"),
    PartKind.FOREIGN_KEY: ("columns", "table", "columns referred to"),
    PartKind.CHECK: ("text",),
    PartKind.EXCLUDE: ("text",),
}


def compare(models: Shape, other: Shape) -> Comparison:
    """Each difference once: not the columns and keys of a table that one side lacks.

    Tables that are uncertain on one side are named as not compared.
    """
    uncertain = models.uncertain | other.uncertain
    found: list[Difference] = []
    uncompared = [f"{name}: ways through the history leave it differently" for name in sorted(uncertain)]
    if not (models.comments and other.comments):
        uncompared += [] if models.comments == other.comments else ["comments: some were set by text"]
    looking = _Looking(server_text=models.server_text or other.server_text, comments=models.comments and other.comments)
    looking.left_to_server = models.left_to_server
    ours, theirs = _by_table(models.parts, uncertain), _by_table(other.parts, uncertain)
    for table in sorted(ours.keys() | theirs.keys()):
        found += looking.compare(ours.get(table, {}), theirs.get(table, {}))
    return Comparison(differences=tuple(found), uncompared=(*uncompared, *_grouped(looking.uncompared)))


def _grouped(uncompared: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One text a part: ``fk_org of users: ON DELETE, ON UPDATE``."""
    parts: dict[str, list[str]] = defaultdict(list)
    for label, name in uncompared:
        parts[label].append(name)
    return (f"{label}: {', '.join(dict.fromkeys(names))}" for label, names in parts.items())


_Parts = Mapping[PartKind, Sequence[Part]]


def _by_table(parts: Iterable[Part], uncertain: frozenset[str]) -> Mapping[str, _Parts]:
    tables: dict[str, dict[PartKind, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for one in parts:
        if one.table not in uncertain:
            tables[one.table][one.kind].append(one)
    return tables


class _Looking:
    def __init__(self, *, server_text: bool, comments: bool) -> None:
        self._server_text = server_text
        self._comments = comments
        self.left_to_server: frozenset[str] = frozenset()
        self.uncompared: list[tuple[str, str]] = []

    def compare(self, ours: _Parts, theirs: _Parts) -> Iterator[Difference]:
        """The differences of one table, or of what belongs to none."""
        whole = [parts[PartKind.TABLE][0] for parts in (ours, theirs) if PartKind.TABLE in parts]
        if len(whole) == 1:
            yield Difference(way=Way.MISSING if PartKind.TABLE in ours else Way.EXTRA, part=whole[0])
            return
        for kind in PartKind:
            yield from self._of_kind(kind, ours.get(kind, ()), theirs.get(kind, ()))

    def _of_kind(self, kind: PartKind, ours: Sequence[Part], theirs: Sequence[Part]) -> Iterator[Difference]:
        left = list(theirs)
        unmatched = []
        for one in ours:
            same = next((it for it in left if self._is_same(one, it)), None)
            if same is None:
                unmatched.append(one)
            else:
                left.remove(same)
                yield from self._attributes(one, same)
        for one in unmatched:
            partner = self._partner(one, left)
            if partner is None:
                yield Difference(way=Way.MISSING, part=one)
                continue
            left.remove(partner)
            yield from self._identities(one, partner)
        # Models that declare one view needn't declare all.
        extra = [one for one in left if not one.implied and kind is not PartKind.VIEW]
        yield from (Difference(way=Way.EXTRA, part=one) for one in extra)

    def _is_same(self, one: Part, other: Part) -> bool:
        if one.kind is PartKind.PRIMARY_KEY:
            return True
        if one.kind in _NAMED_BY_THEMSELVES:
            return one.name == other.name
        named = one.name and other.name
        return one.identity == other.identity and None not in one.identity and (not named or one.name == other.name)

    def _partner(self, one: Part, left: Sequence[Part]) -> Part | None:
        """What has the same name for another thing, else another name for the same, else what can't be told from it."""
        if one.kind in _NAMED_BY_THEMSELVES:
            return None
        likeness = (lambda it: bool(one.name) and one.name == it.name, _alike(one), self._alike_in_words(one))
        return next((it for like in likeness for it in left if like(it)), None)

    def _alike_in_words(self, one: Part) -> Callable[[Part], bool]:
        def like(it: Part) -> bool:
            named = one.name and it.name
            pairs = zip(one.identity, it.identity, strict=True)
            return self._server_text and not named and all(a == b or may_be_equal(a or "", b or "") for a, b in pairs)

        return like

    def _identities(self, one: Part, other: Part) -> Iterator[Difference]:
        for name, ours, theirs in zip(_IDENTITY[one.kind], one.identity, other.identity, strict=True):
            yield from self._value(one, name, ours, theirs)
        if one.name and other.name and one.name != other.name:
            yield Difference(way=Way.DIFFERS, part=one, attribute="name", wanted=one.name, found=other.name)
        yield from self._attributes(one, other)

    def _attributes(self, one: Part, other: Part) -> Iterator[Difference]:
        if one.kind is PartKind.PRIMARY_KEY and one.name and other.name:
            yield from self._value(one, "name", one.name, other.name)
        for name in self._attribute_names(one):
            value = one.attributes[name]
            if name in other.attributes and not self._is_left_out(name, value, other.attributes[name]):
                yield from self._value(one, name, value, other.attributes[name])

    def _is_left_out(self, name: str, ours: Value, theirs: Value) -> bool:
        """What nobody knows, or nobody asked for."""
        unasked = not ours and (name in self.left_to_server or (theirs is None and name in _SELDOM))
        return unasked or (name == "comment" and not self._comments)

    def _attribute_names(self, part: Part) -> Iterator[str]:
        """A collation says the character set too, so that one finding is enough."""
        return (one for one in part.attributes if one != "character set" or not part.attributes.get("collation"))

    def _value(self, part: Part, name: str, ours: Value, theirs: Value) -> Iterator[Difference]:
        if ours == theirs:
            if ours is None:
                self.uncompared.append((part.label, name))
            return
        reworded = self._server_text and name in TEXTS
        if reworded and name == "columns" and _are_names(ours) and _are_names(theirs):
            reworded = False  # names of columns have one wording, and their order counts
        if ours is None or theirs is None or (ours and theirs and reworded and may_be_equal(ours, theirs)):
            self.uncompared.append((part.label, name))
            return
        yield Difference(way=Way.DIFFERS, part=part, attribute=name, wanted=ours, found=theirs)


def _are_names(columns: Value) -> bool:
    return bool(re.fullmatch(r"[\w$]+(?:, [\w$]+)*", columns or ""))


def _alike(one: Part) -> Callable[[Part], bool]:
    return lambda it: all(a == b or None in (a, b) for a, b in zip(one.identity, it.identity, strict=True))
