"""Cases of the rule about the orders in which databases meet the revisions."""

from __future__ import annotations

from pathlib import Path

from tests.support.project import Project
from tests.unit.check.graph_cases import GraphCases, add, drop

STORE = 'op.create_table("store", sa.Column("id", sa.Integer, primary_key=True))'
DROP = 'op.drop_table("{}")'
VIEW = 'op.execute("CREATE VIEW shop AS SELECT * FROM store")'
LIKE = 'op.execute("CREATE TABLE c (LIKE shop)")'
RENAME = 'op.rename_table("shop", "store")'


def _after(shop: Project, contract: str, expand: str, depends_on: str = "shop") -> Path:
    """A contract, and an expand of a later release."""
    shop.revision("contract", "gone", contract, depends_on="shop")
    return shop.revision("expand", "later", expand, depends_on=depends_on)


def _then(shop: Project, *codes: str) -> list[Path]:
    return [shop.revision("expand", f"e{number}", code) for number, code in enumerate(codes)]


CASES = {
    "order-dependent": GraphCases(
        found=(
            lambda shop: _after(shop, drop("name"), add("name")),
            lambda shop: _after(shop, drop("name"), 'op.create_index("ix", "shop", ["name"])'),
            lambda shop: _after(shop, DROP.format("shop"), add("x")),
            lambda shop: _after(shop, RENAME, add("x", "store")),
            lambda shop: _after(shop, RENAME, 'op.execute("UPDATE shop SET id = 1 WHERE id = 1")'),
            lambda shop: _after(shop, DROP.format("shop"), 'op.create_table("shop", sa.Column("id", sa.Integer))'),
            lambda shop: _after(shop, 'op.alter_column("shop", "name", new_column_name="n")', drop("n")),
            lambda shop: [_after(shop, DROP.format("store"), STORE), _then(shop, add("y", "store"))],
            lambda shop: [shop.revision("expand", "a", add("y", "store")), shop.revision("expand", "b", STORE)],
            lambda shop: shop.revision("expand", "two", f"{add('x')}\n{add('x')}"),
        ),
        clean=(
            lambda shop: _after(shop, drop("name"), add("name"), depends_on="gone"),
            lambda shop: _after(shop, drop("name"), add("x")),
            lambda shop: _after(shop, DROP.format("shop"), STORE),
            lambda shop: _after(shop, RENAME, add("x", "store"), depends_on="gone"),
            lambda shop: _after(
                shop, RENAME + '\nop.execute("CREATE VIEW shop AS SELECT * FROM store")', drop("z", "t")
            ),
            lambda shop: _after(shop, DROP.format("shop"), 'op.execute("ALTER TABLE IF EXISTS shop ADD COLUMN x int")'),
            lambda shop: _after(shop, *['op.drop_table("shop", if_exists=True)'] * 2),
            lambda shop: shop.revision("expand", "two", add("x", "made_by_somebody_else")),
            lambda shop: shop.revision(
                "expand", "two", 'op.execute("CREATE TABLE c (LIKE shop)")\n' + drop("name", "c")
            ),
            lambda shop: _after(
                shop,
                drop("name"),
                f'if len(sa.inspect(op.get_bind()).get_columns("shop")) < 2:\n    {add("name")}',
            ),
        ),
    ),
}
