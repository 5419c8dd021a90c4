"""trace-differs: a statement that the rules let pass stopped traffic, or was refused, on the server of --trace.

Only migrator check --trace URL finds it: the statement wrote a table anew, read it whole under a lock that keeps its
writers out, had to be copied, or failed.

Effect: the server does what no file shows, or a rule is wrong; the measurement counts.
Remedy: give the statement its online form, or let traffic rest while it runs; and report it, since a rule is missing.

Bad:   migrator check --trace URL finds "writes users anew under AccessExclusiveLock" where no rule did
Good:  migrator check --trace URL finds what migrator check finds

Source: the measurement itself.
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Rule, found_elsewhere

RULE = Rule(
    id="trace-differs",
    family=Family.LOCK,
    find=found_elsewhere,
    phases=BLOCKS_EVERYWHERE,
)
