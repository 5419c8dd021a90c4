"""Ordinary operations, applied while clients work on the table: nobody stalls for longer than the lock timeout.

One run per table applies all its cases one after the other, each a phase of its own; the catalogue at the end is that
of plain Alembic.  The million rows are in benchmarks/ddl_stall.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrator.model.exit_code import ExitCode
from migrator.testing import catalogue, differences
from tests.support.database import Database
from tests.support.project import Project
from tests.support.traffic import KINDS, Operation, Phase, Statement, Traffic, measure
from tests.walk import online_cases
from tests.walk.online_cases import CASES, Case, case_named
from tests.walk.online_run import Watching, apply_ours, held, without_guard

ROWS = 20_000
HELD_FOR = 3.0
WITHIN = 15.0  # seconds from its start in which the tool is done when the table was held for HELD_FOR of them
QUIET = 1.5
SERVERS = ("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
LOCK = {
    "postgresql": "LOCK TABLE item IN ACCESS EXCLUSIVE MODE",
    "mariadb": "LOCK TABLES item WRITE",
    "mysql": "LOCK TABLES item WRITE",
}
UNLOCK = {"postgresql": "COMMIT", "mariadb": "UNLOCK TABLES", "mysql": "UNLOCK TABLES"}
on_servers = pytest.mark.servers(*SERVERS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The quick cases in every run, all in a ``--full`` one; refusals need no time."""
    full = bool(metafunc.config.getoption("--full"))
    if "held_case" in metafunc.fixturenames:
        chosen = [case.name for case in CASES if case.runs and (case.quick or full)]
        metafunc.parametrize("held_case", chosen)
    if "refused_case" in metafunc.fixturenames:
        metafunc.parametrize("refused_case", [case.name for case in CASES if case.refused])


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A filled database on top of revision ``tables``, with its project."""

    database: Database
    project: Project
    server: str
    folder: Path

    @property
    def lock_timeout(self) -> float:
        """Seconds; MySQL and MariaDB know whole ones only."""
        return 0.3 if self.server == "postgresql" else 1.0

    def traffic(self, table: str = "item") -> Traffic:
        return Traffic(url=self.database.url, table=table, keys=ROWS, folder=self.folder)

    def apply(self, case: Case, watching: Watching) -> None:
        outcome = apply_ours(self.project, case, self.lock_timeout, watching)
        assert outcome.exit_code == ExitCode.DONE, f"{case.name}: {outcome.said}"


OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop(database: Database, project: Project, server: str, tmp_path: Path) -> OpenShop:
    """Makes the tables, and a project with these cases."""

    def make(*cases: Case, rows: int = ROWS) -> Shop:
        tables = frozenset(case.table for case in cases) or frozenset({"item"})
        online_cases.write_base(project, tables)
        for case in cases:
            case.write(project)
        done = project.run("expand", "--to", "tables")
        assert done.exit_code == 0, done.output
        for table in tables:
            online_cases.fill(database.engine(), table, rows)
        family = server.partition("-")[0]
        return Shop(database=database, project=project, server=family, folder=tmp_path / "clients")

    return make


def cases_of(table: str, server: str) -> list[Case]:
    """Those that run online there, expand first, as they can stand on each other."""
    return [case for case in CASES if case.table == table and server.partition("-")[0] in case.runs]


def differences_from_plain(shop: Shop, plain: Database) -> tuple[str, ...]:
    """What the catalogue has that the same revisions under plain Alembic don't give, and the reverse."""
    other = without_guard(shop.project.copy(shop.project.path.parent / "plain"), plain.url)
    for heads in ("expand@head", "heads"):
        done = other.alembic("upgrade", heads)
        assert done.exit_code == 0, done.output
    with shop.database.engine().connect() as ours, plain.engine().connect() as theirs:
        return differences(catalogue(theirs), catalogue(ours))


def judged(shop: Shop, traffic: Traffic, watching: Watching) -> list[str]:
    return measure(traffic.operations(), traffic.phases, watching.statements).complaints(shop.lock_timeout)


# -- the promise ---------------------------------------------------------------------------------------------------


@on_servers
@pytest.mark.slow
@pytest.mark.parametrize("table", ["item", "entry", "parted"])
def test_no_client_stalls_beyond_the_lock_timeout_and_the_schema_is_that_of_plain_alembic(
    table: str, server: str, open_shop: OpenShop, make_database: Callable[[], Database]
) -> None:
    cases = cases_of(table, server)
    if not cases:
        pytest.skip("no operation on such a table runs online here")
    shop, watching = open_shop(*cases), Watching()
    with shop.traffic(table) as traffic:
        traffic.quiet(QUIET)
        for case in cases:
            with traffic.phase(case.name):
                shop.apply(case, watching)
        traffic.quiet(QUIET)
    assert judged(shop, traffic, watching) == []
    assert differences_from_plain(shop, make_database()) == ()


@pytest.mark.servers(*SERVERS[:-1])  # the driver has no part in how a lock is waited for
@pytest.mark.slow
def test_a_transaction_that_holds_the_table_delays_the_tool_and_nobody_else(
    held_case: str, server: str, open_shop: OpenShop
) -> None:
    case = case_named(held_case)
    if case not in cases_of(case.table, server):
        pytest.skip("it doesn't run online here")
    shop, watching = open_shop(case), Watching()
    with shop.traffic(case.table) as traffic:
        traffic.quiet(QUIET)
        with traffic.phase(case.name), held(shop.database.engine(), case.table, HELD_FOR):
            shop.apply(case, watching)
    assert judged(shop, traffic, watching) == []
    held_phase = traffic.phases[-1]
    assert HELD_FOR <= held_phase.seconds < WITHIN


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_what_the_server_can_only_do_by_blocking_is_refused_by_name(
    refused_case: str, server: str, open_shop: OpenShop
) -> None:
    case = case_named(refused_case)
    if server not in case.refused:
        pytest.skip("it runs online here")
    shop = open_shop(case, rows=100)
    outcome = apply_ours(shop.project, case, shop.lock_timeout, Watching())
    assert outcome.exit_code == ExitCode.FINDINGS, outcome.said
    assert case.refused[server] in outcome.said


# -- the detectors fire --------------------------------------------------------------------------------------------


@on_servers
def test_a_lock_that_is_held_for_longer_is_a_stall(server: str, open_shop: OpenShop) -> None:
    shop = open_shop()
    too_long = shop.lock_timeout + 1.0
    with shop.traffic() as traffic, shop.database.engine().connect() as connection:
        traffic.quiet(QUIET)
        with traffic.phase("locked", at_least=too_long + 0.5):
            connection.exec_driver_sql(LOCK[shop.server])
            traffic.go_on(too_long)
            connection.exec_driver_sql(UNLOCK[shop.server])
    complaints = judged(shop, traffic, Watching())
    assert [one for one in complaints if one.startswith("locked: a client's ") and " stalled for " in one], complaints


@pytest.mark.servers("postgresql")
def test_an_index_built_in_a_transaction_is_a_stall(open_shop: OpenShop) -> None:
    shop = open_shop()
    with shop.traffic() as traffic, shop.database.engine().connect() as connection:
        traffic.quiet(QUIET)
        with traffic.phase("plain", at_least=2.0), connection.begin():
            connection.exec_driver_sql("CREATE INDEX ix_plain ON item (code)")
            traffic.go_on(1.5)
    complaints = judged(shop, traffic, Watching())
    assert [one for one in complaints if "plain: a client's" in one and "stalled" in one], complaints


@pytest.mark.servers("postgresql")
def test_an_error_of_a_client_is_a_complaint(open_shop: OpenShop) -> None:
    shop = open_shop()
    with shop.traffic() as traffic:
        traffic.quiet(QUIET)
        with traffic.phase("renamed"):
            shop.database.execute("ALTER TABLE item RENAME COLUMN note TO notes")
    complaints = judged(shop, traffic, Watching())
    assert [one for one in complaints if "times" in one and one.endswith("in renamed")], complaints


@pytest.mark.servers("postgresql")
def test_a_client_that_dies_fails_the_test(open_shop: OpenShop) -> None:
    shop = open_shop()
    traffic = shop.traffic().__enter__()
    shop.database.execute("DELETE FROM item WHERE id > 0")
    with pytest.raises(AssertionError, match="ended by themselves"):
        traffic.go_on(30.0)
    with pytest.raises(AssertionError, match="a client died"):
        traffic.__exit__(None, None, None)


def test_work_that_is_too_slow_or_beside_the_statement_proves_nothing() -> None:
    quiet = Phase(name="quiet", start=0.0, end=10.0, quiet=True)
    ddl = Phase(name="ddl", start=10.0, end=20.0)
    work = [
        Operation(client=0, kind=kind, start=number / 25, end=number / 25 + 0.01)
        for number in range(500)
        for kind in KINDS
        if kind != "insert" or number < 250
    ]
    missed = Statement(sql="ALTER TABLE item", start=15.02, end=15.03)
    met = Statement(sql="CREATE INDEX", start=15.0, end=15.03)
    assert measure(work, [quiet, ddl], [missed, met]).shortfalls == (
        "0 operations a second of kind insert in ddl",
        "no operation was under way across ALTER TABLE item",
    )
    assert measure(work, [ddl]).shortfalls[0] == "no quiet phase to compare with"
