"""What only a database knows is followed both ways; what can't be followed is named with its line."""

from __future__ import annotations

import pytest

from tests.unit.check.history import BEFORE, HEAD_LINES, assert_clean, assert_found, judged, record, rules_of

DROP = "op.drop_table('users')"
ADD = "op.add_column('posts', sa.Column('n', sa.Integer))"
BIND = "bind = op.get_bind()\nt = sa.table('things', sa.column('id'), sa.column('kind'), sa.column('name'))\n"
SESSION = """
from sqlalchemy.orm import Session, declarative_base
Base = declarative_base()
class Thing(Base):
    __tablename__ = "things"
    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String)
    made = sa.Column(sa.DateTime)
    data = sa.Column(sa.JSON)
    level = sa.Column(sa.Enum("low", "high", name="level"))
session = Session(bind=op.get_bind())
"""

# Each has a drop on one way, and something harmless on another: a recorder that knows one way only is silent.
HIDDEN = {
    "scalar-true": f"if bind.execute(sa.text('SELECT 1 FROM things')).scalar():\n    {DROP}",
    "scalar-false": f"if not bind.execute(sa.text('SELECT 1 FROM things')).scalar():\n    {DROP}",
    "scalar-none": f"if bind.scalar(sa.select(t.c.id)) is None:\n    {DROP}",
    "scalar-not-none": f"if bind.scalar(sa.select(t.c.id)) is not None:\n    {DROP}",
    "loop-over-rows": f"for row in bind.execute(sa.select(t.c.id)):\n    {DROP}",
    "no-rows": f"if not bind.execute(sa.select(t.c.id)).fetchall():\n    {DROP}",
    "fetchone": f"if bind.execute(sa.select(t.c.id)).fetchone() is None:\n    {DROP}",
    "first": f"row = bind.execute(sa.select(t.c.id)).first()\nif row:\n    {DROP}",
    "all": f"if len(bind.execute(sa.select(t.c.id)).all()) > 100:\n    {DROP}",
    "all-few": f"if len(bind.execute(sa.select(t.c.id)).all()) <= 100:\n    {DROP}",
    "scalar-one-or-none": f"if bind.execute(sa.select(t.c.id)).scalar_one_or_none() is None:\n    {DROP}",
    "scalars": f"for one in bind.scalars(sa.select(t.c.id)):\n    {DROP}",
    "mappings": f"for one in bind.execute(sa.text('SELECT id, kind FROM things')).mappings():\n"
    f"    if one['kind'] == 'old':\n        {DROP}",
    "unpacked": f"for id, kind in bind.execute(sa.text('SELECT t.id, t.kind AS k FROM things t')):\n"
    f"    if kind != 'old':\n        {DROP}",
    "attribute": f"for one in bind.execute(sa.text('SELECT kind FROM things')):\n    if one.kind < 5:\n        {DROP}",
    "argument": f"from alembic import context\nif context.get_x_argument(as_dictionary=True).get('data'):\n    {DROP}",
    "argument-listed": f"from alembic import context\nif 'data=1' in context.get_x_argument():\n    {DROP}",
    "suppressed": "from contextlib import suppress\nleft = True\n"
    "with suppress(sa.exc.ProgrammingError):\n    bind.execute(sa.text('SELECT 1 FROM things'))\n    left = False\n"
    f"if left:\n    {DROP}",
    "suppressed-value": "from contextlib import suppress\nnumber = None\n"
    f"with suppress(ValueError):\n    number = int(bind.scalar(sa.select(t.c.kind)))\nif number is None:\n    {DROP}",
    "null-in-a-row": f"for one in bind.execute(sa.select(t.c.kind)):\n    if one.kind is None:\n        {DROP}",
    "count": f"if bind.execute(sa.text('SELECT count(*) FROM things')).scalar() == 0:\n    {DROP}",
    "count-function": f"if bind.scalar(sa.select(sa.func.count()).select_from(t)) > 1_000_000:\n    {DROP}",
    "count-positive": f"if bind.scalar(sa.select(sa.func.count()).select_from(t)):\n    {DROP}",
    "exists": f"if bind.execute(sa.text('SELECT EXISTS (SELECT 1 FROM things)')).scalar():\n    {DROP}",
    "maximum": f"highest = bind.execute(sa.text('SELECT max(id) FROM things')).scalar()\n"
    f"if (highest or 0) + 1 > 1000:\n    {DROP}",
    "integer": f"if int(bind.execute(sa.text('SHOW server_version_num')).scalar()) >= 120000:\n    {DROP}",
    "text": f"if str(bind.scalar(sa.text('SELECT version()'))).startswith('PostgreSQL 9'):\n    {DROP}",
    "text-inside": f"if 'MariaDB' in bind.scalar(sa.text('SELECT version()')):\n    {DROP}",
    "type": f"value = bind.scalar(sa.select(t.c.kind))\nif isinstance(value, str):\n    {DROP}",
    "json": f"import json\nif json.loads(bind.scalar(sa.select(t.c.kind)) or '{{}}').get('x') == 1:\n    {DROP}",
    "set-of-values": "kinds = {one.kind for one in bind.execute(sa.select(t.c.kind))}\n"
    f"if 'old' in kinds:\n    {DROP}",
    "list-of-values": f"kinds = [one[0] for one in bind.execute(sa.select(t.c.kind))]\nif 'old' in kinds:\n    {DROP}",
    "value-in-a-list": f"if bind.scalar(sa.select(t.c.kind)) in ('a', 'b'):\n    {DROP}",
    "value-in-a-set": f"if bind.scalar(sa.select(t.c.kind)) in {{'a', 'b'}}:\n    {DROP}",
    "dictionary": f"if {{'a': 1}}.get(bind.scalar(sa.select(t.c.kind))) == 1:\n    {DROP}",
    "dictionary-item": f"if {{'a': 1}}[bind.scalar(sa.select(t.c.kind))] == 1:\n    {DROP}",
    "match": f"import re\nif re.match('a', bind.scalar(sa.select(t.c.kind))):\n    {DROP}",
    "rowcount": f"if bind.execute(t.update().values(kind='x')).rowcount:\n    {DROP}",
    "rowcount-compared": f"if bind.execute(t.update().values(kind='x')).rowcount == 0:\n    {DROP}",
    "executed-text": f"if bind.exec_driver_sql('SELECT id FROM things').fetchall():\n    {DROP}",
    "raw-cursor": "cursor = bind.connection.cursor()\ncursor.execute('SELECT id FROM things')\n"
    f"if cursor.fetchone():\n    {DROP}",
    "has-table": f"if sa.inspect(bind).has_table('strange'):\n    {DROP}",
    "has-no-table": f"if not sa.inspect(bind).has_table('strange'):\n    {DROP}",
    "dialect-has-table": f"if bind.dialect.has_table(bind, 'strange'):\n    {DROP}",
    "table-names": f"if 'strange' in sa.inspect(bind).get_table_names():\n    {DROP}",
    "table-names-as-a-set": f"if 'strange' in set(sa.inspect(bind).get_table_names()):\n    {DROP}",
    "missing-of-several-tables": f"if {{'users', 'strange'}} - set(sa.inspect(bind).get_table_names()):\n    {DROP}",
    "several-tables": "names = {'users', 'strange'}\n"
    f"if names & set(sa.inspect(bind).get_table_names()) != {{'users'}}:\n    {DROP}",
    "tables-and-views": "inspector = sa.inspect(bind)\n"
    f"if 'strange' in inspector.get_table_names() + inspector.get_view_names():\n    {DROP}",
    "column-names": "names = [c['name'] for c in sa.inspect(bind).get_columns('strange')]\n"
    f"if 'x' not in names:\n    {DROP}",
    "columns-of-a-missing-table": "try:\n    sa.inspect(bind).get_columns('strange')\n"
    f"except sa.exc.NoSuchTableError:\n    {DROP}",
    "view-names": f"if 'strange' in sa.inspect(bind).get_view_names():\n    {DROP}",
    "schema-names": f"if sa.inspect(bind).has_schema('strange'):\n    {DROP}",
    "server-version": f"if bind.dialect.server_version_info < (12, 0):\n    {DROP}",
    "driver": f"if bind.dialect.driver == 'asyncpg':\n    {DROP}",
    "description-of-the-dialect": f"if bind.dialect.dialect_description.startswith('postgresql+'):\n    {DROP}",
    "hash": "import hashlib\nfor one in bind.execute(sa.select(t.c.name)):\n"
    f"    if hashlib.sha256(one.name.encode()).hexdigest() == 'x':\n        {DROP}",
    "hash-of-a-kind": "import hashlib\nfor one in bind.execute(sa.select(t.c.name)):\n"
    f"    if hashlib.new('md5', one.name.encode()).hexdigest() == 'x':\n        {DROP}",
    "caught": f"try:\n    op.drop_index('ix_strange', 'posts')\nexcept Exception:\n    {DROP}",
    "caught-by-class": f"try:\n    {ADD}\nexcept sa.exc.OperationalError:\n    {DROP}",
    "caught-not": f"try:\n    {ADD}\nexcept sa.exc.ProgrammingError:\n    pass\nelse:\n    {DROP}",
    "environment": f"import os\nif os.environ.get('DROP_IT'):\n    {DROP}",
    "environment-item": f"import os\nif os.environ['STAGE'] == 'test':\n    {DROP}",
    "environment-set": f"import os\nif 'DROP_IT' in os.environ:\n    {DROP}",
    "environment-getenv": f"import os\nif os.getenv('DROP_IT', 'no') == 'yes':\n    {DROP}",
    "clock": f"import datetime\nif datetime.datetime.now().year > 2030:\n    {DROP}",
    "helper": "def there(name):\n"
    "    return bind.execute(sa.text('SELECT 1 FROM x WHERE n = :n'), {'n': name}).scalar()\n"
    f"if there('a'):\n    pass\nelif there('b'):\n    {DROP}",
    "one-of-a-loop": "for kind in ('a', 'b', 'c'):\n"
    "    if bind.execute(sa.select(t.c.id).where(t.c.kind == kind)).first():\n"
    f"        if kind == 'b':\n            {DROP}\n        break",
    "batches": "while True:\n    ids = bind.execute(sa.select(t.c.id).limit(100)).fetchall()\n    if not ids:\n"
    f"        break\n    {DROP}",
    "pages": "offset = 0\nwhile True:\n    ids = bind.execute(sa.select(t.c.id).limit(100).offset(offset)).fetchall()\n"
    f"    if not ids:\n        break\n    offset += 100\n    {DROP}",
    "rowcount-batches": "while bind.execute(t.update().values(kind='x')).rowcount > 0:\n    pass\n"
    f"if bind.scalar(sa.select(t.c.id)):\n    {DROP}",
    "raises": "if bind.scalar(sa.select(t.c.id)):\n    raise RuntimeError('there are things')\n" + DROP,
    "with-update": "sql = 'WITH c AS (SELECT id FROM things) UPDATE things t SET kind = 1 FROM c WHERE c.id = t.id'\n"
    "while True:\n    done = bind.execute(sa.text(sql))\n    if done.rowcount == 0:\n        break\n" + DROP,
    "star": f"for one in bind.execute(sa.text('SELECT * FROM users WHERE id > 7')):\n"
    f"    if one.name == 'x':\n        {DROP}",
    "function-of-a-package": f"import textwrap\nfor one in bind.execute(sa.select(t.c.name)):\n"
    f"    if textwrap.dedent(one.name) == 'x':\n        {DROP}",
    "class-in-the-function": SESSION + f"if session.query(Thing).count() > 3:\n    {DROP}",
    "orm-all": SESSION + f"for one in session.query(Thing).filter(Thing.kind == 'x').all():\n    {DROP}",
    "orm-first": SESSION + f"if session.query(Thing).first() is None:\n    {DROP}",
    "orm-attribute": SESSION
    + f"for one in session.scalars(sa.select(Thing)):\n    if one.level == 'low':\n        {DROP}",
    "orm-many": SESSION + f"if len(session.query(Thing).all()) > 7:\n    {DROP}",
    "orm-get": SESSION + f"if session.get(Thing, 1):\n    {DROP}",
    "orm-json": SESSION + f"for one in session.query(Thing):\n    if 'x' in one.data:\n        {DROP}",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_hangs_on_the_database_is_seen_whichever_way_it_goes(name: str) -> None:
    assert_found("drop-table", BIND + HIDDEN[name])


@pytest.mark.parametrize("name", HIDDEN)
def test_what_was_followed_every_way_is_analysable(name: str) -> None:
    assert_clean(BIND + HIDDEN[name], rule="not-analysable")


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "sqlite"])
@pytest.mark.parametrize("name", ["loop-over-rows", "orm-attribute", "has-table", "caught", "rowcount", "orm-json"])
def test_the_ways_are_the_same_on_every_dialect(dialect: str, name: str) -> None:
    assert_found("drop-table", BIND + HIDDEN[name], dialect)
    assert_clean(BIND + HIDDEN[name], dialect, rule="not-analysable")


@pytest.mark.parametrize(
    "code",
    [
        "if op.get_context().dialect.name == 'sqlite':\n    " + DROP,
        "from alembic import context\nif context.is_offline_mode():\n    " + DROP,
        "if not sa.inspect(bind).has_table('users'):\n    " + DROP,
        "if 'nothing' in [c['name'] for c in sa.inspect(bind).get_columns('users')]:\n    " + DROP,
        "if 'ix_users_name' not in [i['name'] for i in sa.inspect(bind).get_indexes('users')]:\n    " + DROP,
        "if 'users' not in sa.inspect(bind).get_table_names():\n    " + DROP,
        "if 'users' not in set(sa.inspect(bind).get_table_names()):\n    " + DROP,
        "if bind.scalar(sa.text('SELECT count(*) FROM things')) is None and len([1, 2]) > 2:\n    pass",
    ],
)
def test_what_is_known_is_not_followed_the_other_way(code: str) -> None:
    assert_clean(BIND + code)


def test_a_finding_says_on_which_way_it_stands() -> None:
    found = assert_found("drop-table", BIND + "if bind.scalar(sa.select(t.c.id)):\n    " + DROP)
    assert f"(where line {HEAD_LINES + 3} finds a row" in found.message
    always = assert_found("drop-table", BIND + "bind.scalar(sa.select(t.c.id))\n" + DROP)
    assert "where line" not in always.message


@pytest.mark.parametrize(
    "code",
    [
        "for row in bind.execute(sa.select(t.c.name)):\n    op.execute(f'ALTER TABLE posts DROP COLUMN {row.name}')",
        "for row in bind.execute(sa.select(t.c.name)):\n    op.execute('DROP TABLE ' + row.name)",
        "for row in bind.execute(sa.select(t.c.name)):\n    op.execute('DROP TABLE %s' % row.name)",
        "for row in bind.execute(sa.select(t.c.name)):\n    op.execute('DROP TABLE {}'.format(row.name))",
        "for row in bind.execute(sa.select(t.c.name)):\n    op.drop_column('posts', str(row.name))",
    ],
)
def test_a_text_made_of_an_unknown_is_not_analysable(code: str) -> None:
    found = assert_found("not-analysable", BIND + code)
    assert found.line == HEAD_LINES + 4
    assert "--trace URL" in found.remedy


def test_a_value_that_is_bound_is_no_text() -> None:
    code = "for row in bind.execute(sa.select(t.c.id)):\n    bind.execute(t.delete().where(t.c.id == row.id))"
    assert "not-analysable" not in rules_of(judged(BIND + code))


def test_more_than_32_ways_are_not_analysable_and_what_was_seen_is_judged() -> None:
    code = "".join(f"if bind.scalar(sa.text('SELECT {n} FROM things')):\n    pass\n" for n in range(6))
    found = assert_found("not-analysable", BIND + code + DROP)
    assert "32 ways" in found.message
    assert HEAD_LINES + 2 < found.line < HEAD_LINES + 15
    assert_found("drop-table", BIND + code + DROP)


def test_five_choices_are_followed_to_the_end() -> None:
    code = "".join(f"if bind.scalar(sa.text('SELECT {n} FROM things')) is None:\n    pass\n" for n in range(4))
    assert len(record(BIND + code).ways) == 32 or "not-analysable" not in rules_of(judged(BIND + code))


@pytest.mark.parametrize(
    "code",
    [
        "for name in sa.inspect(bind).get_table_names():\n    print(name)",
        "if len(sa.inspect(bind).get_table_names()) > 7:\n    pass",
        "if set(sa.inspect(bind).get_table_names()) == {'users'}:\n    pass",
        "if sa.inspect(bind).get_table_names() == ['users']:\n    pass",
        "if {'users'} >= set(sa.inspect(bind).get_table_names()):\n    pass",
        "if set(sa.inspect(bind).get_table_names()).issubset({'users'}):\n    pass",
        "for name in set(sa.inspect(bind).get_table_names()):\n    print(name)",
        "if sa.inspect(bind).get_view_definition('v'):\n    pass",
    ],
)
def test_what_can_not_be_followed_is_named_with_its_line(code: str) -> None:
    assert assert_found("not-analysable", BIND + code).line == HEAD_LINES + 3


def test_an_error_that_comes_of_the_recorder_is_not_analysable() -> None:
    code = "class Strict:\n    def __init__(self, value):\n        assert_never = {}[str(value)]\n"
    code += "for row in bind.execute(sa.select(t.c.id)):\n    [1, 2, 3][row]\n"
    assert assert_found("not-analysable", BIND + code).line == HEAD_LINES + 7


def test_a_loop_that_waits_for_what_never_comes_ends() -> None:
    code = "while bind.scalar(sa.text('SELECT count(*) FROM things')) > 0:\n    pass"
    assert "EndlessRevisionError" in assert_found("not-analysable", BIND + code).message


def test_a_revision_that_never_goes_through_is_not_analysable() -> None:
    code = "if bind.scalar(sa.select(t.c.id)):\n    raise RuntimeError\nraise ValueError"
    assert_found("not-analysable", BIND + code)


def test_a_table_that_one_way_made_is_uncertain_for_later_revisions() -> None:
    before = BIND + "if bind.scalar(sa.select(t.c.id)):\n    op.create_table('maybe', sa.Column('id', sa.Integer))"
    later = "if sa.inspect(op.get_bind()).has_table('maybe'):\n    " + DROP
    assert "differently" in assert_found("not-analysable", later, before=before).message


def test_a_table_is_reflected_whose_foreign_key_leads_out_of_the_history() -> None:
    before = "op.create_table('sets', sa.Column('id', sa.Integer, sa.ForeignKey('elsewhere.id', name='fk_sets')))"
    reflect = "table = sa.Table('sets', sa.MetaData(), autoload_with=op.get_bind())\n"
    code = "(key,) = [k.name for k in table.foreign_key_constraints if k.referred_table.name == 'elsewhere']\n"
    found = assert_found("drop-constraint", f"{reflect}{code}op.drop_constraint(key, 'sets')", before=before)
    assert "fk_sets" in found.message
    assert "not-analysable" not in rules_of(judged(reflect, before=before))


def test_a_table_that_nothing_tells_of_is_not_reflected() -> None:
    code = "sa.Table('elsewhere', sa.MetaData(), autoload_with=op.get_bind())"
    assert "NoSuchTableError" in assert_found("not-analysable", code).message


def test_a_revision_runs_its_own_code_again_afterwards() -> None:
    from migrator.scripts.recorder import record_history
    from tests.unit.check.history import history

    graph = history(BIND + "if bind.scalar(sa.select(t.c.id)) is None:\n    pass")
    upgrade = graph.module("change").upgrade
    code = upgrade.__code__
    record_history(graph, "postgresql", follow_unknowns=True)
    assert upgrade.__code__ is code
    assert not [name for name in vars(graph.module("change")) if name.startswith("_migrator")]


def test_where_nobody_follows_a_question_counts() -> None:
    from migrator.scripts.recorder import record_history
    from tests.unit.check.history import history

    graph = history(BIND + "if bind.scalar(sa.select(t.c.id)):\n    " + DROP)
    recording = record_history(graph, "postgresql")["change"]
    assert recording.conditional
    assert not recording.ways


PATCHES = {
    "operation": "op.drop_table = lambda *a, **k: None",
    "operations": "type(op._proxy).drop_table = lambda *a, **k: None",
    "inherited": "type(op._proxy).invoke = lambda *a, **k: None",
    "bind": "op.get_bind = lambda: None",
    "removed": "del op.drop_table",
    "connection": "sa.Connection.execute = lambda *a, **k: None",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_a_revision_that_patches_alembic_hides_nothing_in_the_next(patch: str) -> None:
    text = "op.get_bind().execute(sa.text('DROP TABLE posts'))"
    findings = judged(f"{DROP}\n{text}", before=f"{BEFORE}\n{PATCHES[patch]}")
    assert rules_of(findings).count("drop-table") == 2


def test_a_package_that_a_revision_imports_stays() -> None:
    findings = judged("sa.orm.Session(op.get_bind())\n" + DROP, before=f"{BEFORE}\nimport sqlalchemy.orm")
    assert "not-analysable" not in rules_of(findings)
