"""Statements that are recognised by their first words, where no parser knows them: closed tables, a dialect each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from migrator.dialects.heads import unquoted
from migrator.model import operation as o

PART = r'(?:`[^`]+`|"[^"]+"|\[[^\]]+\]|[\w$]+)'
NAME = rf"({PART}(?:\s*\.\s*{PART})?)"
Reader = Callable[[re.Match[str]], tuple[o.Operation, ...]]


def read_head(words: str, table: Mapping[str, Reader]) -> tuple[o.Operation, ...]:
    """The operations of the first pattern that matches the whole statement, else one unread.

    Args:
        words: the statement without comments, on one line.
    """
    for pattern, reader in table.items():
        match = re.fullmatch(pattern, words, re.IGNORECASE | re.DOTALL)
        if match:
            return reader(match)
    head = " ".join(re.findall(r"[A-Za-z]+", words)[:2]).upper() or "it"
    return (o.Unread(why=f"{head} is not among the statements that this check knows"),)


def split_name(text: str) -> tuple[str | None, str]:
    """(schema or None, name) of a possibly quoted, possibly dotted name."""
    return unquoted(re.sub(r"\s*\.\s*", ".", text).replace("[", '"').replace("]", '"'))


def rows(change: o.RowChange) -> Reader:
    """A change of rows of the table in the first group."""

    def reader(match: re.Match[str]) -> tuple[o.Operation, ...]:
        schema, table = split_name(match[1])
        return (o.ChangeRows(table=table, schema=schema, change=change),)

    return reader


def trigger(match: re.Match[str]) -> tuple[o.Operation, ...]:
    """CREATE TRIGGER: name in the first group, table in the second."""
    (_, name), (schema, table) = split_name(match[1]), split_name(match[2])
    return (o.CreateObject(kind=o.ObjectKind.TRIGGER, name=name, schema=schema, table=table),)


def runs(verb: str) -> Reader:
    """Code that isn't in the text."""
    return lambda match: (o.Unread(why=f"{verb} runs code that isn't in this text"),)


def harmless(what: str) -> Reader:
    """Nothing that running code could notice."""
    return lambda match: (o.Harmless(what=what),)


def control(verb: str) -> Reader:
    """The end or the beginning of a transaction."""
    return lambda match: (o.TransactionControl(verb=verb),)
