"""What the cases of the rules are made of."""

from __future__ import annotations

from dataclasses import dataclass

NEW = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))\n'


def sql(text: str) -> str:
    """An op.execute of the text."""
    return f"op.execute({text!r})"


@dataclass(frozen=True, kw_only=True)
class Cases:
    """Bodies of ``upgrade()``; ``dialect`` is the one that they are written for."""

    found: tuple[str, ...]
    clean: tuple[str, ...]
    dialect: str = "postgresql"
