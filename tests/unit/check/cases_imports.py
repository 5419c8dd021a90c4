"""Cases of the rules about what a revision imports."""

from __future__ import annotations

from pathlib import Path

from tests.support.project import Project
from tests.unit.check.graph_cases import GraphCases, add

SESSION = "from sqlalchemy.orm import Session"
MODELS = """
import enum
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column

class Base(DeclarativeBase): pass

class Shop(Base):
    __tablename__ = "shop"
    id = mapped_column(sa.Integer, primary_key=True)

class Kind(enum.Enum): BIG = "big"

class Money(sa.types.TypeDecorator):
    impl = sa.Integer

LOOSE = sa.Table("loose", sa.MetaData(), sa.Column("id", sa.Integer))
"""


def _with(shop: Project, head: str, upgrade: str = add("x"), module: str = "shop_models_of_a_test") -> Path:
    """A revision with these imports, beside a module with models."""
    shop.write(f"migrations/{module}.py", MODELS)
    ini = shop.path / "alembic.ini"
    ini.write_text(ini.read_text().replace("prepend_sys_path = .", "prepend_sys_path = .:migrations"))
    return shop.revision("expand", "two", upgrade, head=head)


CASES = {
    "model-import-in-migration": GraphCases(
        found=(
            lambda shop: _with(shop, "from shop_models_of_a_test import Shop"),
            lambda shop: _with(shop, "from shop_models_of_a_test import Base as B"),
            lambda shop: _with(shop, "import shop_models_of_a_test"),
            lambda shop: _with(shop, "from shop_models_of_a_test import LOOSE"),
            lambda shop: _with(shop, "from shop_models_of_a_test import *"),
            lambda shop: _with(shop, "", f"from shop_models_of_a_test import Shop\n{add('x')}"),
            lambda shop: _with(shop, "def later():\n    from app_of_a_test.models import User"),
            lambda shop: _with(shop, "def later():\n    from app_of_a_test import settings"),
        ),
        clean=(
            lambda shop: _with(shop, "from shop_models_of_a_test import Kind, Money"),
            lambda shop: _with(shop, "import decimal, json"),
            lambda shop: _with(
                shop, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.models import A"
            ),
            lambda shop: _with(shop, "from sqlalchemy.dialects import postgresql"),
            lambda shop: _with(shop, 'shop = sa.table("shop", sa.column("id"))'),
            lambda shop: _with(shop, "def later():\n    import sqlmodel, sqlalchemy_utils"),
        ),
    ),
    "orm-in-migration": GraphCases(
        found=(
            lambda shop: _with(shop, SESSION),
            lambda shop: _with(shop, "from sqlalchemy import orm"),
            lambda shop: _with(shop, "import sqlalchemy.orm as o"),
            lambda shop: _with(shop, "", f"sa.orm.Session(bind=op.get_bind())\n{add('x')}"),
            lambda shop: _with(shop, "", f"from sqlalchemy.ext.declarative import declarative_base\n{add('x')}"),
            lambda shop: _with(shop, "def later(db):\n    db.session.commit()"),
        ),
        clean=(
            lambda shop: _with(shop, "from sqlalchemy import select, insert"),
            lambda shop: _with(shop, "", f"op.get_bind()\n{add('session')}"),
            lambda shop: _with(shop, "from sqlalchemy.dialects.postgresql import insert"),
            lambda shop: _with(shop, "def later(table):\n    return table.c.session.is_(None)"),
        ),
    ),
}
