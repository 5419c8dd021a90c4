"""Cases of the rules about what a contract removes, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.project import Project
from tests.unit.check.graph_cases import GraphCases, add, drop

NOT_NULL = 'op.alter_column("shop", "label", nullable=False, existing_type=sa.Integer)'
FILLED = 'op.add_column("shop", sa.Column("label", sa.Integer, server_default="0"))'
PROVEN = 'op.execute("ALTER TABLE shop ADD CONSTRAINT proven CHECK (label IS NOT NULL) NOT VALID")'
TABLE = 'op.create_table("store", sa.Column("id", sa.Integer, primary_key=True))'
FILL = """
SHOP = sa.table("shop", sa.column("id"), sa.column("label"))
fill = migrator.UpdateMigration(name="fill", table=SHOP, set={{"label": 1}}, where=SHOP.c.label.is_(None){})
"""
MODELS = """
import sqlalchemy as sa

target_metadata = sa.MetaData()
sa.Table("shop", target_metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("kept", sa.Integer))
"""


def _change(
    shop: Project, expand: str, contract: str, fill: str | None = None, requires_data: Sequence[str] = ()
) -> Path:
    shop.revision("expand", "one", expand, change="label")
    if fill is not None:
        shop.data("fill", FILL.format(fill))
    return shop.revision("contract", "two", contract, change="label", depends_on="one", requires_data=requires_data)


def _mapped(shop: Project, contract: str, expand: str = add("kept")) -> Path:
    """The models, which env.py knows, map shop (id, kept)."""
    env = shop.path / "migrations" / "env.py"
    text = env.read_text().replace("target_metadata = None", MODELS)
    assert MODELS in text
    env.write_text(text)
    shop.revision("expand", "one", expand)
    return shop.revision("contract", "two", contract, depends_on="one")


def _again(shop: Project, contract: str, back: str) -> Path:
    """A contract, and a later one."""
    shop.revision("contract", "gone", contract, depends_on="shop")
    return shop.revision("contract", "back", back, depends_on="shop")


def _several(shop: Project, *changes: str | None) -> Path:
    for number, change in enumerate(changes):
        shop.revision("expand", f"e{number}", add(f"c{number}"), change=change)
    ids = [f"e{number}" for number in range(len(changes))]
    return shop.revision("contract", "two", drop("c0"), depends_on=ids)


CASES = {
    "contract-without-data": GraphCases(
        found=(
            lambda shop: _change(shop, add("label"), drop("name")),
            lambda shop: _change(shop, add("label"), 'op.execute("ALTER TABLE shop DROP COLUMN name")'),
            lambda shop: _change(shop, add("label"), NOT_NULL),
            lambda shop: _change(shop, add("label"), PROVEN),
            lambda shop: _change(shop, TABLE, 'op.drop_table("shop")'),
            lambda shop: _change(shop, add("label"), drop("name"), fill=", requires=('shop',)"),
        ),
        clean=(
            lambda shop: _change(shop, add("label"), drop("name"), fill=", requires=('one',)"),
            lambda shop: _change(shop, add("label"), drop("name"), fill=", requires=('label',)"),
            lambda shop: _change(shop, add("label"), drop("name"), requires_data=["fill"], fill=""),
            lambda shop: _change(shop, add("label"), drop("label")),
            lambda shop: _change(shop, FILLED, NOT_NULL),
            lambda shop: _change(shop, TABLE, drop("name")),
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="shop"),
        ),
    ),
    "drop-still-mapped": GraphCases(
        found=(
            lambda shop: _mapped(shop, drop("kept")),
            lambda shop: _mapped(shop, 'op.drop_table("shop")'),
            lambda shop: _mapped(shop, 'op.rename_table("shop", "store")'),
            lambda shop: _mapped(shop, 'op.alter_column("shop", "kept", new_column_name="left")'),
            lambda shop: _mapped(shop, 'op.execute("ALTER TABLE shop DROP COLUMN kept")'),
        ),
        clean=(
            lambda shop: _mapped(shop, drop("name")),
            lambda shop: _mapped(shop, 'op.drop_table("store")', TABLE),
            lambda shop: _mapped(shop, f"{drop('kept')}\n{add('kept')}"),
            lambda shop: _mapped(shop, 'op.drop_index("kept")', 'op.create_index("kept", "shop", ["id"])'),
            lambda shop: [
                _mapped(shop, drop("kept")),
                shop.revision("expand", "back", add("kept"), depends_on="two"),
            ],
        ),
    ),
    "re-added-name": GraphCases(
        found=(
            lambda shop: _again(shop, drop("name"), add("name")),
            lambda shop: _again(shop, 'op.drop_table("shop")', 'op.create_table("shop", sa.Column("id", sa.Integer))'),
            lambda shop: _again(shop, 'op.rename_table("shop", "s")', 'op.rename_table("s", "shop")'),
        ),
        clean=(
            lambda shop: _again(shop, drop("name"), add("other")),
            lambda shop: shop.revision("contract", "two", f"{drop('name')}\n{add('name')}", depends_on="shop"),
            lambda shop: [
                shop.revision("contract", "gone", drop("name"), depends_on="shop"),
                shop.revision("expand", "back", add("name"), depends_on="gone"),
            ],
        ),
    ),
    "two-changes-in-contract": GraphCases(
        found=(
            lambda shop: _several(shop, "a", "b"),
            lambda shop: _several(shop, "a", None, "b"),
            lambda shop: _several(shop, "a", "b", "a"),
        ),
        clean=(
            lambda shop: _several(shop, "a", "a"),
            lambda shop: _several(shop, None, None),
            lambda shop: _several(shop, "a"),
        ),
    ),
}
