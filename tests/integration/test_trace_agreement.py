"""The check's verdict and what the server did say the same, case by case, for every family of harm."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from migrator.check.rule import Family
from migrator.commands.check_trace import check_sql_trace
from migrator.executor.traced_files import TraceOptions
from migrator.model.finding import CheckReport
from migrator.model.phase import Phase
from tests.integration.trace_cases import CASES, SCHEMAS, TraceCase
from tests.support.database import Database


def traced(case: TraceCase, database: Database, dialect: str, folder: Path) -> CheckReport:
    """The report of one case."""
    schema, change = folder / "schema.sql", folder / "change.sql"
    schema.write_text(f"{SCHEMAS[dialect]}{case.setup}\n")
    change.write_text(f"{case.sql};\n")
    return check_sql_trace(
        database.url,
        [str(change)],
        phase=Phase.EXPAND,
        dialects=(),
        standard_input=lambda: b"",
        schema=schema,
        options=TraceOptions(rows=0),
    )


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18")
@pytest.mark.parametrize("name", CASES["postgresql"])
def test_the_check_foretells_what_postgresql_does(name: str, database: Database, tmp_path: Path) -> None:
    assert_foretold(CASES["postgresql"][name], database, "postgresql", tmp_path)


@pytest.mark.servers("mysql", "mariadb")
@pytest.mark.parametrize("name", [name for name in CASES["mariadb"] if name in CASES["mysql"]])
def test_the_check_foretells_what_both_servers_do(name: str, server: str, database: Database, tmp_path: Path) -> None:
    assert_foretold(CASES[server][name], database, server, tmp_path)


@pytest.mark.servers("mysql")
@pytest.mark.parametrize("name", [name for name in CASES["mysql"] if name not in CASES["mariadb"]])
def test_the_check_foretells_what_mysql_does(name: str, database: Database, tmp_path: Path) -> None:
    assert_foretold(CASES["mysql"][name], database, "mysql", tmp_path)


@pytest.mark.servers("mariadb")
@pytest.mark.parametrize("name", [name for name in CASES["mariadb"] if name not in CASES["mysql"]])
def test_the_check_foretells_what_mariadb_does(name: str, database: Database, tmp_path: Path) -> None:
    assert_foretold(CASES["mariadb"][name], database, "mariadb", tmp_path)


def assert_foretold(case: TraceCase, database: Database, dialect: str, folder: Path) -> None:
    """Measured as the case says, and foretold; where not, with the condition that explains it."""
    report = traced(case, database, dialect, folder)
    last = report.trace[-1]
    assert not [note for note in report.notes if "refused" in note]
    assert bool(last.measure.blocks) is case.blocks
    assert {one.family for one in report.errors} >= ({case.family.value} if case.family else set())
    assert bool(report.errors) is (case.family is not None)
    assert [one.agrees for one in report.trace if one is not last] == [True] * (len(report.trace) - 1)
    assert last.agrees is not bool(case.condition)
    assert case.condition in last.condition
    assert bool(last.condition) is bool(case.condition)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb"])
def test_every_family_has_five_cases(dialect: str) -> None:
    counted = Counter(one.family for one in CASES[dialect].values())
    told_by_statements = {*Family, None} - {Family.DRIFT}  # that is about the models
    assert {family for family in told_by_statements if counted[family] < 5} == set()
