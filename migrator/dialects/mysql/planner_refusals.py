"""Why an operation isn't sent as it is on MySQL and MariaDB, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass

COPIES = "mysql-algorithm-copy"
NOT_ENFORCED = "what the check is before: taken for not enforced"
KEYS_CHECKED = "foreign_key_checks of the session: taken for on; off, it is added beside traffic and no row is checked"
ENGINE = "the engine of the table: taken for one that can be repaired; InnoDB does nothing"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The pieces of a :class:`~migrator.model.plan.Blocking`.

    Attributes:
        always: also where the statement asserts an algorithm: the server accepts the assertion and does it all the
            same, or what it does is wrong.
        online: where it is allowed by name, try it beside traffic first.
        rewrites: the server writes the table anew.
        condition: as of a :class:`~migrator.model.plan.Blocking`.
    """

    rule: str
    message: str
    remedy: str
    always: bool = False
    online: bool = False
    rewrites: bool = True
    condition: str = ""


_COPY = "the server copies the table and keeps writers out until it is copied"
_NEW_TABLE = "make a new table as it should be, and move the rows to it with a data migration"


def _new_column(table: str, column: str) -> str:
    return f'op.add_column("{table}", sa.Column("{column}", ...))'


def volatile_default(table: str, column: str, default: str, *, one_value: bool) -> Refusal:
    """A default that differs from row to row, or that only a copy can fill in."""
    what = "gives every row the same value" if one_value else _COPY
    return Refusal(
        rule="add-column-volatile-default",
        message=f"adds column {table}.{column} with the default {default}, which is an expression: the server {what}"
        if one_value
        else f"adds column {table}.{column} with the default {default}, which is an expression: {what}",
        remedy=(
            "add it without a default, then set the default, then fill the rows in a data migration:"
            f"  {_new_column(table, column)};"
            f'  op.alter_column("{table}", "{column}", server_default=sa.text("{default}"))'
        ),
        always=one_value,
    )


def stored_column(table: str, column: str) -> Refusal:
    """GENERATED ... STORED, PERSISTENT."""
    return Refusal(
        rule="add-stored-generated-column",
        message=f"adds column {table}.{column}, which is generated and stored: {_COPY}",
        remedy=(
            "add it as a virtual column, which is computed when it is read:"
            f'  op.add_column("{table}", sa.Column("{column}", ..., sa.Computed("...", persisted=False)))'
        ),
    )


def auto_increment(table: str, column: str) -> Refusal:
    """A column that numbers the rows."""
    return Refusal(
        rule="add-auto-increment-column",
        message=(
            f"adds column {table}.{column}, which numbers the rows: the server rebuilds the table and keeps writers out"
            " until it is rebuilt"
        ),
        remedy=(
            f"{_NEW_TABLE}; or add a plain column and number the rows in a data migration:"
            f"  {_new_column(table, column)}"
        ),
    )


def add_foreign_key(table: str) -> Refusal:
    """A foreign key that is checked."""
    return Refusal(
        rule="mysql-add-foreign-key",
        message=f"adds a foreign key to table {table}: {_COPY}, since all rows are checked",
        remedy=(
            "build the index that the reference needs, and let the code keep the reference:"
            f'  op.create_index("ix_{table}_...", "{table}", ["..."]); or make the foreign key with a new table'
        ),
        condition=KEYS_CHECKED,
    )


def add_check(table: str, *, verb: str = "adds") -> Refusal:
    """A check constraint that is enforced."""
    return Refusal(
        rule="mysql-add-check",
        message=f"{verb} a check on table {table}: {_COPY}, since all rows are checked",
        remedy=(
            "refuse wrong rows with triggers, which read no row:"
            f'  op.execute("CREATE TRIGGER {table}_check_i BEFORE INSERT ON {table} FOR EACH ROW IF NOT (NEW....) THEN'
            " SIGNAL SQLSTATE '45000'; END IF\"), and the same BEFORE UPDATE"
        ),
        condition=NOT_ENFORCED if verb == "enforces" else "",
    )


def inline_check(table: str, column: str) -> Refusal:
    """A check in the definition of a new column."""
    plain = add_check(table)
    return Refusal(
        rule=plain.rule,
        message=f"adds column {table}.{column} with a check: {_COPY}, since all rows are checked",
        remedy=f"add the column without it:  {_new_column(table, column)};  then {plain.remedy}",
    )


def inline_foreign_key(table: str, column: str) -> Refusal:
    """A foreign key in the definition of a new column."""
    return Refusal(
        rule="mysql-add-foreign-key",
        message=f"adds column {table}.{column} with a foreign key: {_COPY}",
        remedy=(
            f"add the column and its index alone, and let the code keep the reference:  {_new_column(table, column)};"
            f'  op.create_index("ix_{table}_{column}", "{table}", ["{column}"])'
        ),
        condition=KEYS_CHECKED,
    )


def change_primary_key(verb: str, table: str) -> Refusal:
    """ADD or DROP PRIMARY KEY."""
    return Refusal(
        rule="add-primary-key-builds-index",
        message=(
            f"{verb} the primary key of table {table}: the server writes the table and all its indexes anew; where it"
            " drops a key without a new one, it keeps writers out meanwhile"
        ),
        remedy=f"{_NEW_TABLE}; or make the columns unique:  op.create_index(..., unique=True)",
        online=True,
    )


def fulltext_or_spatial(kind: str, table: str) -> Refusal:
    """An index that is built under a shared lock."""
    return Refusal(
        rule="mysql-add-fulltext-or-spatial",
        message=f"builds a {kind} index of table {table}: the server keeps writers out until it is built",
        remedy=f"{_NEW_TABLE} that has the index from the beginning",
        rewrites=kind == "FULLTEXT",
    )


def expression_index(table: str) -> Refusal:
    """An index over an expression (MySQL)."""
    return Refusal(
        rule="mysql-lock-shared-or-exclusive",
        message=f"builds an index over an expression of table {table}: the server keeps writers out until it is built",
        remedy=(
            "add a virtual column of that expression, then build the index over the column, each in a statement of its"
            f' own:  op.add_column("{table}", sa.Column("...", ..., sa.Computed("...", persisted=False)));'
            f'  op.create_index("...", "{table}", ["..."])'
        ),
        rewrites=False,
    )


def change_engine(table: str, *, same: bool) -> Refusal:
    """ENGINE=; MariaDB accepts ALGORITHM=INSTANT for another engine, and copies."""
    if same:
        return rebuild(table, rule="mysql-change-engine")
    return Refusal(
        rule="mysql-change-engine",
        message=f"moves table {table} to another storage engine: {_COPY}",
        remedy=_NEW_TABLE,
        always=True,
    )


def other_engine(table: str, engine: str) -> Refusal:
    """Any change of a table that InnoDB doesn't keep."""
    return Refusal(
        rule=COPIES,
        message=f"changes table {table}, which is one of {engine}: {_COPY}",
        remedy=_NEW_TABLE,
    )


def change_partitions(table: str) -> Refusal:
    """PARTITION BY and what moves rows between partitions; MariaDB accepts ALGORITHM=INSTANT, and copies."""
    return Refusal(
        rule="mysql-partition-table",
        message=f"changes the partitions of table {table}: the server copies or checks rows and keeps writers out",
        remedy=_NEW_TABLE,
        always=True,
    )


def convert_charset(table: str) -> Refusal:
    """CONVERT TO CHARACTER SET."""
    return Refusal(
        rule="mysql-convert-charset",
        message=f"converts table {table} to another character set: {_COPY}",
        remedy=f"{_NEW_TABLE}; or, for columns that need no copy, let the server refuse the others by adding"
        " `, ALGORITHM=INPLACE, LOCK=NONE` to the statement",
    )


def rebuild(table: str, *, rule: str = "vacuum-full-or-cluster") -> Refusal:
    """FORCE, ROW_FORMAT and the like: a rebuild that nobody can have meant by accident."""
    return Refusal(
        rule=rule,
        message=f"writes table {table} and all its indexes anew: replicas lag by about its duration",
        remedy=(
            "where it is wanted, say how, and the server refuses what would stop writers:"
            f'  op.execute("ALTER TABLE {table} FORCE, ALGORITHM=INPLACE, LOCK=NONE")'
        ),
        online=True,
    )


def optimize(table: str) -> Refusal:
    """OPTIMIZE TABLE, REPAIR TABLE."""
    return Refusal(
        rule="vacuum-full-or-cluster",
        message=f"rebuilds table {table}: replicas lag by about its duration, and no lock of it can be asserted",
        remedy=f'op.execute("ALTER TABLE {table} FORCE, ALGORITHM=INPLACE, LOCK=NONE")',
        always=True,
    )


def unasserted(table: str) -> Refusal:
    """A form that takes neither ALGORITHM nor LOCK."""
    return Refusal(
        rule="mysql-require-algorithm-lock",
        message=f"changes table {table} in a form that takes no ALGORITHM, so nothing keeps it from blocking traffic",
        remedy=_NEW_TABLE,
        always=True,
    )


def own_words(table: str, asked: str, online: str, *, copies: bool) -> Refusal:
    """A statement that asks for a copy or a lock itself."""
    return Refusal(
        rule=COPIES if copies else "mysql-lock-shared-or-exclusive",
        message=f"asks for {asked} on table {table}: nobody writes it until the statement ends",
        remedy=f'let the server refuse what it can\'t do online:  op.execute("{online}")',
        always=True,
    )


def ignored(table: str) -> Refusal:
    """ALTER IGNORE TABLE (MariaDB)."""
    return Refusal(
        rule=COPIES,
        message=f"changes table {table} with IGNORE, which drops rows: {_COPY}",
        remedy=f'find the rows first, then:  op.execute("ALTER TABLE {table} ...")',
        always=True,
    )


def combined(table: str) -> Refusal:
    """Actions that no algorithm has in common."""
    return Refusal(
        rule="mysql-combined-alter-loses-instant",
        message=f"changes table {table} in several ways at once, for which the server has no common online form",
        remedy="split it: one ALTER TABLE for each change",
    )


def copied_type(table: str, column: str, before: str, new: str) -> Refusal:
    """A change of a type that both servers only do by copying."""
    return Refusal(
        rule=COPIES,
        message=f"changes the type of column {table}.{column} from {before} to {new}: {_COPY}",
        remedy=(
            "add a column of the new type, keep both in step, fill it in a data migration, drop the old one in"
            f" contract:  {_new_column(table, column + '_2')}"
        ),
    )


def with_fulltext(table: str) -> Refusal:
    """A column is added or dropped beside a FULLTEXT index (MySQL)."""
    return Refusal(
        rule=COPIES,
        message=f"adds or drops a column of table {table}, which has a FULLTEXT index: {_COPY}",
        remedy=f"put the column in a table of its own that refers to {table}; or {_NEW_TABLE}",
    )


def before_virtual(table: str, virtual: str) -> Refusal:
    """A column is put in front of a virtual one."""
    return Refusal(
        rule=COPIES,
        message=f"puts a column of table {table} in front of the virtual column {virtual}: {_COPY}",
        remedy=f"leave FIRST and AFTER out, so that it comes last:  {_new_column(table, '...')}",
    )


def beside_indexed_virtual(table: str, virtual: str) -> Refusal:
    """A column is added or dropped beside an indexed virtual one (MariaDB)."""
    return Refusal(
        rule="mysql-lock-shared-or-exclusive",
        message=(
            f"adds or drops a column of table {table}, whose virtual column {virtual} is indexed: the server writes the"
            " table anew and keeps writers out meanwhile"
        ),
        remedy=(
            f"put the column in a table of its own that refers to {table}; or drop the index of {virtual} in a revision"
            " before, and build it again in one behind"
        ),
    )


def drops_row_key(table: str, index: str) -> Refusal:
    """The unique key that stands for a primary key."""
    return Refusal(
        rule="add-primary-key-builds-index",
        message=(
            f"drops index {index} of table {table}, which has no primary key, so that the rows are kept in the order of"
            f" this index: {_COPY}"
        ),
        remedy=_NEW_TABLE,
    )


def opaque() -> Refusal:
    """A text that can't be told apart."""
    return Refusal(
        rule="opaque-sql",
        message=(
            "what it locks can't be told from this text: it holds more than one statement, a comment that the server"
            " runs, SET STATEMENT, or a quote that isn't closed"
        ),
        remedy="one op.execute() for each statement, without /*! ... */ and SET STATEMENT",
        always=True,
    )
