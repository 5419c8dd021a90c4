"""Which server a test meets."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.rotation import any_server, each_product, passed_over

SERVERS = ("sqlite", "postgresql", "mariadb", "mysql")


def kept(
    file: str, *names: str, servers: tuple[str, ...] = SERVERS, in_turn: Callable[[str], str] = any_server
) -> list[tuple[str, str]]:
    tests = [(file, name, server) for name in names for server in servers]
    left_out = passed_over(tests, in_turn=in_turn)
    return [(name, server) for place, (_, name, server) in enumerate(tests) if place not in left_out]


def test_each_test_meets_sqlite_and_one_server_and_the_servers_take_turns() -> None:
    assert kept("tests/walk/test_kill.py", "a", "b", "c", "d") == [
        *(("a", "sqlite"), ("a", "postgresql")),
        *(("b", "sqlite"), ("b", "mariadb")),
        *(("c", "sqlite"), ("c", "mysql")),
        *(("d", "sqlite"), ("d", "postgresql")),
    ]


def test_the_versions_of_one_product_take_turns_and_the_products_do_not() -> None:
    servers = ("sqlite", "postgresql", "postgresql-18", "mysql")
    assert kept("tests/walk/test_kill.py", "a", "b", servers=servers, in_turn=each_product) == [
        *(("a", "sqlite"), ("a", "postgresql"), ("a", "mysql")),
        *(("b", "sqlite"), ("b", "postgresql-18"), ("b", "mysql")),
    ]


def test_sqlite_takes_its_turn_too_where_nobody_stands_apart() -> None:
    tests = [("tests/cli/test_a.py", name, server) for name in "ab" for server in ("sqlite", "postgresql")]
    assert passed_over(tests, apart=()) == {1, 2}


def test_what_runs_on_one_server_alone_always_runs() -> None:
    alone = kept("tests/walk/test_kill.py", "a", "b", servers=("mysql",))
    assert alone == [("a", "mysql"), ("b", "mysql")]


def test_what_is_about_the_servers_themselves_meets_all_of_them() -> None:
    assert len(kept("tests/integration/test_catalogue.py", "a", "b")) == 2 * len(SERVERS)
