"""rename-schema: a contract moves a schema, or a table into another one.

Effect: the code that runs during contract is the newest, and it names what is moved by the old name until that moment.
Remedy: views in the old schema, dropped one release later. In expand, rename-object and rename-table tell the same.

Bad (contract):  op.execute("ALTER SCHEMA shop RENAME TO market")
Good:            op.execute("CREATE VIEW store.users AS SELECT * FROM shop.users")

Source: reasoning: no code works with both names, whichever phase it is.
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.RenameObject) and op.kind is o.ObjectKind.SCHEMA and at.object_existed(op):
        what = f"renames schema {op.name} to {op.new_name}"
    elif isinstance(op, o.RenameTable) and op.new_schema and op.new_schema != op.schema and at.existed(op):
        what = f"moves table {op.target} to schema {op.new_schema}"
    else:
        return None
    return Problem(
        message=f"{what}: no running code knows both names, so it fails from that moment until it is replaced",
        remedy="leave a view under the old name for a release:  CREATE VIEW <old> AS SELECT * FROM <new>",
    )


RULE = Rule(
    id="rename-schema",
    find=_find,
    family=Family.OLD_CODE,
    phases={Phase.CONTRACT: Severity.ERROR},
    dialects=POSTGRESQL,
    source="reasoning: no code works with both names, whichever phase it is",
)
