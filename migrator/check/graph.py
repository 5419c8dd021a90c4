"""The rules about revisions: asked once for each, with the whole history around it."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.places import shown_path
from migrator.check.rule import Problem, Rule
from migrator.check.rules import all_rules
from migrator.model.finding import Finding, Severity
from migrator.model.revision import Revision
from migrator.model.suppression import Suppression

SOURCE = "reasoning: the phases run in the order of the graph"
Found = tuple[Finding, tuple[Suppression, ...]]
"""A finding with the ``migrator.allow`` blocks around its place; the revision's own ``allow`` counts beside them."""


def graph_findings(history: History, revision: Revision) -> Iterator[Found]:
    """What is wrong with a revision's place in the history; may be empty.

    A revision that wasn't chosen is judged only by the rules that look at all of them.
    """
    chosen = revision.id in history.chosen
    for rule in all_rules():
        severity = rule.phases.get(revision.phase)
        if rule.in_history is None or severity is None or not (chosen or rule.asks_all):
            continue
        if rule.dialects and not set(rule.dialects) & set(history.recorded):
            continue
        for problem in dict.fromkeys(rule.in_history(revision, history)):
            around = problem.item.suppressions if problem.item is not None else ()
            yield _finding(rule, severity, revision, problem), around


def _finding(rule: Rule, severity: Severity, revision: Revision, problem: Problem) -> Finding:
    item = problem.item
    return Finding(
        rule=rule.id,
        family=rule.family.value,
        severity=problem.severity or severity,
        phase=revision.phase,
        message=problem.message,
        remedy=problem.remedy,
        source=problem.source or rule.source or SOURCE,
        file=shown_path(item.file if item is not None and item.file else revision.path),
        line=item.line if item is not None and item.line else problem.line or 1,
        revision=revision.id,
    )
