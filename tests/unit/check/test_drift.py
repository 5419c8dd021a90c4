"""Models against what the history makes: no drift where only the spelling differs, one finding for each difference."""

from __future__ import annotations

import pytest

from migrator.model.finding import Severity
from tests.unit.check.drifting import ALL, EMAIL, USERS, drift, made, metadata_of, table

# What models say, what a revision says instead, and where both are the same.
SAME = {
    "varchar_by_text": ('sa.Column("x", sa.String(50))', "x character varying(50)", ("postgresql", "sqlite")),
    "varchar_by_text_on_mysql": ('sa.Column("x", sa.String(50))', "x varchar(50)", ("mysql", "mariadb")),
    "integer_by_text": ('sa.Column("x", sa.Integer)', "x int", ALL),
    "boolean_by_text": ('sa.Column("x", sa.Boolean)', "x bool", ALL),
    "display_width": ('sa.Column("x", sa.BigInteger)', "x bigint(20)", ("mysql", "mariadb")),
    "timestamptz": ('sa.Column("x", sa.DateTime(timezone=True))', "x timestamptz", ("postgresql",)),
    "numeric": ('sa.Column("x", sa.Numeric(10, 2))', "x decimal(10, 2)", ALL),
    "numeric_without_scale": ('sa.Column("x", sa.Numeric(10))', "x decimal(10,0)", ("postgresql", "mysql")),
    "float": ('sa.Column("x", sa.Float(53))', "x double precision", ("postgresql", "mysql")),
    "datetime_precision_of_zero": ('sa.Column("x", sa.DateTime)', "x datetime(0)", ("mysql", "mariadb")),
    "json_is_longtext": ('sa.Column("x", sa.JSON)', "x longtext", ("mariadb",)),
    "array": ('sa.Column("x", sa.ARRAY(sa.Text))', "x text[]", ("postgresql",)),
    "not_null": ('sa.Column("x", sa.Text, nullable=False)', "x text NOT NULL", ALL),
}
SAME_BY_OPERATIONS = {
    "number_as_default": ('sa.Column("x", sa.Integer, server_default="0")', 'server_default=sa.text("0")', "Integer"),
    "now_as_default": (
        'sa.Column("x", sa.DateTime, server_default=sa.func.now())',
        'server_default=sa.text("CURRENT_TIMESTAMP")',
        "DateTime",
    ),
    "false_as_default": ('sa.Column("x", sa.Boolean, server_default=sa.false())', 'server_default="0"', "Boolean"),
    "text_with_a_cast": ('sa.Column("x", sa.Text, server_default="a")', "server_default=sa.text(\"'a'\")", "Text"),
    "default_in_parentheses": (
        'sa.Column("x", sa.Integer, server_default=sa.text("1 + 1"))',
        'server_default=sa.text("(1+1)")',
        "Integer",
    ),
    "default_of_null": ('sa.Column("x", sa.Integer)', 'server_default=sa.text("NULL")', "Integer"),
}


@pytest.mark.parametrize(
    ("column", "sql", "dialect"),
    [pytest.param(model, sql, one, id=f"{name}-{one}") for name, (model, sql, on) in SAME.items() for one in on],
)
def test_another_spelling_of_a_type_is_no_drift(column: str, sql: str, dialect: str) -> None:
    key = "id integer PRIMARY KEY"
    found = drift(
        table(f'sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), {column}'),
        f'op.execute("CREATE TABLE users ({key}, {sql})")',
        dialect,
    )
    assert found.findings == ()
    assert found.look is not None
    assert (found.look.tables, found.look.columns) == (1, 2)


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    ("column", "default", "type_"), [pytest.param(*one, id=name) for name, one in SAME_BY_OPERATIONS.items()]
)
def test_another_spelling_of_a_default_is_no_drift(column: str, default: str, type_: str, dialect: str) -> None:
    found = drift(table(f"{USERS}, {column}"), made(f'{USERS}, sa.Column("x", sa.{type_}, {default})'), dialect)
    assert found.findings == ()
    assert found.look is not None
    assert found.look.uncompared == ()


@pytest.mark.parametrize("dialect", ALL)
def test_the_check_of_an_enum_is_its_type_on_no_dialect_drift(dialect: str) -> None:
    column = 'sa.Column("mood", sa.Enum("a", "b", name="mood", native_enum=False, create_constraint=True))'
    boolean = 'sa.Column("ok", sa.Boolean(name="ok", create_constraint=True))'
    found = drift(table(f"{USERS}, {column}, {boolean}"), made(f"{USERS}, {column}, {boolean}"), dialect)
    assert found.findings == ()


@pytest.mark.parametrize(("dialect", "rules"), [("postgresql", []), ("sqlite", ["model-without-migration"])])
def test_the_check_of_a_boolean_is_made_only_where_there_is_no_such_type(dialect: str, rules: list[str]) -> None:
    models = table(f'{USERS}, sa.Column("ok", sa.Boolean(name="ok", create_constraint=True))')
    found = drift(models, made(f'{USERS}, sa.Column("ok", sa.Boolean)'), dialect)
    assert [one.rule for one in found.findings] == rules


@pytest.mark.parametrize("dialect", ALL)
def test_names_of_a_convention_are_those_of_the_revisions(dialect: str) -> None:
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s"}
    metadata = metadata_of(
        table(f'{USERS}, sa.Column("email", sa.Text, unique=True), sa.Column("age", sa.Integer, index=True)'),
        naming_convention=convention,
    )
    columns = f'{USERS}, sa.Column("email", sa.Text), sa.Column("age", sa.Integer)'
    keys = 'sa.UniqueConstraint("email", name="uq_users_email")'
    index = 'op.create_index("ix_users_age", "users", ["age"])'
    assert drift(metadata, f"{made(f'{columns}, {keys}')}\n{index}", dialect).findings == ()


@pytest.mark.parametrize("dialect", ALL)
def test_a_unique_index_is_as_good_as_a_constraint_without_a_name(dialect: str) -> None:
    models = table(f'{USERS}, sa.Column("email", sa.String(9), unique=True)')
    columns = f'{USERS}, sa.Column("email", sa.String(9))'
    unique = 'op.create_index("ux_email", "users", ["email"], unique=True)'
    assert drift(models, f"{made(columns)}\n{unique}", dialect).findings == ()


@pytest.mark.parametrize("dialect", ALL)
def test_the_version_table_and_our_own_are_nobodys_drift(dialect: str) -> None:
    others = f"{made(USERS, 'versions')}\n{made(USERS, 'migrator_ledger')}"
    found = drift(table(USERS), f"{made(USERS)}\n{others}", dialect, options={"version_table": "versions"})
    assert found.findings == ()


def test_the_default_schema_has_two_spellings() -> None:
    models = table(f'{USERS}, schema="public"')
    assert drift(models, made(USERS)).findings == ()
    assert drift(models.replace("public", "other"), made(USERS)).findings != ()


# -- one finding for each difference -----------------------------------------------------------------------------------

ORGS = 'sa.Table("orgs", metadata, sa.Column("id", sa.Integer, primary_key=True))'
MADE_ORGS = 'op.create_table("orgs", sa.Column("id", sa.Integer, primary_key=True))'
# (models' further items, the revisions' further items, rule, what the message says, what the remedy writes)
DIFFERENT = {
    "column_missing": (
        EMAIL,
        "",
        "model-without-migration",
        "users.email",
        'op.add_column("users", sa.Column("email", sa.String(length=9)))',
    ),
    "column_left": ("", EMAIL, "migration-without-model", "users.email", 'op.drop_column("users", "email")'),
    "type": (
        'sa.Column("x", sa.Text)',
        'sa.Column("x", sa.String(9))',
        "model-differs",
        "users.x: type is text",
        "type_=sa.Text()",
    ),
    "size": ('sa.Column("x", sa.String(8))', 'sa.Column("x", sa.String(9))', "model-differs", "varchar(8)", "type_="),
    "nullable": (
        'sa.Column("x", sa.Text, nullable=False)',
        'sa.Column("x", sa.Text)',
        "model-differs",
        "nullable is no",
        "nullable=False",
    ),
    "default": (
        'sa.Column("x", sa.Integer, server_default="1")',
        'sa.Column("x", sa.Integer, server_default="2")',
        "model-differs",
        "default is 1",
        "server_default=",
    ),
    "default_missing": (
        'sa.Column("x", sa.Integer)',
        'sa.Column("x", sa.Integer, server_default="2")',
        "model-differs",
        "default is none",
        "server_default=None",
    ),
    "computed": (
        'sa.Column("x", sa.Integer, sa.Computed("id * 2"))',
        'sa.Column("x", sa.Integer, sa.Computed("id * 3"))',
        "model-differs",
        "computed is id * 2",
        "op.",
    ),
    "check_missing": (
        'sa.CheckConstraint("id > 0", name="ck")',
        "",
        "model-without-migration",
        "ck of users",
        "op.create_check_constraint",
    ),
    "check_text": (
        'sa.CheckConstraint("id > 0", name="ck")',
        'sa.CheckConstraint("id > 1", name="ck")',
        "model-differs",
        "text is id > 0",
        "anew",
    ),
    "unique_missing": (
        f'{EMAIL}, sa.UniqueConstraint("email", name="uq")',
        EMAIL,
        "model-without-migration",
        "uq of users",
        'op.create_unique_constraint("uq", "users", ["email"])',
    ),
    "unique_left": (
        EMAIL,
        f'{EMAIL}, sa.UniqueConstraint("email", name="uq")',
        "migration-without-model",
        "uq of users",
        'op.drop_constraint("uq", "users", type_="unique")',
    ),
    "unique_name": (
        f'{EMAIL}, sa.UniqueConstraint("email", name="one")',
        f'{EMAIL}, sa.UniqueConstraint("email", name="two")',
        "model-differs",
        "name is one",
        "anew",
    ),
    "primary_key": (
        'sa.Column("x", sa.Integer, primary_key=True)',
        'sa.Column("x", sa.Integer, nullable=False)',
        "model-differs",
        "columns is id, x",
        "anew",
    ),
}


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    ("models", "revisions", "rule", "says", "writes"),
    [pytest.param(*one, id=name) for name, one in DIFFERENT.items()],
)
def test_each_difference_is_one_finding(
    models: str, revisions: str, rule: str, says: str, writes: str, dialect: str
) -> None:
    # Without a number of its own, so that a second column in the key changes nothing else.
    key = 'sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)'
    found = drift(table(f"{key}, {models}"), made(f"{key}, {revisions}"), dialect)
    assert [one.rule for one in found.findings] == [rule]
    assert says in found.findings[0].message
    assert writes in found.findings[0].remedy
    assert found.findings[0].dialect == dialect
    assert found.findings[0].file == "env.py"


def test_the_check_to_write_keeps_its_parentheses() -> None:
    check = 'sa.CheckConstraint("(id > 1 OR length(name) > 3) AND id < 9", name="ck")'
    found = drift(table(f"{USERS}, {check}"), made(USERS)).findings
    written = 'op.create_check_constraint("ck", "users", "(id > 1 OR length(name) > 3) AND id < 9")'
    assert [written in one.remedy for one in found] == [True]


@pytest.mark.parametrize("dialect", ALL)
def test_a_table_is_one_finding_whatever_is_in_it(dialect: str) -> None:
    missing = drift(f"{table(USERS)}\n{ORGS}", made(USERS), dialect).findings
    assert [(one.rule, one.severity) for one in missing] == [("model-without-migration", Severity.ERROR)]
    assert 'op.create_table("orgs", ...)' in missing[0].remedy
    left = drift(table(USERS), f"{made(USERS)}\n{MADE_ORGS}", dialect).findings
    assert [(one.rule, one.severity) for one in left] == [("migration-without-model", Severity.WARNING)]


@pytest.mark.parametrize("dialect", ALL)
def test_foreign_keys_are_compared_with_their_actions(dialect: str) -> None:
    models = f"{ORGS}\n{table('{0}')}"
    revisions = f"{MADE_ORGS}\n{made('{0}')}"
    key = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("org", sa.Integer, sa.ForeignKey("orgs.id"{}))'
    plain, cascading = key.format(""), key.format(', ondelete="CASCADE"')
    without = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("org", sa.Integer)'
    assert drift(models.format(plain), revisions.format(plain), dialect).findings == ()
    action = drift(models.format(cascading), revisions.format(plain), dialect).findings
    assert ["ON DELETE is CASCADE" in one.message for one in action] == [True]
    missing = drift(models.format(plain), revisions.format(without), dialect).findings
    assert [one.rule for one in missing] == ["model-without-migration"]
    assert 'op.create_foreign_key(None, "users", "orgs", ["org"], ["id"])' in missing[0].remedy


@pytest.mark.parametrize("dialect", ALL)
def test_indexes_are_compared_with_expressions(dialect: str) -> None:
    models = table(f'{USERS}, sa.Index("ix", sa.text("lower(name)"))')
    same = 'op.create_index("ix", "users", [sa.text("LOWER( name )")])'
    other = 'op.create_index("ix", "users", [sa.text("upper(name)")])'
    assert drift(models, f"{made(USERS)}\n{same}", dialect).findings == ()
    assert [one.rule for one in drift(models, f"{made(USERS)}\n{other}", dialect).findings] == ["model-differs"]
    assert [one.rule for one in drift(models, made(USERS), dialect).findings] == ["model-without-migration"]


def test_where_and_using_of_an_index_count_on_postgresql() -> None:
    models = table(f'{USERS}, sa.Index("ix", "name", postgresql_where=sa.text("id > 5"), postgresql_using="hash")')
    index = 'op.create_index("ix", "users", ["name"]{})'
    both = ', postgresql_where=sa.text("id > 5"), postgresql_using="hash"'
    for given, attributes in ((both, []), (both.replace("5", "6"), ["condition"]), ("", ["condition", "method"])):
        found = drift(models, f"{made(USERS)}\n{index.format(given)}").findings
        assert [one.message.split(": ")[1].split(" is ")[0] for one in found] == attributes


def test_serial_and_identity_are_two_things() -> None:
    identity = 'sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)'
    serial = 'sa.Column("id", sa.Integer, primary_key=True)'
    found = drift(table(identity), made(serial)).findings
    assert ["numbering is identity by default in the models, and auto" in one.message for one in found] == [True]
    assert drift(table(identity), made(identity)).findings == ()


def test_a_key_from_a_sequence_of_the_code_numbers_nothing_by_itself() -> None:
    models = table('sa.Column("id", sa.Integer, sa.Sequence("numbers"), primary_key=True)')
    sequence = 'op.execute(sa.schema.CreateSequence(sa.Sequence("numbers")))'
    key = made('sa.Column("id", sa.Integer, primary_key=True)')
    found = drift(models, f"{sequence}\n{key}").findings
    assert ["numbering is none in the models, and auto" in one.message for one in found] == [True]


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "sqlite"])
def test_where_there_is_no_identity_it_is_the_same_as_a_plain_key(dialect: str) -> None:
    identity = 'sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)'
    assert drift(table(identity), made('sa.Column("id", sa.Integer, primary_key=True)'), dialect).findings == ()


def test_values_of_an_enum_are_compared_also_those_added_by_text() -> None:
    models = table(USERS + ', sa.Column("mood", sa.Enum("a", "b", "c", name="mood"))')
    two = made(USERS + ', sa.Column("mood", sa.Enum("a", "b", name="mood"))')
    found = drift(models, two).findings
    assert ["values is a, b, c in the models, and a, b in" in one.message for one in found] == [True]
    assert drift(models, f"""{two}\nop.execute("ALTER TYPE mood ADD VALUE 'c'")""").findings == ()


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb"])
def test_comments_are_compared_where_the_server_keeps_them(dialect: str) -> None:
    models = table(USERS + ', sa.Column("x", sa.Text, comment="new"), comment="people"')
    old = made(USERS + ', sa.Column("x", sa.Text, comment="old"), comment="people"')
    assert ["comment is new" in one.message for one in drift(models, old, dialect).findings] == [True]
    assert drift(models.replace("new", "old"), old, dialect).findings == ()
    changed = 'op.alter_column("users", "x", existing_type=sa.Text(), comment="new", existing_comment="old")'
    assert drift(models, f"{old}\n{changed}", dialect).findings == ()
