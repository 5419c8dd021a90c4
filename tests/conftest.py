"""Fixtures of all tests: a database on each chosen server, a project on disk."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.fleet import FULL, USUAL, Fleet
from tests.servers.missing import ServerMissingError
from tests.servers.server import Server
from tests.support.database import Database, database_in_file, database_on_server
from tests.support.logins import Rights, login
from tests.support.order import dealt, rank
from tests.support.project import Project
from tests.support.rotation import ON_ITS_OWN, any_server, each_product, passed_over

FLEET = pytest.StashKey[Fleet]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("migrator")
    group.addoption("--only", metavar="A[,B]", help=f"only these servers: {', '.join(FULL)}")
    group.addoption(
        "--in-turn", action="store_true", help="the servers of --only take turns, where a test is of our ways"
    )
    group.addoption("--full", action="store_true", help="more servers and drivers")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers(*ids): run on these servers only, where the choice has them")
    config.addinivalue_line("markers", "quick_on(*ids): on the other servers with --full only")
    config.addinivalue_line("markers", "slow: over ten seconds; left out of the combinations of ./dev test --full")
    config.stash[FLEET] = Fleet()
    chosen_servers(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if FLEET in config.stash:
        config.stash[FLEET].close()


def pytest_report_header(config: pytest.Config) -> str:
    return f"servers: {', '.join(chosen_servers(config))}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    missing = config.stash[FLEET].missing
    if missing:
        terminalreporter.section("missing servers", red=True)
        for name, reason in missing.items():
            terminalreporter.line(f"{name}: {reason}")


def chosen_servers(config: pytest.Config) -> list[str]:
    """The ids of the servers that the options choose, in their usual order."""
    only = config.getoption("--only")
    if only is None:
        return list(FULL if config.getoption("--full") else USUAL)
    asked = [name.strip() for name in only.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in FULL]:
        raise pytest.UsageError(f"--only: no server is called {', '.join(unknown)}; there are {', '.join(FULL)}")
    return [name for name in FULL if name in asked]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("servers")
    wanted = marker.args if marker else FULL
    quick = metafunc.definition.get_closest_marker("quick_on")
    if quick and _is_quick(metafunc.config):
        wanted = tuple(name for name in wanted if name in quick.args)
    metafunc.parametrize("server", [name for name in chosen_servers(metafunc.config) if name in wanted])


def _is_quick(config: pytest.Config) -> bool:
    """Whether the run has neither been asked for everything nor for certain servers."""
    return not config.getoption("--full") and not config.getoption("--only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only") or config.getoption("--in-turn"):
        in_turn = each_product if config.getoption("--full") else any_server
        apart = () if config.getoption("--in-turn") else (ON_ITS_OWN,)
        left_out = passed_over([_without_server(item) for item in items], in_turn=in_turn, apart=apart)
        config.hook.pytest_deselected(items=[items[place] for place in sorted(left_out)])
        items[:] = [item for place, item in enumerate(items) if place not in left_out]
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = dealt(items, workers, by=_rank)


def _without_server(item: pytest.Item) -> tuple[str, str, str]:
    """Its file, its name without the server, and that; as :func:`tests.support.rotation.passed_over` takes them."""
    file, _, name = item.nodeid.partition("::")
    callspec = getattr(item, "callspec", None)
    server = str(callspec.params.get("server", "sqlite")) if callspec else "sqlite"
    function, _, parameters = name.partition("[")
    return file, f"{function}[{parameters.replace(server, '', 1)}", server


def _rank(item: pytest.Item) -> tuple[bool, int]:
    return rank(item.nodeid, slow=item.get_closest_marker("slow") is not None)


@pytest.fixture
def generated(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How many of so many generated examples a test takes: all with ``--full``, otherwise a third."""
    return (lambda count: count) if request.config.getoption("--full") else (lambda count: -(-count // 3))


@pytest.fixture
def places(request: pytest.FixtureRequest) -> Callable[[int], Iterator[int]]:
    """The places, from 1 to below a number, where a run is cut short: each with ``--full``, otherwise about a third of
    them, by a chance that is the same each time.  A fixed step would meet the same statement of every batch."""
    chance, widest = random.Random(request.node.name), 1 if request.config.getoption("--full") else 5

    def chosen(end: int) -> Iterator[int]:
        place = chance.randint(1, widest)
        while place < end:
            yield place
            place += chance.randint(1, widest)

    return chosen


@pytest.fixture
def fleet(request: pytest.FixtureRequest) -> Fleet:
    """The servers of this run."""
    return request.config.stash[FLEET]


@pytest.fixture
def server_url(server: str, fleet: Fleet, request: pytest.FixtureRequest) -> sa.URL | None:
    """The superuser's URL of the test's server, which is started at its first use; None for SQLite."""
    if server == "sqlite":
        return None
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        # What is fetched or installed is said on the terminal, not hidden with a test's output.
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            return fleet.url(server)
    except ServerMissingError as error:
        pytest.fail(f"server {server} is missing: {error}", pytrace=False)


@pytest.fixture
def own_server(server: str) -> Iterator[Server]:
    """A server of the test's own, which it may kill."""
    fleet = Fleet()
    try:
        yield fleet.server(server)
    except ServerMissingError as error:
        pytest.fail(f"server {server} is missing: {error}", pytrace=False)
    finally:
        fleet.close()


@pytest.fixture
def make_database(server: str, server_url: sa.URL | None, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes one more empty database on the test's server."""
    with ExitStack() as stack:

        def make() -> Database:
            if server_url is None:
                return stack.enter_context(database_in_file(tmp_path))
            return stack.enter_context(database_on_server(server, server_url))

        yield make


@pytest.fixture
def database(make_database: Callable[[], Database]) -> Database:
    """An empty database of the test's own, on each chosen server in turn."""
    return make_database()


@pytest.fixture
def make_login(database: Database, server_url: sa.URL | None) -> Iterator[Callable[..., str]]:
    """Makes a login on the test's database and returns the URL with it: ``make_login("rows", "secret")``."""
    with ExitStack() as stack:

        def make(rights: Rights = "all", password: str = "pass word/%") -> str:
            if server_url is None:
                pytest.skip("SQLite has no logins")
            return stack.enter_context(login(database, server_url, rights, password))

        yield make


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Writes one more project: ``make_project(url, "name of its folder")``."""

    def make(url: str, name: str = "project") -> Project:
        return Project(tmp_path / name, url)

    return make


@pytest.fixture
def project(database: Database, make_project: Callable[..., Project]) -> Project:
    """A project on disk whose env.py connects to ``database``."""
    return make_project(database.url)
