"""Generated keys of each kind, gaps, and clients that insert meanwhile: it makes what one UPDATE makes of a copy."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from migrator.model.data import DataProgress
from tests.integration.data.running import Runner, fill
from tests.support.database import Database

pytestmark = pytest.mark.quick_on("sqlite")

TABLES = ("item", "expected")
WORDS = st.text(alphabet="aAbBzZéÉß _%'\\-", max_size=5).filter(lambda text: text == text.rstrip())
NUMBERS = st.integers(-(2**62), 2**62) | st.integers(-5, 5)
COLLATIONS = {
    "sqlite": ("BINARY", "NOCASE", "RTRIM"),
    "postgresql": ('"C"', '"und-x-icu"', "ignore_case"),
    "mysql": ("utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci"),
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A column of a key: its type, with the texts of the collation (by its number in COLLATIONS), and its values."""

    type_: sa.types.TypeEngine[Any]
    values: st.SearchStrategy[Any]
    collation: int | None = None


NUMBER = Part(type_=sa.BigInteger(), values=NUMBERS)
DAY = Part(type_=sa.Date(), values=st.integers(0, 10**6).map(lambda n: date(1000, 1, 1) + timedelta(days=n)))
UUID = Part(type_=sa.Uuid(), values=st.uuids(version=4) | st.integers(0, 9).map(lambda n: uuid.UUID(int=n)))
TEXTS = [Part(type_=sa.String(20), values=WORDS, collation=number) for number in range(3)]
KEYS: dict[str, Sequence[Part]] = {
    "number": [NUMBER],
    "uuid": [UUID],
    "day": [DAY],
    "text by bytes": [TEXTS[0]],
    "text 1": [TEXTS[1]],
    "text 2": [TEXTS[2]],
    "number and text": [NUMBER, TEXTS[1]],
    "text, day and number": [TEXTS[2], DAY, NUMBER],
}


@dataclass(kw_only=True)
class Rows:
    """The table, and its copy; a client adds the rows of ``coming`` to both, one after each batch."""

    database: Database
    parts: Sequence[Part]
    coming: list[tuple[Any, ...]] = field(default_factory=list)

    def make(self) -> None:
        for name in TABLES:
            self.database.execute(f"DROP TABLE IF EXISTS {name}")
        for table in ("migrator_data_migration", "migrator_data_range"):
            if table in self.database.tables():
                self.database.execute(f"DELETE FROM {table}")
        metadata = sa.MetaData()
        for name in TABLES:
            keys = [sa.Column(f"k{n}", self._type(one), primary_key=True) for n, one in enumerate(self.parts)]
            numbers = [sa.Column(column, sa.Integer) for column in ("old", "new")]
            counts = [sa.Column(column, sa.Integer, server_default="0") for column in ("bad", "touched")]
            sa.Table(name, metadata, *keys, *numbers, *counts)
        metadata.create_all(self.database.engine())

    def _type(self, part: Part) -> sa.types.TypeEngine[Any]:
        if part.collation is None:
            return part.type_
        collation = COLLATIONS[self.database.dialect][part.collation].strip('"')
        if collation == "ignore_case":
            self.database.execute(
                "CREATE COLLATION IF NOT EXISTS ignore_case (provider = icu, locale = 'und-u-ks-level2',"
                " deterministic = false)"
            )
        return sa.String(20, collation=collation)

    def add(self, keys: Sequence[tuple[Any, ...]]) -> None:
        """Those that the database holds for different from each other."""
        with self.database.engine().begin() as connection:
            for number, key in enumerate(keys):
                row = {f"k{n}": value for n, value in enumerate(key)} | {"old": number}
                try:
                    with connection.begin_nested():
                        for name in TABLES:
                            made = sa.table(
                                name,
                                *(sa.column(f"k{n}", one.type_) for n, one in enumerate(self.parts)),
                                sa.column("old"),
                            )
                            connection.execute(sa.insert(made).values(**row))
                except IntegrityError:
                    continue

    def told(self, _: DataProgress) -> None:
        if self.coming:
            self.add([self.coming.pop(0)])

    def held(self, name: str) -> list[str]:
        return sorted(map(repr, self.database.rows(f"SELECT * FROM {name}")))


@pytest.mark.parametrize("kind", KEYS)
def test_a_run_over_any_key_makes_what_one_update_makes(
    database: Database, kind: str, generated: Callable[[int], int]
) -> None:
    parts = KEYS[kind]
    examples = generated(6 if database.dialect == "sqlite" else 3)  # making the tables takes most of the time
    keys = st.lists(st.tuples(*(part.values for part in parts)), max_size=12, unique=True)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(
        there=keys,
        coming=keys,
        batch_size=st.integers(1, 9),
        counts=st.lists(st.integers(1, 12), max_size=2),
        workers=st.sampled_from([1, 1, 3]),
    )
    def check(there: list[Any], coming: list[Any], batch_size: int, counts: list[int], workers: int) -> None:
        rows = Rows(database=database, parts=parts, coming=coming)
        rows.make()
        rows.add(there)
        workers = 1 if database.dialect == "sqlite" else workers
        runner = Runner(database=database, migrations=[fill(batch_size=batch_size)])
        for count in counts:
            runner(count, progress=rows.told, workers=workers)
        for _ in range(2):
            runner(progress=rows.told, workers=workers)
        assert runner.exit_codes(1000)[-1] == 0, "those too that the client added behind the last question"
        database.execute("UPDATE expected SET new = old, touched = touched + 1")
        assert rows.held("item") == rows.held("expected")

    check()
