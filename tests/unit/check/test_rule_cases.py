"""Every rule has cases of its own, five that it finds and five that it lets pass."""

from __future__ import annotations

from collections import Counter

from migrator.check.rule import found_elsewhere
from migrator.check.rules import all_rules
from tests.unit.check import test_graph_rules, test_rules, test_sql_rules

ENOUGH = 5
# Rules whose cases are still to be written; a rule that has them leaves the list.
STILL_SHORT = {
    "access-exclusive-on-multiple-tables",
    "add-auto-increment-column",
    "add-check-validating",
    "add-column-constrained-domain",
    "add-column-not-null-no-default",
    "add-column-volatile-default",
    "add-enum-value",
    "add-exclusion-constraint",
    "add-foreign-key-validating",
    "add-json-column",
    "add-primary-key-builds-index",
    "add-stored-generated-column",
    "add-unique-builds-index",
    "add-unique-old-writers",
    "alter-domain-add-constraint",
    "attach-partition-without-check",
    "change-collation",
    "change-column-type",
    "change-column-type-rewrite",
    "change-default",
    "change-type-reindexes",
    "concurrently-in-transaction",
    "constraint-rejects-old-writes",
    "create-index-not-concurrently",
    "create-partition-of",
    "detach-partition-not-concurrently",
    "drop-column",
    "drop-constraint",
    "drop-database",
    "drop-default",
    "drop-extension",
    "drop-foreign-key-locks-parent",
    "drop-index-not-concurrently",
    "drop-index-old-queries",
    "drop-materialized-view",
    "drop-not-null",
    "drop-partition",
    "drop-primary-key",
    "drop-routine",
    "drop-schema",
    "drop-sequence",
    "drop-table",
    "drop-table-with-foreign-keys",
    "drop-trigger",
    "drop-type",
    "drop-view",
    "enable-row-security",
    "enum-value-used-in-same-transaction",
    "explicit-lock-table",
    "fk-not-valid-on-partitioned",
    "identifier-too-long",
    "identity-always-on-existing",
    "index-on-partitioned-parent",
    "inline-constraint-on-add-column",
    "invalid-index-left-behind",
    "lock-timeout-too-long",
    "mismatched-foreign-key-type",
    "mixed-ddl-and-dml",
    "mysql-add-check",
    "mysql-add-foreign-key",
    "mysql-add-fulltext-or-spatial",
    "mysql-change-engine",
    "mysql-combined-alter-loses-instant",
    "mysql-convert-charset",
    "mysql-implicit-default-backfill",
    "mysql-lock-shared-or-exclusive",
    "mysql-nullability-rebuild",
    "mysql-partition-table",
    "mysql-require-algorithm-lock",
    "narrow-column-type",
    "primary-key-using-nullable-index",
    "refresh-matview-not-concurrently",
    "refresh-matview-with-no-data",
    "reindex-not-concurrently",
    "remove-enum-value",
    "rename-column",
    "rename-enum-value",
    "rename-object",
    "rename-schema",
    "rename-table",
    "replace-table",
    "revoke-privilege",
    "set-access-method",
    "set-logged-unlogged",
    "set-not-null",
    "set-not-null-scan",
    "set-tablespace",
    "toggle-trigger-lock",
    "transaction-control-in-migration",
    "trigger-on-existing-table",
    "truncate-cascade",
    "truncate-table",
    "unbatched-backfill",
    "vacuum-full-or-cluster",
    "validate-in-same-transaction",
}


def counted(kind: str) -> Counter[str]:
    """Rule → how many cases of the kind, ``found`` or ``clean``, it has over revisions and over files of SQL."""
    tables = (test_rules.CASES, test_sql_rules.CASES)
    total: Counter[str] = Counter()
    for table in tables:
        total.update({rule: len(getattr(cases, kind)) for rule, cases in table.items()})
    return total


def test_every_rule_over_operations_has_five_cases_of_each_kind() -> None:
    found, clean = counted("found"), counted("clean")
    over_operations = {rule.id for rule in all_rules() if rule.find is not found_elsewhere}
    short = {rule for rule in over_operations if min(found[rule], clean[rule]) < ENOUGH}
    assert short - STILL_SHORT == set()


def test_every_rule_about_revisions_has_five_cases() -> None:
    cases = test_graph_rules.CASES.items()
    assert [rule for rule, one in cases if len(one.found) + len(one.clean) < ENOUGH] == []


def test_no_case_stands_twice() -> None:
    every = [(rule, one.found, one.clean) for rule, one in test_rules.CASES.items()]
    every += [(rule, one.found, one.clean) for rule, one in test_sql_rules.CASES.items()]
    for rule, found, clean in every:
        for kind in (found, clean):
            assert len(set(kind)) == len(kind), rule
