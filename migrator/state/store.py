"""Where our tables are, whether they are there, and how they come to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from migrator.db.database import Database
from migrator.errors import ConnectionLostError, DatabaseError, PrivilegeError, ReadOnlyError
from migrator.state.tables import SCHEMA_VERSION, StateTables, state_tables

Statement = TypeVar("Statement", bound=sa.Executable)
_A_MOMENT = timedelta(milliseconds=20)


@dataclass(frozen=True, kw_only=True)
class Store:
    """Our tables of one database, in the schema of its version table."""

    database: Database
    schema: str | None = None
    tables: StateTables = field(init=False)
    _statements: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", state_tables(self.schema))

    def statement(self, name: str, make: Callable[[], Statement]) -> Statement:
        """A statement that is made once: the one of each batch costs more to put together than to run."""
        if name not in self._statements:
            self._statements[name] = make()
        found: Statement = self._statements[name]
        return found

    def exists(self, connection: Connection) -> bool:
        """Whether our tables are there; changes nothing."""
        return sa.inspect(connection).has_table(self.tables.schema_version.name, schema=self.schema)

    def has(self, connection: Connection, table: sa.Table) -> bool:
        """Whether one of our tables is there: an older migrator may have made only some.  Changes nothing."""
        return sa.inspect(connection).has_table(table.name, schema=self.schema)

    def columns(self, connection: Connection, table: sa.Table) -> frozenset[str]:
        """The columns that one of our tables has: an older migrator knew fewer.  Empty without the table; changes
        nothing."""
        try:
            return frozenset(one["name"] for one in sa.inspect(connection).get_columns(table.name, schema=self.schema))
        except sa.exc.NoSuchTableError:
            return frozenset()

    def outdated(self, connection: Connection) -> bool:
        """Whether our tables were made by an older migrator that knew fewer; False where there are none."""
        return self.exists(connection) and not self._complete(connection)

    def ensure(self) -> None:
        """Make our tables where they are missing, and what an older migrator didn't know; nothing is sent else.

        Several runners may do this at once: whoever comes second finds them made.

        Raises:
            PrivilegeError: the role may not create tables; the message holds the statements to run for it.
            ReadOnlyError: the database is read-only.
        """
        with self.database.session("state") as connection:
            # Where DDL commits at once, each statement is a race that another runner may win.
            for left in reversed(range(self._most_races)):
                try:
                    self._ensure_once(connection)
                    return
                except (PrivilegeError, ReadOnlyError) as error:
                    raise self._unprivileged(error, connection) from None
                except ConnectionLostError:
                    raise  # SQLAlchemy would connect again, without the search path and role of this session
                except DatabaseError:
                    if not left:
                        raise
                    self.database.clock.wait(_A_MOMENT)

    def ensure_in(self, connection: Connection) -> None:
        """The same in the caller's transaction, where no other connection could write beside it."""
        if not self.exists(connection) or not self._complete(connection):
            self._create_missing(connection)

    def ddl(self) -> tuple[str, ...]:
        """The statements that make our tables, as this database wants them."""
        dialect = self.database.engine.dialect
        statements: list[str] = []
        for table in self.tables.metadata.sorted_tables:
            statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
            statements.extend(str(CreateIndex(index).compile(dialect=dialect)).strip() for index in table.indexes)
        statements.append(
            str(
                sa.insert(self.tables.schema_version)
                .values(version=SCHEMA_VERSION)
                .compile(dialect=dialect, compile_kwargs={"literal_binds": True})
            )
        )
        return tuple(statements)

    @property
    def _most_races(self) -> int:
        """How often a runner can be second: once a table and once a column, twice over."""
        tables = self.tables.metadata.tables.values()
        return 2 * sum(1 + len(table.columns) for table in tables)

    def _ensure_once(self, connection: Connection) -> None:
        with self.database.looking(connection):
            if self.exists(connection) and self._complete(connection):
                return
        with self.database.begin(connection):
            self._create_missing(connection)

    def _create_missing(self, connection: Connection) -> None:
        # The version comes last: where DDL commits at once, its presence says that all the others are there.
        tables = [t for t in self.tables.metadata.sorted_tables if t is not self.tables.schema_version]
        for table in (*tables, self.tables.schema_version):
            table.create(connection, checkfirst=True)
            for statement in self._missing_columns(connection, table):
                connection.exec_driver_sql(statement)
        table = self.tables.schema_version
        versions = connection.execute(sa.select(table.c.version)).scalars().all()
        if not versions:
            connection.execute(sa.insert(table).values(version=SCHEMA_VERSION))
        elif max(versions) < SCHEMA_VERSION:
            connection.execute(sa.update(table).values(version=SCHEMA_VERSION))

    def _missing_columns(self, connection: Connection, table: sa.Table) -> tuple[str, ...]:
        """The statements that add what an older migrator didn't know: nullable columns, so a catalogue change only.

        Locks: the table, for the moment of each statement.
        """
        known = self.columns(connection, table)
        if not known:
            return ()
        dialect = self.database.engine.dialect
        name = dialect.identifier_preparer.format_table(table)
        missing = [column for column in table.columns if column.name not in known]
        return tuple(f"ALTER TABLE {name} ADD COLUMN {CreateColumn(one).compile(dialect=dialect)}" for one in missing)

    def _missing(self, connection: Connection) -> tuple[str, ...]:
        """The statements that bring our tables up to what this migrator knows."""
        dialect = self.database.engine.dialect
        if not self.exists(connection):
            return self.ddl()
        statements: list[str] = []
        for table in self.tables.metadata.sorted_tables:
            if self.columns(connection, table):
                statements.extend(self._missing_columns(connection, table))
            else:
                statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
                statements.extend(str(CreateIndex(index).compile(dialect=dialect)).strip() for index in table.indexes)
        version = sa.update(self.tables.schema_version).values(version=SCHEMA_VERSION)
        statements.append(str(version.compile(dialect=dialect, compile_kwargs={"literal_binds": True})))
        return tuple(statements)

    def _complete(self, connection: Connection) -> bool:
        versions = connection.execute(sa.select(self.tables.schema_version.c.version)).scalars().all()
        return bool(versions) and max(versions) >= SCHEMA_VERSION

    def _unprivileged(self, error: DatabaseError, connection: Connection) -> DatabaseError:
        if isinstance(error, ReadOnlyError):
            return error
        with self.database.begin(connection):
            statements = ";\n".join(self._missing(connection))
        return PrivilegeError(
            f"this role may not make or complete migrator's own tables on {self.database.identity.label}",
            remedy=f"grant CREATE to the role, or run once as the owner of the tables:\n{statements};",
            **error.fields,
        )
