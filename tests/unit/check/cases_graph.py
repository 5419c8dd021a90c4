"""Cases of the rules about the order and the places of revisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.project import Project
from tests.unit.check.graph_cases import GraphCases, add, drop

LONG = "a" * 33
FILL = """
T = sa.table("shop", sa.column("id"), sa.column("full"))
fill = migrator.UpdateMigration(name="fill", table=T, set={"full": 1}, where=T.c.full.is_(None), requires=("one",))
"""


def _moved(shop: Project, phase: str, to: str, name: str = "two.py") -> Path:
    return (shop.path / "migrations" / phase / name).rename(shop.path / "migrations" / to / name)


def _beside(shop: Project, id: str = "beside", down: str | None = None) -> int:
    """A revision in the folder of expand that stands on nothing, or on the trunk."""
    file = shop.revision("expand", id, add("b"), down_revision=down or "shop")
    text = file.read_text().replace(f"down_revision = {(down or 'shop')!r}", f"down_revision = {down!r}")
    return file.write_text(text)


def _trunk(shop: Project) -> Project:
    shop.revision("trunk", "old", 'op.create_table("old", sa.Column("id", sa.Integer, primary_key=True))')
    return shop


def _pair(
    shop: Project, depends_on: str | tuple[str, ...], change: str | None = "name", requires_data: Sequence[str] = ()
) -> Path:
    shop.revision("expand", "one", add("full"), change=change)
    return shop.revision(
        "contract", "two", drop("full"), change=change, depends_on=depends_on, requires_data=requires_data
    )


def _then(shop: Project, contract: str, expand: str) -> Path:
    """A contract, and an expand that depends on it."""
    shop.revision("contract", "gone", contract, depends_on="shop")
    return shop.revision("expand", "back", expand, depends_on="gone")


CASES = {
    "non-linear-history": GraphCases(
        found=(
            lambda shop: [shop.revision("expand", one, add(one), down_revision="shop") for one in ("a", "b")],
            lambda shop: [shop.revision("expand", one, add(one), down_revision="expand_base") for one in ("a", "b")],
            lambda shop: [
                shop.revision("contract", one, drop("name"), depends_on="shop", down_revision="contract_base")
                for one in ("a", "b")
            ],
        ),
        clean=(
            lambda shop: [shop.revision("expand", one, add(one)) for one in ("a", "b")],
            lambda shop: [shop.revision("expand", "a", add("a")), shop.revision("trunk", "old", "pass")],
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="shop"),
        ),
    ),
    "wrong-folder": GraphCases(
        found=(
            lambda shop: [shop.revision("expand", "two", add("x")), _moved(shop, "expand", "contract")],
            lambda shop: [shop.revision("contract", "two", drop("name")), _moved(shop, "contract", "expand")],
            lambda shop: [shop.revision("expand", "two"), _moved(shop, "expand", "contract")],
        ),
        clean=(
            lambda shop: shop.revision("expand", "two", add("x")),
            lambda shop: shop.revision("contract", "two", drop("name")),
            lambda shop: _trunk(shop),
        ),
    ),
    "outside-branches": GraphCases(
        found=(
            lambda shop: _beside(shop),
            lambda shop: _beside(_trunk(shop), down="old"),
            lambda shop: [_beside(shop), shop.revision("expand", "above", add("x"), down_revision="beside")],
        ),
        clean=(
            lambda shop: _trunk(shop),
            lambda shop: shop.revision("expand", "two", add("x")),
            lambda shop: shop.revision("contract", "two", drop("name")),
        ),
    ),
    "unresolved-depends-on": GraphCases(
        found=(
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="nowhere"),
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on=("shop", "sho")),
            lambda shop: shop.revision("expand", "two", add("x"), depends_on="Shop"),
            lambda shop: [
                shop.revision("contract", "three", drop("name"), depends_on="two"),
                shop.revision("expand", "two", add("x"), depends_on="three"),
            ],
        ),
        clean=(
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="shop"),
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="expand"),
            lambda shop: shop.revision("expand", "two", add("x"), depends_on=("contract_base", "shop")),
        ),
    ),
    "contract-before-expand": GraphCases(
        found=(
            lambda shop: _pair(shop, ()),
            lambda shop: _pair(shop, "shop"),
            lambda shop: [_pair(shop, "one"), shop.revision("expand", "late", add("y"), change="name")],
        ),
        clean=(
            lambda shop: _pair(shop, "one"),
            lambda shop: _pair(shop, "one", change=None),
            lambda shop: [_pair(shop, (), requires_data=["fill"]), shop.data("fill", FILL)],
            lambda shop: [_pair(shop, "one"), shop.revision("expand", "late", add("y"), change="another")],
            lambda shop: shop.revision("contract", "two", drop("name")),
        ),
    ),
    "expand-needs-contract": GraphCases(
        found=(
            lambda shop: _then(shop, drop("name"), add("x")),
            lambda shop: _then(shop, drop("name"), 'op.create_table("t", sa.Column("id", sa.Integer))'),
            lambda shop: shop.revision("expand", "two", add("x"), depends_on="contract_base"),
        ),
        clean=(
            lambda shop: _then(shop, drop("name"), add("name")),
            lambda shop: _then(shop, 'op.drop_table("shop")', 'op.create_table("shop", sa.Column("id", sa.Integer))'),
            lambda shop: _then(shop, drop("name"), 'op.execute("do something")'),
            lambda shop: shop.revision("expand", "two", add("x"), depends_on="shop"),
        ),
    ),
    "revision-id-too-long": GraphCases(
        found=(
            lambda shop: shop.revision("expand", LONG, add("x")),
            lambda shop: shop.revision("contract", LONG, drop("name"), depends_on="shop"),
            lambda shop: shop.revision("expand", "2026_11_26_1530_the_full_name_of_a_user", add("x")),
        ),
        clean=(
            lambda shop: shop.revision("expand", LONG[1:], add("x")),
            lambda shop: shop.revision("contract", LONG[1:], drop("name"), depends_on="shop"),
            lambda shop: shop.revision("expand", "two", add(LONG)),
        ),
        dialect="mysql",
    ),
    "irreversible-migration": GraphCases(
        found=(
            lambda shop: shop.revision("expand", "two", add("x"), "pass"),
            lambda shop: shop.revision("expand", "two", add("x"), "raise NotImplementedError"),
            lambda shop: shop.revision("expand", "two", add("x"), '"Nothing."\nreturn'),
            lambda shop: shop.revision("expand", "two", add("x"), head="del downgrade").write_text(
                (shop.path / "migrations/expand/two.py").read_text().split("del ")[0] + f"def upgrade(): {add('x')}\n"
            ),
        ),
        clean=(
            lambda shop: shop.revision("expand", "two", add("x"), drop("x")),
            lambda shop: shop.revision("contract", "two", drop("name"), "raise NotImplementedError", depends_on="shop"),
            lambda shop: shop.revision("expand", "two", add("x"), "if True:\n    " + drop("x")),
            lambda shop: shop.revision("expand", "two", "pass", "pass"),
        ),
    ),
    "empty-revision": GraphCases(
        found=(
            lambda shop: shop.revision("expand", "two"),
            lambda shop: shop.revision("contract", "two", depends_on="shop"),
            lambda shop: shop.revision("expand", "two", "x = 1"),
        ),
        clean=(
            lambda shop: shop.revision("expand", "two", add("x")),
            lambda shop: shop.revision("expand", "two", 'op.execute("SELECT 1")'),
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="shop"),
        ),
    ),
    "contract-without-expand": GraphCases(
        found=(
            lambda shop: shop.revision("contract", "two", drop("name")),
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="contract_base"),
            lambda shop: shop.revision("contract", "two", 'op.drop_table("shop")'),
        ),
        clean=(
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="shop"),
            lambda shop: shop.revision("contract", "two", drop("name"), requires_data=["fill"]),
            lambda shop: _trunk(shop).revision("contract", "two", drop("id", "old"), depends_on="old"),
        ),
    ),
    "unknown-data-migration": GraphCases(
        found=(
            lambda shop: shop.revision("contract", "two", drop("name"), requires_data=["fill"]),
            lambda shop: shop.revision("contract", "two", drop("name"), requires_data=["fill"], depends_on="shop"),
            lambda shop: shop.revision("contract", "two", 'op.drop_table("shop")', requires_data=["a", "b"]),
        ),
        clean=(
            lambda shop: shop.revision("contract", "two", drop("name")),
            lambda shop: shop.revision("contract", "two", drop("name"), depends_on="shop"),
            lambda shop: shop.revision("expand", "two", add("x")),
        ),
    ),
}
