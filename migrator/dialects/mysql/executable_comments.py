"""``/*!40101 ... */``: what looks like a comment and is run by the server.

Source: MySQL manual 8.4, "Comments"; MariaDB manual, "Comment Syntax" (it skips MySQL's versions 50700 to 99999, and
only it runs ``/*M! ... */``).
"""

from __future__ import annotations

import re

from migrator.dialects.splitting import MYSQL

_BEGINS = re.compile(r"/\*(?P<mariadb>M?)!(?P<version>\d{5,6})?")
_SKIPPED_BY_MARIADB = range(50700, 100000)
# Above what any server of today says of itself: dumps use them so that nobody runs the comment.
_OF_MYSQL, _OF_MARIADB = 100000, 130000


def unwrapped(text: str, *, mariadb: bool) -> str:
    """The text with blanks instead of the marks of the comments that the server runs; lines and lengths stay.

    Which version runs it isn't asked: what some server would run is read.
    """
    parts: list[str] = []
    at = 0
    while at < len(text):
        match = MYSQL.tokens.match(text, at)
        assert match is not None  # its last alternative takes any character
        if match["comment"] is None:
            parts.append(match.group())
            at = match.end()
            continue
        closed = text.find("*/", at + 2)
        end = len(text) if closed < 0 else closed + 2
        begins = _BEGINS.match(text, at)
        if begins is None or not _runs(begins, mariadb=mariadb):
            parts.append(text[at:end])
        else:
            inside = text[begins.end() : end].removesuffix("*/")
            parts.append(" " * (begins.end() - at) + inside + " " * (end - begins.end() - len(inside)))
        at = end
    return "".join(parts)


def _runs(begins: re.Match[str], *, mariadb: bool) -> bool:
    version = int(begins["version"] or 0)
    if not mariadb:
        return not begins["mariadb"] and version < _OF_MYSQL
    return version < _OF_MARIADB and (bool(begins["mariadb"]) or version not in _SKIPPED_BY_MARIADB)
