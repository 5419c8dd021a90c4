"""SQL text of PostgreSQL → operations, by PostgreSQL's own grammar (postgast)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from migrator.dialects.checking import ReadStatement
from migrator.dialects.harmless import EXECUTES, without_parser
from migrator.dialects.postgresql import text_acts as acts
from migrator.dialects.postgresql import text_others as others
from migrator.dialects.postgresql import text_rights as rights
from migrator.dialects.postgresql import text_session as session
from migrator.dialects.postgresql.text_alter import altered
from migrator.dialects.postgresql.text_bodies import block, routine
from migrator.dialects.postgresql.text_nodes import (
    cascades,
    dotted,
    if_there,
    kind_of,
    names,
    names_of_object,
    nodes,
    table_of,
    types_named,
    unread,
    unread_about,
)
from migrator.dialects.postgresql.text_queries import declared, reads, select
from migrator.dialects.postgresql.text_rows import CHANGES, changed, shown_columns
from migrator.dialects.postgresql.text_table import created, domain, index, new_table
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
# Lock modes as lockdefs.h numbers them: up to here they let SELECT, INSERT, UPDATE and DELETE through.
_SHARE_UPDATE_EXCLUSIVE = 4
_NESTS = ("TRANS_STMT_SAVEPOINT", "TRANS_STMT_RELEASE", "TRANS_STMT_ROLLBACK_TO")


def read(sql: str) -> Sequence[ReadStatement]:
    """The statements of a text; see :meth:`CheckRules.read`."""
    try:
        # By name: its type stubs are not valid Python.
        postgast = import_module("postgast")
    except ImportError:
        return (ReadStatement(sql=sql, operations=without_parser("postgast")),)
    try:
        tree = postgast.parse(sql)
    except (postgast.PgQueryError, ValueError, RecursionError, import_module("google.protobuf.message").Error) as error:
        why = f"PostgreSQL's grammar doesn't accept it ({type(error).__name__})"
        return (ReadStatement(sql=sql, operations=unread(why)),)
    raw = sql.encode()
    found = []
    for one in tree.stmts:
        end = one.stmt_location + one.stmt_len if one.stmt_len else len(raw)
        kind = one.stmt.WhichOneof("node")
        node = getattr(one.stmt, kind)
        text = raw[one.stmt_location : end].decode(errors="replace").strip()
        operations = _BODIES[kind](node, text, _inside) if kind in _BODIES else _operations(kind, node)
        reads = kind in ("select_stmt", "variable_show_stmt") and all(isinstance(x, o.Harmless) for x in operations)
        found.append(ReadStatement(sql=text, operations=operations, reads=reads))
    return tuple(found)


def _inside(sql: str) -> Read:
    return tuple(one for statement in read(sql) for one in statement.operations)


def _operations(kind: str, node: Any) -> Read:
    reader = _READERS.get(kind)
    verb = kind.removesuffix("_stmt").replace("_", " ").upper()
    if reader is None:
        return unread(f"{verb} is not among the statements that this check knows")
    # What is explained or prepared isn't run; where it is, its reader says so.
    return tuple(reader(node)) if kind in _HOLDS_ANOTHER else (*reader(node), *_hidden_rows(node))


def _hidden_rows(node: Any) -> Read:
    """Changes of rows in WITH clauses."""
    return tuple(changed(one) for one in nodes(node) if one.DESCRIPTOR.name in CHANGES)


def _rows(node: Any) -> Read:
    return (changed(node), *reads(node, node.relation))


def _create_as(node: Any) -> Read:
    schema, table = table_of(node.into.rel)
    query = node.query.select_stmt
    read = reads(query) if node.query.WhichOneof("node") == "select_stmt" and not node.into.skip_data else ()
    if kind_of(node, "objtype") == "OBJECT_MATVIEW":
        kind = o.ObjectKind.MATERIALIZED_VIEW
        return (o.CreateObject(kind=kind, name=table, schema=schema, replaces=node.if_not_exists), *read)
    return (new_table(node.into.rel, unless_exists=node.if_not_exists), *read)


def _view(node: Any) -> Read:
    schema, name = table_of(node.view)
    made = o.CreateObject(kind=o.ObjectKind.VIEW, name=name, schema=schema, replaces=node.replace)
    return (replace(made, shows=shown_columns(node)),)


def _type(attribute: str) -> Callable[[Any], Read]:
    def read_type(node: Any) -> Read:
        value = getattr(node, attribute)
        schema, name = table_of(value) if hasattr(value, "relname") else dotted(names(value))
        return (o.CreateObject(kind=o.ObjectKind.TYPE, name=name, schema=schema, uses=types_named(node)),)

    return read_type


def _sequence(node: Any) -> Read:
    schema, name = table_of(node.sequence)
    return (o.CreateObject(kind=o.ObjectKind.SEQUENCE, name=name, schema=schema, replaces=node.if_not_exists),)


def _schema(node: Any) -> Read:
    inner = tuple(
        one for element in node.schema_elts for one in _operations(element.WhichOneof("node"), _only(element))
    )
    made = o.CreateObject(kind=o.ObjectKind.SCHEMA, name=node.schemaname, replaces=node.if_not_exists)
    return (made, *inner)


def _only(element: Any) -> Any:
    return getattr(element, element.WhichOneof("node"))


def _extension(node: Any) -> Read:
    return (o.CreateObject(kind=o.ObjectKind.EXTENSION, name=node.extname, replaces=node.if_not_exists),)


def _enum(node: Any) -> Read:
    schema, name = dotted(names(node.type_name))
    if node.old_val:
        kind = o.ObjectKind.ENUM_VALUE
        return (o.RenameObject(kind=kind, name=node.old_val, new_name=node.new_val, schema=schema, table=name),)
    return (
        o.AddEnumValue(
            what=f"a new value of {name}",
            name=name,
            schema=schema,
            value=node.new_val,
            neighbour=node.new_val_neighbor,
            after=node.new_val_is_after,
        ),
    )


def _create_enum(node: Any) -> Read:
    schema, name = dotted(names(node.type_name))
    return (o.CreateObject(kind=o.ObjectKind.TYPE, name=name, schema=schema, values=tuple(names(node.vals))),)


def _trigger(node: Any) -> Read:
    schema, table = table_of(node.relation)
    kind = o.ObjectKind.TRIGGER
    made = o.CreateObject(kind=kind, name=node.trigname, schema=schema, table=table, replaces=node.replace)
    return (replace(made, calls=names(node.funcname)[-1]),)


_ON_TABLES = {"OBJECT_TRIGGER": o.ObjectKind.TRIGGER, "OBJECT_RULE": o.ObjectKind.RULE}
_DROPPED = {
    "OBJECT_VIEW": o.ObjectKind.VIEW,
    "OBJECT_MATVIEW": o.ObjectKind.MATERIALIZED_VIEW,
    "OBJECT_TYPE": o.ObjectKind.TYPE,
    "OBJECT_DOMAIN": o.ObjectKind.TYPE,
    "OBJECT_SEQUENCE": o.ObjectKind.SEQUENCE,
    "OBJECT_SCHEMA": o.ObjectKind.SCHEMA,
    "OBJECT_EXTENSION": o.ObjectKind.EXTENSION,
    "OBJECT_FUNCTION": o.ObjectKind.ROUTINE,
    "OBJECT_PROCEDURE": o.ObjectKind.ROUTINE,
    "OBJECT_ROUTINE": o.ObjectKind.ROUTINE,
    "OBJECT_AGGREGATE": o.ObjectKind.ROUTINE,
    "OBJECT_OPERATOR": o.ObjectKind.ROUTINE,
}


def _drop(node: Any) -> Read:
    kind = kind_of(node, "remove_type")
    cascade = cascades(node)
    found: list[o.Operation] = []
    for element in node.objects:
        parts = names_of_object(element)
        schema, name = dotted(parts)
        if kind in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
            found.append(o.DropTable(table=name, schema=schema, if_exists=node.missing_ok, cascade=cascade))
        elif kind == "OBJECT_INDEX":
            found.append(o.DropIndex(name=name, schema=schema, concurrently=node.concurrent, if_exists=node.missing_ok))
        elif kind in _ON_TABLES:
            schema, table = dotted(parts[:-1])
            one = o.DropObject(kind=_ON_TABLES[kind], name=parts[-1], schema=schema, table=table, cascade=cascade)
            found.append(replace(one, if_exists=node.missing_ok))
        elif kind == "OBJECT_POLICY":
            schema, table = dotted(parts[:-1])
            gone = o.Act(kind=o.ActKind.CREATE_POLICY, table=table, schema=schema, other=parts[-1])
            found.append(gone)
        elif kind == "OBJECT_PUBLICATION":
            found.append(o.Revoke(what=f"publication {name}", ownership=True))
        elif kind == "OBJECT_EVENT_TRIGGER":
            found.append(o.Harmless(what="a trigger on changes of the schema"))
        elif kind == "OBJECT_STATISTIC_EXT":
            found.append(o.Harmless(what="extended statistics"))
        elif kind in _DROPPED:
            # No model keeps aggregates and operators, nor the schema that is there from the start: they may be there.
            unsure = kind in ("OBJECT_AGGREGATE", "OBJECT_OPERATOR") or (kind == "OBJECT_SCHEMA" and name == "public")
            if_exists = node.missing_ok and not unsure
            dropped = o.DropObject(kind=_DROPPED[kind], name=name, schema=schema, if_exists=if_exists)
            found.append(replace(dropped, cascade=cascade))
        else:
            found.extend(unread(f"DROP {kind.removeprefix('OBJECT_')} is not among the statements known here"))
    return tuple(found)


_RENAMED = {
    "OBJECT_INDEX": o.ObjectKind.INDEX,
    "OBJECT_TABCONSTRAINT": o.ObjectKind.CONSTRAINT,
    **_DROPPED,
}


_UNNAMED_BY_CODE = (
    "OBJECT_TRIGGER",
    "OBJECT_RULE",
    "OBJECT_POLICY",
    "OBJECT_DOMCONSTRAINT",
    "OBJECT_STATISTIC_EXT",
    "OBJECT_EVENT_TRIGGER",
)


def _rename(node: Any) -> Read:
    kind = kind_of(node, "rename_type")
    schema, table = table_of(node.relation)
    if kind in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
        return (o.RenameTable(table=table, schema=schema, new_name=node.newname),)
    if kind == "OBJECT_COLUMN":
        return (o.AlterColumn(table=table, schema=schema, column=node.subname, new_name=node.newname),)
    if kind in _UNNAMED_BY_CODE:
        return (o.Harmless(what="another name of what no query names"),)
    if kind not in _RENAMED:
        return unread(f"a rename of {kind.removeprefix('OBJECT_').lower()} is not known here")
    if kind in ("OBJECT_TABCONSTRAINT", "OBJECT_SCHEMA"):
        name = node.subname
    else:
        held, name = dotted(names_of_object(node.object)) if node.HasField("object") else (schema, table)
        schema, table = held, ""
    return (o.RenameObject(kind=_RENAMED[kind], name=name, new_name=node.newname, schema=schema, table=table),)


def _renamed_if_there(node: Any) -> Read:
    renamed = if_there(_rename(node), node.missing_ok)
    return tuple(replace(one, if_exists=node.missing_ok) if isinstance(one, o.RenameObject) else one for one in renamed)


def _move(node: Any) -> Read:
    schema, table = table_of(node.relation)
    if kind_of(node, "object_type") == "OBJECT_TABLE":
        moved = o.RenameTable(table=table, schema=schema, new_name=table, new_schema=node.newschema)
        return if_there((moved,), node.missing_ok)
    if kind_of(node, "object_type") == "OBJECT_STATISTIC_EXT":
        return (o.Harmless(what="extended statistics"),)
    why = "SET SCHEMA moves something that running code names"
    kind = _DROPPED.get(kind_of(node, "object_type"))
    if kind is None:
        return unread(why)
    named = dotted(names_of_object(node.object)) if node.HasField("object") else (schema, table)
    return unread_about(why, kind, named)


def _truncate(node: Any) -> Read:
    tables = [table_of(one.range_var) for one in node.relations]
    return tuple(o.Truncate(table=table, schema=schema, cascade=cascades(node)) for schema, table in tables)


def _copy(node: Any) -> Read:
    if node.is_program or node.filename:
        return unread("COPY reaches outside the database")
    if not node.is_from:
        query = node.query.WhichOneof("node") == "select_stmt"
        return select(node.query.select_stmt) if query else reads(node) or (o.Harmless(what="a query"),)
    schema, table = table_of(node.relation)
    return (o.ChangeRows(table=table, schema=schema, change=o.RowChange.COPY, listed=True),)


def _explained(node: Any) -> Read:
    """EXPLAIN: only with ANALYZE is the statement carried out."""
    if any(one.def_elem.defname.lower() == "analyze" for one in node.options):
        return _held(node)
    return (o.Harmless(what="a query"),)


def _held(node: Any) -> Read:
    """The statement in a statement."""
    kind = node.query.WhichOneof("node")
    return _operations(kind, getattr(node.query, kind))


def _transaction(node: Any) -> Read:
    kind = kind_of(node, "kind")
    if kind in _NESTS:
        return (o.Harmless(what="a savepoint"),)
    return (o.TransactionControl(verb=kind.removeprefix("TRANS_STMT_")),)


def _lock(node: Any) -> Read:
    tables = [table_of(one.range_var) for one in node.relations]
    if node.mode <= _SHARE_UPDATE_EXCLUSIVE:
        return (o.Harmless(what="a lock beside which rows are read and written"),)
    return tuple(o.LockTable(table=table, schema=schema) for schema, table in tables)


def _runs(verb: str) -> Callable[[Any], Read]:
    return lambda node: unread(EXECUTES.format(verb=verb))


_BODIES = {"do_stmt": block, "create_function_stmt": routine}
_HOLDS_ANOTHER = ("explain_stmt", "prepare_stmt")
_READERS: dict[str, Callable[[Any], Read]] = {
    "alter_table_stmt": altered,
    "alter_domain_stmt": acts.domain_altered,
    "alter_enum_stmt": _enum,
    "alter_function_stmt": acts.routine_altered,
    "alter_object_schema_stmt": _move,
    "alter_owner_stmt": rights.owned,
    "alter_policy_stmt": acts.policy,
    "alter_publication_stmt": rights.published,
    "alter_seq_stmt": acts.sequence_altered,
    "call_stmt": _runs("CALL"),
    "close_portal_stmt": lambda node: (o.Harmless(what="a query"),),
    "cluster_stmt": acts.clustered,
    "comment_stmt": lambda node: (o.Harmless(what="a comment"),),
    "composite_type_stmt": _type("typevar"),
    "constraints_set_stmt": lambda node: (o.Harmless(what="when constraints are checked in this transaction"),),
    "copy_stmt": _copy,
    "create_domain_stmt": domain,
    "create_enum_stmt": _create_enum,
    "create_extension_stmt": _extension,
    "create_foreign_table_stmt": lambda node: created(node.base_stmt),
    "create_policy_stmt": acts.policy,
    "create_publication_stmt": rights.published,
    "create_range_stmt": _type("type_name"),
    "create_schema_stmt": _schema,
    "create_seq_stmt": _sequence,
    "create_stmt": created,
    "create_table_as_stmt": _create_as,
    "create_trig_stmt": _trigger,
    "deallocate_stmt": lambda node: (o.Harmless(what="a prepared statement"),),
    "declare_cursor_stmt": declared,
    "delete_stmt": _rows,
    "drop_stmt": _drop,
    "dropdb_stmt": lambda node: (o.DropObject(kind=o.ObjectKind.DATABASE, name=node.dbname),),
    "execute_stmt": _runs("EXECUTE"),
    "explain_stmt": _explained,
    "fetch_stmt": lambda node: (o.Harmless(what="a query"),),
    "grant_role_stmt": rights.granted,
    "grant_stmt": rights.granted,
    "index_stmt": index,
    "insert_stmt": _rows,
    "lock_stmt": _lock,
    "listen_stmt": lambda node: (o.Harmless(what="LISTEN"),),
    "merge_stmt": _rows,
    "notify_stmt": lambda node: (o.Harmless(what="NOTIFY"),),
    "refresh_mat_view_stmt": acts.refreshed,
    "reindex_stmt": acts.reindexed,
    "rename_stmt": _renamed_if_there,
    "rule_stmt": acts.rule,
    "prepare_stmt": _held,
    "select_stmt": select,
    "transaction_stmt": _transaction,
    "truncate_stmt": _truncate,
    "unlisten_stmt": lambda node: (o.Harmless(what="UNLISTEN"),),
    "update_stmt": _rows,
    "vacuum_stmt": acts.vacuumed,
    "variable_set_stmt": session.setting,
    "variable_show_stmt": lambda node: (o.Harmless(what="a query"),),
    "view_stmt": _view,
    **others.READERS,
}
