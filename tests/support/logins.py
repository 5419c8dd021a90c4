"""Logins with less than the superuser's rights."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import sqlalchemy as sa

from tests.support.database import Database

Rights = Literal["all", "rows", "reads", "none"]


@contextmanager
def login(database: Database, admin: sa.URL, rights: Rights, password: str) -> Iterator[str]:
    """A new login; yields the database's URL with it.  Dropped afterwards with what it owns.

    Args:
        database: where it may log in.
        admin: the superuser's URL on the same server.
        rights: ``all``: everything in this database, tables included; ``rows``: reads and writes the rows of
            the tables that are there now, creates nothing; ``reads``: reads them only; ``none``: logs in, no more.
        password: its password.  Our own servers ask for it; one that an environment variable gave may not.
    """
    name = f"mt_{secrets.token_hex(4)}"
    inside = sa.make_url(database.url)
    statements = _postgresql if database.dialect == "postgresql" else _mysql
    create, drop = statements(name, str(inside.database), rights, password)
    _run(inside, create)
    try:
        yield inside.set(username=name, password=password).render_as_string(hide_password=False)
    finally:
        _run(inside, drop[:-1])
        _run(admin, drop[-1:])


def _run(url: sa.URL, statements: list[str]) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    # The driver must leave the text alone: a password or a host may hold a per cent sign.
    with engine.connect().execution_options(no_parameters=True) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _postgresql(name: str, database: str, rights: Rights, password: str) -> tuple[list[str], list[str]]:
    create = [f"CREATE ROLE {name} LOGIN PASSWORD '{password}'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"]
    if rights == "all":
        create += [f"ALTER DATABASE {database} OWNER TO {name}", f"ALTER SCHEMA public OWNER TO {name}"]
        create += [
            "DO $$ DECLARE t text; BEGIN"
            " FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            f" LOOP EXECUTE format('ALTER TABLE public.%I OWNER TO {name}', t); END LOOP; END $$"
        ]
    elif rights == "rows":
        create += [f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"]
        create += [f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}"]
    elif rights == "reads":
        create += [f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"]
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
    return create, [
        ended,
        f"REASSIGN OWNED BY {name} TO CURRENT_USER",
        f"DROP OWNED BY {name}",
        f"DROP ROLE {name}",
    ]


def _mysql(name: str, database: str, rights: Rights, password: str) -> tuple[list[str], list[str]]:
    granted = {
        "all": "ALL",
        "rows": "SELECT, INSERT, UPDATE, DELETE",
        "reads": "SELECT",
        "none": "SHOW VIEW",
    }[rights]
    create = [
        f"CREATE USER {name}@'%' IDENTIFIED BY '{password}'",
        f"GRANT {granted} ON {database}.* TO {name}@'%'",
    ]
    return create, [f"DROP USER {name}@'%'"]
