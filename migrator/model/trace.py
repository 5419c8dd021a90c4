"""What a statement really did on a scratch database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One statement, as the server carried it out.

    Attributes:
        locks: table or index → the lock modes that the statement newly held on it, or waited for; in the server's
            words.  Only what existed before the revision or the files; empty where the server shows no locks.
        rewritten: tables and indexes that have new storage.
        scanned: tables that were read whole while a lock kept their writers out.
        algorithm: the least intrusive ALGORITHM and LOCK that the server took; empty where it has none.
        blocks: why traffic stops in proportion to a table's size, a clause each; empty where it doesn't.
        beside_traffic: all that was written anew was written beside readers and writers; replicas lag all the same.
        refused: the class and code of the server's refusal; empty where it did the statement.
        unsent: why the statement wasn't sent, so that nothing is known of it; empty where it was.
        session: the settings that decide how the server carries such statements out → their values then.
        versions: table → how many row versions it has after an INSTANT change that took one more (MySQL); there are 64,
            from MySQL 9.1 on 255, and then no INSTANT until the table is rebuilt.
    """

    locks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    algorithm: str = ""
    blocks: tuple[str, ...] = ()
    beside_traffic: bool = False
    refused: str = ""
    unsent: str = ""
    session: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TracedStatement:
    """One statement of a revision or a file, and the rules that found something at its line.

    ``foreseen``: the planner says of the step itself that it may write the table anew beside traffic.
    ``agrees``: the static verdict and the measured one say the same of traffic.
    ``condition``: what no file shows and explains the difference; empty where they agree, or nothing known explains it.
    """

    statement: str
    measure: Measure
    file: str = ""
    line: int = 0
    revision: str = ""
    rules: tuple[str, ...] = ()
    foreseen: bool = False
    agrees: bool = True
    condition: str = ""
