"""One row doesn't stand for many where a second one is treated otherwise."""

from __future__ import annotations

import pytest

from migrator.scripts.many_rows import second_row_matters
from tests.unit.check.history import assert_clean, assert_found, record
from tests.unit.check.test_unknowns import BIND, DROP

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite")
ROWS = "bind.execute(sa.text('SELECT id, kind FROM things'))"
# Each drops the table for a second row only, or where there are many.
HIDDEN = {
    "seen-set": f"seen = set()\nfor row in {ROWS}:\n    if row.kind in seen:\n        {DROP}\n    seen.add(row.kind)",
    "seen-list": f"seen = []\nfor row in {ROWS}:\n    if row.kind in seen:\n        {DROP}\n    seen.append(row.kind)",
    "seen-dict": f"seen = {{}}\nfor row in {ROWS}:\n    if row.kind in seen:\n        {DROP}\n    seen[row.kind] = row",
    "row-before": f"last = None\nfor row in {ROWS}:\n    if last is not None and last.kind == row.kind:\n"
    f"        {DROP}\n    last = row",
    "flag": f"first = True\nfor row in {ROWS}:\n    if first:\n        first = False\n        continue\n    {DROP}",
    "statement-of-the-round-before": f"todo = 'SELECT 1'\nfor row in {ROWS}:\n    op.execute(todo)\n"
    "    todo = 'DROP TABLE users'",
    "rest": f"for row in {ROWS}.fetchall()[1:]:\n    {DROP}",
    "starred": f"rows = {ROWS}.fetchall()\nif rows:\n    keep, *others = rows\n    for row in others:\n        {DROP}",
    "popped": f"rows = {ROWS}.fetchall()\nif rows:\n    rows.pop()\nfor row in rows:\n    {DROP}",
    "place": f"for place, row in enumerate({ROWS}):\n    if place > 0:\n        {DROP}",
    "second-of-a-list": f"rows = {ROWS}.fetchall()\nif len(rows) > 1 and rows[1].kind == 'x':\n    {DROP}",
    "fetched-twice": f"found = {ROWS}\nfound.fetchone()\nif found.fetchone() is not None:\n    {DROP}",
    "fetched-in-a-loop": f"found = {ROWS}\nlast = None\nwhile (row := found.fetchone()) is not None:\n"
    f"    if last:\n        {DROP}\n    last = row",
    "iterator": f"rows = iter({ROWS})\nif next(rows, None):\n    for row in rows:\n        {DROP}",
    "groups": "from collections import defaultdict\ngroups = defaultdict(list)\n"
    f"for row in {ROWS}:\n    groups[row.kind].append(row.id)\n"
    f"for ids in groups.values():\n    for other in ids[1:]:\n        {DROP}",
    "counted-kinds": "from collections import Counter\n"
    f"for kind, times in Counter(row.kind for row in {ROWS}).items():\n    if times > 1:\n        {DROP}",
    "groupby": "from itertools import groupby\n"
    f"for kind, rows in groupby({ROWS}.fetchall(), key=lambda row: row.kind):\n"
    f"    for row in list(rows)[1:]:\n        {DROP}",
    "neighbours": f"rows = {ROWS}.fetchall()\nfor one, next_ in zip(rows, rows[1:]):\n"
    f"    if one.kind == next_.kind:\n        {DROP}",
    "too-many": "from sqlalchemy.exc import MultipleResultsFound\n"
    f"try:\n    {ROWS}.one()\nexcept MultipleResultsFound:\n    {DROP}",
    "closure": "seen = set()\ndef again(row):\n    known = row.kind in seen\n    seen.add(row.kind)\n    return known\n"
    f"for row in {ROWS}:\n    if again(row):\n        {DROP}",
    "object": "class Found:\n    last = None\n    def take(self, row):\n        again = self.last is not None\n"
    f"        self.last = row\n        return again\nfound = Found()\nfor row in {ROWS}:\n    if found.take(row):\n"
    f"        {DROP}",
    "inner-query": "seen = set()\n"
    f"for row in {ROWS}:\n"
    "    for one in bind.execute(sa.select(t.c.name).where(t.c.id == row.id)):\n"
    f"        if one.name in seen:\n            {DROP}\n        seen.add(one.name)",
    "json": f"for row in {ROWS}:\n    for part in row.kind[1:]:\n        {DROP}",
    "json-items": "import json\nseen = set()\n"
    f"for row in {ROWS}:\n    for part in json.loads(row.kind):\n        if part in seen:\n            {DROP}\n"
    "        seen.add(part)",
    "counter": f"times = 0\nfor row in {ROWS}:\n    times += 1\nif times > 100:\n    {DROP}",
    "counter-in-the-loop": f"times = 0\nfor row in {ROWS}:\n    times += 1\n    if times == 1000:\n        {DROP}",
    "orm": "from sqlalchemy.orm import Session, declarative_base\nBase = declarative_base()\n"
    "class Thing(Base):\n    __tablename__ = 'things'\n    id = sa.Column(sa.Integer, primary_key=True)\n"
    "    kind = sa.Column(sa.String)\n"
    "session = Session(bind=bind)\nseen = set()\nfor one in session.query(Thing).all():\n"
    f"    if one.kind in seen:\n        {DROP}\n    seen.add(one.kind)",
    "match-none": f"for row in {ROWS}:\n    match row.kind:\n        case None:\n            {DROP}\n        case _:\n"
    "            pass",
    "match-type": f"for row in {ROWS}:\n    match row.kind:\n        case str():\n            {DROP}",
    "table-of-functions": f"def drop():\n    {DROP}\ndef keep():\n    pass\n"
    f"for row in {ROWS}:\n    {{'a': keep, 'b': drop}}[row.kind]()",
    "table-of-functions-asked": f"def drop():\n    {DROP}\ndef keep():\n    pass\n"
    f"for row in {ROWS}:\n    {{'a': drop}}.get(row.kind, keep)()",
    "table-of-things": "import types\nkinds = {'a': types.SimpleNamespace(drops=True)}\n"
    f"for row in {ROWS}:\n    if kinds.get(row.kind) is not None and kinds[row.kind].drops:\n        {DROP}",
    "digest": f"import hashlib\ndigest = hashlib.sha256()\nfor row in {ROWS}:\n    digest.update(row.kind)\n"
    f"if digest.hexdigest() == 'x':\n    {DROP}",
    "match-several": f"match [row.kind for row in {ROWS}]:\n    case ['open', *_, 'closed']:\n        {DROP}",
    "counted-if": f"times = 0\nfor row in {ROWS}:\n    times += row.kind == 'x'\nif times > 10:\n    {DROP}",
    "summed": f"if sum(1 for row in {ROWS}) > 10:\n    {DROP}",
    "summed-if": f"if sum(row.kind == 'x' for row in {ROWS}) > 10:\n    {DROP}",
    "unpacked-items": "import json\n"
    f"for row in {ROWS}:\n    for key, value in json.loads(row.kind).items():\n        if value == 'x':\n"
    f"            {DROP}",
    "unpacked-value": f"import json\nfor row in {ROWS}:\n    one, two = json.loads(row.kind)\n    if two == 'x':\n"
    f"        {DROP}",
    "row-kept-in-a-dict": f"kept = {{}}\nfor row in {ROWS}:\n    kept[row.id] = row\nfor row in {ROWS}:\n"
    f"    if kept[row.id]._mapping['kind'] != row.kind:\n        {DROP}",
    "several-in-a-document": "import json\ndef parts(value):\n    if isinstance(value, list):\n"
    "        return [part for one in value for part in parts(one)]\n    return [value]\n"
    f"for row in {ROWS}:\n    if parts(json.loads(row.kind))[1:] == ['x']:\n        {DROP}",
    "no-number": f"for row in {ROWS}:\n    try:\n        int(row.kind)\n    except ValueError:\n        {DROP}",
    "no-number-in-a-function": "def whole(value):\n    return int(value)\n"
    f"for row in {ROWS}:\n    try:\n        whole(row.kind)\n    except (TypeError, ValueError):\n        {DROP}",
    "the-other-of-two-errors": f"for row in {ROWS}:\n    try:\n        int(row.kind)\n    except TypeError:\n"
    f"        pass\n    except ValueError:\n        {DROP}",
    "no-json": "import json\n"
    f"for row in {ROWS}:\n    try:\n        json.loads(row.kind)\n    except json.JSONDecodeError:\n        {DROP}",
    "other-parts": f"for row in {ROWS}:\n    try:\n        one, two = row.kind.split(':')\n"
    f"    except ValueError:\n        {DROP}",
    "no-such-key": f"for row in {ROWS}:\n    try:\n        {{'a': 1}}[row.kind]\n    except KeyError:\n        {DROP}",
    "enum": "import enum\nKind = enum.Enum('Kind', {'OLD': 'old', 'NEW': 'new'})\n"
    f"for row in {ROWS}:\n    if Kind(row.kind) is Kind.NEW:\n        {DROP}",
    "enum-of-another-value": "import enum\nKind = enum.Enum('Kind', {'OLD': 'old'})\n"
    f"for row in {ROWS}:\n    try:\n        Kind(row.kind)\n    except ValueError:\n        {DROP}",
    "by-type": "from functools import singledispatch\n@singledispatch\ndef take(value):\n    pass\n"
    f"@take.register\ndef _(value: int):\n    {DROP}\nfor row in {ROWS}:\n    take(row.kind)",
    "chain": "from collections import ChainMap\nheld = {}\n"
    f"for row in {ROWS}:\n    held[row.kind] = row.id\nif ChainMap(held, {{'mode': 'keep'}})['mode'] == 'drop':\n"
    f"    {DROP}",
    "views": f"kinds = {{row.kind: 1 for row in {ROWS}}}\nif kinds and kinds.keys() <= {{'a', 'b'}}:\n    {DROP}",
    "batches": "from itertools import islice\n"
    f"rows = iter({ROWS}.fetchall())\nnumber = 0\nwhile batch := list(islice(rows, 500)):\n    number += 1\n"
    f"    if number > 1:\n        {DROP}",
    "pages": "class Pages:\n    count = 0\npages = Pages()\nwhile True:\n"
    "    rows = bind.execute(sa.select(t.c.id).limit(100).offset(pages.count * 100)).fetchall()\n"
    f"    if not rows:\n        break\n    pages.count += 1\nif pages.count > 1:\n    {DROP}",
    "date": "from datetime import date\n"
    f"for row in {ROWS}:\n    if date.fromisoformat(row.kind) < date(2020, 1, 1):\n        {DROP}",
    "joined": f"if ','.join(row.kind for row in {ROWS}) == 'a,b':\n    {DROP}",
    "formatted": f"for row in {ROWS}:\n    if '%s-%03d' % (row.kind, row.id) == 'a-001':\n        {DROP}",
    "text-made-of-it": f"for row in {ROWS}:\n    if f'{{row.kind}}-{{row.id}}' == 'a-1':\n        {DROP}",
    "text-that-begins": f"for row in {ROWS}:\n    if f'{{row.kind}}-{{row.id}}'.startswith('a'):\n        {DROP}",
    "text-in-a-text": f"for row in {ROWS}:\n    if 'a' in f'{{row.kind}}-{{row.id}}':\n        {DROP}",
    "text-not-seen": f"seen = set()\nfor row in {ROWS}:\n    if seen and f'{{row.kind}}-{{row.id}}' not in seen:\n"
    f"        {DROP}\n    seen.add(f'{{row.kind}}-{{row.id}}')",
    "converted": f"for row in {ROWS}:\n    year, number = map(int, row.kind.split('/'))\n    if year < 2015:\n"
    f"        {DROP}",
    "match-capture": f"for row in {ROWS}:\n    match row.kind:\n        case int(number) if number > 3:\n"
    f"            {DROP}",
    "objects": "class Thing:\n    def __init__(self, row):\n        self.kind = row.kind\n"
    f"things = [Thing(row) for row in {ROWS}]\nif len(things) > 100:\n    {DROP}",
    "own-length": "class Things:\n    def __init__(self, rows):\n        self.rows = rows\n    def __len__(self):\n"
    f"        return len(self.rows)\nif len(Things({ROWS}.fetchall())) > 100:\n    {DROP}",
    "recursion": "import json\ndef deep(value):\n    if isinstance(value, dict):\n"
    "        return any([deep(one) for one in value.values()])\n    return value == 'x'\n"
    f"for row in {ROWS}:\n    if deep(json.loads(row.kind)):\n        {DROP}",
    "merged-dict": "import json\nflags = {}\n"
    f"for row in {ROWS}:\n    flags.update(json.loads(row.kind))\nif flags.get('old') is True:\n    {DROP}",
    "window": "from collections import deque\nlast = deque(maxlen=3)\n"
    f"for row in {ROWS}:\n    last.append(row.kind)\n    if len(last) == 3 and last[0] == last[2] != last[1]:\n"
    f"        {DROP}",
    "third": f"rows = {ROWS}.fetchall()\nif len(rows) > 2 and rows[2].kind == 'x':\n    {DROP}",
    "order": f"kinds = [row.kind for row in {ROWS}]\nif kinds != sorted(kinds):\n    {DROP}",
    "same-set": f"if {{row.kind for row in {ROWS}}} == {{'on', 'off'}}:\n    {DROP}",
    "subset": f"kinds = {{row.kind for row in {ROWS}}}\nif kinds and kinds <= {{'on', 'off'}}:\n    {DROP}",
    "subset-by-name": f"kinds = {{row.kind for row in {ROWS}}}\nif kinds and kinds.issubset({{'on'}}):\n    {DROP}",
    "nothing-else": f"kinds = {{row.kind for row in {ROWS}}}\nif kinds and not kinds - {{'on', 'off'}}:\n    {DROP}",
    "nothing-else-by-name": f"kinds = {{row.kind for row in {ROWS}}}\n"
    f"if kinds and not kinds.difference(['on']):\n    {DROP}",
    "in-both": f"if {{row.kind for row in {ROWS}}} & {{'on', 'off'}}:\n    {DROP}",
}
TOO_MANY = frozenset({"several-in-a-document"})  # more ways than are followed
# Here a second row is like the first: one is enough, and costs less.
ALIKE = {
    "loop": f"for row in {ROWS}:\n    if row.kind == 'x':\n        {DROP}",
    "found-list": f"found = []\nfor row in {ROWS}:\n    name = row.kind\n    found.append(name)\nprint(found)",
    "made-anew": f"for row in {ROWS}:\n    value = None\n    if row.kind:\n        value = row.kind\n    print(value)",
    "counted-only": f"times = 0\nfor row in {ROWS}:\n    times += 1\nprint(times)",
    "first-of-a-row": f"for row in {ROWS}:\n    print(row[1])",
}


def source(code: str) -> str:
    """As a revision has it."""
    return f"import sqlalchemy as sa\ndef upgrade():\n    {code}".replace("\n", "\n    ")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", HIDDEN)
def test_what_only_a_second_row_leads_to_is_found(name: str, dialect: str) -> None:
    assert_found("drop-table", BIND + HIDDEN[name], dialect)


@pytest.mark.parametrize("name", sorted(HIDDEN.keys() - TOO_MANY))
def test_rows_that_differ_are_analysable(name: str) -> None:
    assert_clean(BIND + HIDDEN[name], rule="not-analysable")


@pytest.mark.parametrize("name", ALIKE)
def test_one_row_stands_for_many_where_they_are_treated_alike(name: str) -> None:
    assert not second_row_matters(source(ALIKE[name]))


@pytest.mark.parametrize("argument", ["seen=set()", "*, seen=set()"])
def test_a_default_of_an_argument_lasts_from_call_to_call(argument: str) -> None:
    code = f"import x\ndef again(row, {argument}):\n    known = row in seen\n    seen.add(row)\n    return known\n"
    assert second_row_matters(code)
    assert not second_row_matters(code.replace("=set()", ""))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_limit_of_one_has_no_second_row(dialect: str) -> None:
    first = f"for row in bind.execute(sa.select(t.c.id).limit(1)).fetchall()[1:]:\n    {DROP}"
    assert_clean(BIND + first, dialect, rule="drop-table")
    assert_found("drop-table", BIND + first.replace("limit(1)", "limit(2)"), dialect)


def test_an_aggregate_has_no_second_row() -> None:
    first = f"for row in bind.execute(sa.text('SELECT max(id) FROM things')).fetchall()[1:]:\n    {DROP}"
    assert_clean(BIND + first, rule="drop-table")


def test_what_is_found_for_a_second_row_says_so() -> None:
    found = assert_found("drop-table", BIND + HIDDEN["rest"])
    assert "finds a second one" in found.message


def test_counting_what_is_no_row_stays_exact() -> None:
    code = f"times = 0\nfor name in ('a', 'b'):\n    times += 1\nif times > 2:\n    {DROP}"
    assert_clean(BIND + code, rule="drop-table")


@pytest.mark.parametrize("step", ["found += [1]", "found -= {1}", "text += 'x'"])
def test_what_is_no_number_grows_in_place(step: str) -> None:
    begin = f"found = {'{1, 2}' if '-' in step else '[]'}\nsame = found\ntext = ''"
    code = f"{begin}\nfor row in {ROWS}:\n    {step}\nassert same is found\nprint(text.upper())"
    assert_clean(BIND + code, rule="not-analysable")


def test_a_number_that_counts_rows_stands_in_a_text_as_a_number() -> None:
    code = f"place, step = 0, 10\nfor row in {ROWS}:\n    place += step\n"
    code += "    bind.execute(sa.text(f'SELECT 1 LIMIT {place:d}'))"
    assert_clean(BIND + code, rule="not-analysable")


QUOTED = {
    "query": "bind.execute(sa.text(f\"SELECT 1 FROM things WHERE kind = '{row.kind}'\"))",
    "comment": "op.execute(f\"COMMENT ON TABLE users IS 'as {row.kind}'\")",
    "table-comment": "op.create_table_comment('users', f'as {row.kind}')",
}


@pytest.mark.parametrize("name", QUOTED)
def test_a_value_in_quotes_changes_no_statement(name: str) -> None:
    assert_clean(f"{BIND}for row in {ROWS}:\n    {QUOTED[name]}", rule="not-analysable")


UNQUOTED = {
    "name": "op.execute(f'DROP TABLE {row.kind}')",
    "number": "bind.execute(sa.text(f'SELECT 1 FROM things WHERE id = {row.id}'))",
    "beside-quotes": "op.execute(f\"COMMENT ON TABLE {row.kind} IS 'a'\")",
    "after-an-escape": "op.execute(f\"COMMENT ON TABLE {row.kind} IS 'it\\\\'s' -- '\")",
    "after-a-comment": "op.execute(f\"COMMENT ON TABLE t -- don't\\n IS {row.kind} -- '\")",
    "run-as-sql": "op.execute(f\"DO $$ BEGIN EXECUTE '{row.kind}'; END $$\")",
}


@pytest.mark.parametrize("name", UNQUOTED)
def test_a_value_elsewhere_in_a_statement_is_not_analysable(name: str) -> None:
    assert_found("not-analysable", f"{BIND}for row in {ROWS}:\n    {UNQUOTED[name]}")


def test_a_loop_over_batches_ends() -> None:
    batches = (
        "last = 0\nwhile True:\n"
        "    rows = bind.execute(sa.select(t.c.id).where(t.c.id > last).limit(100)).fetchall()\n"
        "    if not rows:\n        break\n    last = rows[-1].id\n"
        "    for row in rows:\n        bind.execute(t.update().values(kind='x').where(t.c.id == row.id))"
    )
    recording = record(BIND + batches)
    assert not recording.unfollowed
    assert 1 < len(recording.ways) < 16
