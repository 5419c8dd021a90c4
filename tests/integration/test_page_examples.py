"""The examples of the rules' pages, run on servers: the bad one does what its page says, the good one stops nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.check.catalogue import page
from migrator.check.rule import Family, Rule
from migrator.check.rules import all_rules
from migrator.commands.check_trace import check_sql_trace
from migrator.executor.traced_files import TraceOptions
from migrator.model.finding import CheckReport, Severity
from tests.support.database import Database
from tests.support.page_examples import NO_GOOD_STATEMENT, NOT_RUN, phase_of, schema, shown, statements

pytestmark = pytest.mark.quick_on("postgresql")
RULES = {rule.id: rule for rule in all_rules() if rule.id not in NOT_RUN}
# The server of a test has neither the extension nor the tablespace nor the role that these are about, or says no.
REFUSED = frozenset(
    {
        "concurrently-in-transaction",
        "drop-extension",
        "enum-value-used-in-same-transaction",
        "set-access-method",
        "set-tablespace",
    }
)
# The name never reaches one of the servers: SQLAlchemy refuses it.
UNSENT = frozenset({"identifier-too-long"})
# The planner makes several steps of it, each in a transaction of its own; a file is sent as one.
APART = frozenset({"primary-key-using-nullable-index"})
# Nothing of the statement alone shows on an empty table: others' locks, rows, what comes after it.
UNSEEN = frozenset({"mixed-ddl-and-dml", "unbatched-backfill", "set-logged-unlogged"})


def of(dialect: str) -> list[str]:
    """The rules whose examples are written for the dialect."""
    return [rule for rule in RULES if dialect in shown(rule) and rule not in UNSENT]


def traced(rule: str, code: str, dialect: str, database: Database, folder: Path) -> CheckReport:
    """What an example did."""
    before, change = folder / "schema.sql", folder / "change.sql"
    before.write_text(schema(rule, dialect))
    sent = statements(rule, code, dialect)
    if rule == "concurrently-in-transaction" and "autocommit" not in code:
        sent = ["BEGIN", *sent, "COMMIT"]
    if rule in APART:
        sent = [part for one in sent for part in ("BEGIN", one, "COMMIT")]
    change.write_text("".join(f"{one.rstrip(';')};\n" for one in sent))
    report = check_sql_trace(
        database.url,
        [str(change)],
        phase=phase_of(code),
        dialects=(),
        standard_input=lambda: b"",
        schema=before,
        options=TraceOptions(rows=0),
    )
    assert report.trace
    assert rule in REFUSED or not [note for note in report.notes if "of the schema" in note]
    return report


def stops_traffic(rule: Rule) -> bool:
    """Whether the page says that traffic stops for as long as a table is big."""
    return rule.family is Family.LOCK and not rule.momentary and Severity.ERROR in rule.phases.values()


def assert_bad(rule: str, dialect: str, database: Database, folder: Path) -> None:
    """The server does it, and where the page says so, traffic stops."""
    report = traced(rule, page(rule).bad, dialect, database, folder)
    refused = [one.measure.refused for one in report.trace if one.measure.refused]
    assert bool(refused) is (rule in REFUSED)
    if stops_traffic(RULES[rule]) and rule not in REFUSED | UNSEEN:
        assert [block for one in report.trace for block in one.measure.blocks]


def assert_good(rule: str, dialect: str, database: Database, folder: Path) -> None:
    """The server does it, and traffic doesn't stop."""
    if rule in NO_GOOD_STATEMENT or not statements(rule, page(rule).good, dialect):
        return
    report = traced(rule, page(rule).good, dialect, database, folder)
    assert rule in REFUSED or not [one.measure.refused for one in report.trace if one.measure.refused]
    if RULES[rule].family is Family.LOCK:
        assert not [block for one in report.trace for block in one.measure.blocks]


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18")
@pytest.mark.parametrize("rule", of("postgresql"))
def test_the_examples_do_on_postgresql_what_their_page_says(rule: str, database: Database, tmp_path: Path) -> None:
    assert_bad(rule, "postgresql", database, tmp_path)
    assert_good(rule, "postgresql", database, tmp_path)


@pytest.mark.servers("mysql", "mariadb")
@pytest.mark.parametrize("rule", [rule for rule in of("mariadb") if rule in of("mysql")])
def test_the_examples_do_on_both_servers_what_their_page_says(
    rule: str, server: str, database: Database, tmp_path: Path
) -> None:
    assert_bad(rule, server, database, tmp_path)
    assert_good(rule, server, database, tmp_path)


@pytest.mark.servers("mysql")
@pytest.mark.parametrize("rule", [rule for rule in of("mysql") if rule not in of("mariadb")])
def test_the_examples_do_on_mysql_what_their_page_says(rule: str, database: Database, tmp_path: Path) -> None:
    assert_bad(rule, "mysql", database, tmp_path)
    assert_good(rule, "mysql", database, tmp_path)
