"""One file per rule, found without a list: a module with a ``RULE`` is one.  Its docstring is the rule's page."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from migrator.check.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    rules = [module.RULE for module in modules if hasattr(module, "RULE")]
    return tuple(sorted(rules, key=lambda rule: rule.id))
