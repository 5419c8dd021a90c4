"""The queries of the snapshot on PostgreSQL: each gives kind, name, table and definition of one sort of thing.

``:schema`` is the schema's name.  What an extension brought is left out; the extension itself is there.
"""

from __future__ import annotations

_SCHEMA = """
SELECT 'schema', '', '', concat_ws(', ', 'owner ' || pg_get_userbyid(n.nspowner),
  'comment ' || quote_literal(obj_description(n.oid, 'pg_namespace')))
FROM pg_namespace n WHERE n.nspname = :schema
"""

_EXTENSIONS = """
SELECT 'extension', e.extname, '', 'version ' || e.extversion
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname = :schema
"""

_TABLES = """
SELECT CASE c.relkind WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type' ELSE 'table' END,
  c.relname, c.relname, concat_ws(', ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
  'owner ' || pg_get_userbyid(c.relowner),
  'partition by ' || pg_get_partkeydef(c.oid),
  (SELECT 'child of ' || string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno)
     || CASE WHEN bool_or(i.inhdetachpending) THEN ', detach pending' ELSE '' END
   FROM pg_inherits i WHERE i.inhrelid = c.oid),
  pg_get_expr(c.relpartbound, c.oid),
  'of ' || nullif(c.reloftype, 0)::regtype::text,
  'access method ' || (SELECT amname FROM pg_am a WHERE a.oid = c.relam),
  'options ' || array_to_string(c.reloptions, ' '),
  'toast options ' || (SELECT array_to_string(t.reloptions, ' ') FROM pg_class t WHERE t.oid = c.reltoastrelid),
  'tablespace ' || (SELECT spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace),
  'replica identity ' || nullif(c.relreplident::text, 'd'),
  CASE WHEN c.relrowsecurity THEN 'row security' END,
  CASE WHEN c.relforcerowsecurity THEN 'forced row security' END,
  'comment ' || quote_literal(obj_description(c.oid, 'pg_class')))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'f', 'c')
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

_VIEWS = """
SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, c.relname, c.relname, concat_ws(', ',
  'owner ' || pg_get_userbyid(c.relowner), 'options ' || array_to_string(c.reloptions, ' '),
  'comment ' || quote_literal(obj_description(c.oid, 'pg_class')), pg_get_viewdef(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

# pg_attribute.attstattarget is -1 for "none" up to 16 and NULL from 17.
_COLUMNS = """
SELECT 'column', c.relname || '.' || a.attname, c.relname, concat_ws(', ',
  format_type(a.atttypid, a.atttypmod),
  'collation ' || nullif(a.attcollation, 0)::regcollation::text,
  CASE WHEN a.attnotnull THEN 'not null' END,
  CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END,
  CASE a.attgenerated WHEN '' THEN 'default ' WHEN 's' THEN 'generated stored ' ELSE 'generated virtual ' END
    || pg_get_expr(d.adbin, d.adrelid),
  CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
  'compression ' || nullif(a.attcompression::text, ''),
  'statistics target ' || nullif(a.attstattarget, -1),
  'options ' || array_to_string(a.attoptions, ' '), 'foreign options ' || array_to_string(a.attfdwoptions, ' '),
  'comment ' || quote_literal(col_description(c.oid, a.attnum)))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
  AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
"""

# NOT NULL constraints are among them from 18 (contype n).  A foreign key's own triggers can be switched off.
_CONSTRAINTS = """
SELECT 'constraint', coalesce(c.relname, t.typname) || '.' || k.conname, c.relname, concat_ws(', ',
  pg_get_constraintdef(k.oid), CASE WHEN NOT k.convalidated THEN 'not validated' END,
  (SELECT 'its triggers ' || string_agg(DISTINCT g.tgenabled::text, ' ') FROM pg_trigger g
   WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O'),
  'comment ' || quote_literal(obj_description(k.oid, 'pg_constraint')))
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
WHERE n.nspname = :schema AND k.contype <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'e'
    AND (d.classid, d.objid) IN (('pg_class'::regclass, k.conrelid), ('pg_type'::regclass, k.contypid)))
"""

_INDEXES = """
SELECT 'index', x.relname, c.relname, concat_ws(', ', pg_get_indexdef(i.indexrelid),
  CASE WHEN NOT i.indisvalid THEN 'invalid' END, CASE WHEN NOT i.indisready THEN 'not ready' END,
  CASE WHEN NOT i.indislive THEN 'being dropped' END, CASE WHEN NOT i.indimmediate THEN 'deferrable' END,
  CASE WHEN i.indisprimary THEN 'primary' END, CASE WHEN i.indisclustered THEN 'clustered' END,
  CASE WHEN i.indisreplident THEN 'replica identity' END,
  (SELECT 'attached to ' || h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = x.oid),
  'tablespace ' || (SELECT spcname FROM pg_tablespace s WHERE s.oid = x.reltablespace),
  'comment ' || quote_literal(obj_description(x.oid, 'pg_class')))
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

_STATISTICS = """
SELECT 'statistics object', s.stxname, c.relname, concat_ws(', ', pg_get_statisticsobjdef(s.oid),
  'target ' || nullif(s.stxstattarget, -1), 'comment ' || quote_literal(obj_description(s.oid, 'pg_statistic_ext')))
FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname = :schema
"""

_TRIGGERS = """
SELECT 'trigger', c.relname || '.' || g.tgname, c.relname, concat_ws(', ', pg_get_triggerdef(g.oid),
  'state ' || nullif(g.tgenabled::text, 'O'), 'comment ' || quote_literal(obj_description(g.oid, 'pg_trigger')))
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND NOT g.tgisinternal
"""

_RULES = """
SELECT 'rule', c.relname || '.' || r.rulename, c.relname, concat_ws(', ', pg_get_ruledef(r.oid),
  'state ' || nullif(r.ev_enabled::text, 'O'), 'comment ' || quote_literal(obj_description(r.oid, 'pg_rewrite')))
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND r.rulename <> '_RETURN'
"""

_POLICIES = """
SELECT 'policy', c.relname || '.' || p.polname, c.relname, concat_ws(', ', 'command ' || p.polcmd::text,
  CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
  'to ' || (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r)::text END, ' ' ORDER BY 1)
            FROM unnest(p.polroles) r),
  'using ' || pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid),
  'comment ' || quote_literal(obj_description(p.oid, 'pg_policy')))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema
"""

# pg_get_functiondef refuses aggregates.
_FUNCTIONS = """
SELECT CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
  f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')', '', concat_ws(', ',
  'owner ' || pg_get_userbyid(f.proowner),
  (SELECT concat_ws(', ', 'transition ' || a.aggtransfn::regprocedure::text || ' ' || a.aggtranstype::regtype::text,
     'final ' || nullif(a.aggfinalfn::text, '-'), 'combine ' || nullif(a.aggcombinefn::text, '-'),
     'initial ' || a.agginitval) FROM pg_aggregate a WHERE a.aggfnoid = f.oid),
  'comment ' || quote_literal(obj_description(f.oid, 'pg_proc')),
  CASE WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid) END)
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE n.nspname = :schema
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype IN ('e', 'i'))
"""

_SEQUENCES = """
SELECT 'sequence', c.relname, o.relname, concat_ws(', ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
  'owner ' || pg_get_userbyid(c.relowner), format_type(s.seqtypid, NULL), 'start ' || s.seqstart,
  'increment ' || s.seqincrement, 'from ' || s.seqmin || ' to ' || s.seqmax, 'cache ' || s.seqcache,
  CASE WHEN s.seqcycle THEN 'cycle' END,
  CASE d.deptype WHEN 'i' THEN 'identity of ' ELSE 'owned by ' END || o.relname || '.' || a.attname,
  'comment ' || quote_literal(obj_description(c.oid, 'pg_class')))
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class o ON o.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE n.nspname = :schema
  AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
"""

_TYPES = """
SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END, t.typname, '', concat_ws(', ',
  'owner ' || pg_get_userbyid(t.typowner),
  (SELECT 'labels ' || string_agg(quote_literal(e.enumlabel), ' ' ORDER BY e.enumsortorder)
   FROM pg_enum e WHERE e.enumtypid = t.oid),
  CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
  CASE t.typtype WHEN 'd' THEN 'collation ' || nullif(t.typcollation, 0)::regcollation::text END,
  CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault,
  (SELECT concat_ws(', ', 'of ' || format_type(r.rngsubtype, NULL),
     'collation ' || nullif(r.rngcollation, 0)::regcollation::text,
     'operator class ' || (SELECT opcname FROM pg_opclass o WHERE o.oid = r.rngsubopc),
     'canonical ' || nullif(r.rngcanonical::text, '-'), 'difference ' || nullif(r.rngsubdiff::text, '-'))
   FROM pg_range r WHERE r.rngtypid = t.oid),
  'comment ' || quote_literal(obj_description(t.oid, 'pg_type')))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = :schema AND t.typtype IN ('e', 'd', 'r')
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
"""

# No list of rights means the default ones: a GRANT that was revoked leaves them written out, and is no difference.
_GRANTS = """
WITH holders (what, name, relname, acl) AS (
  SELECT CASE WHEN c.relkind = 'S' THEN 'sequence ' ELSE 'table ' END, c.relname::text,
    coalesce(o.relname, CASE WHEN c.relkind <> 'S' THEN c.relname END),
    coalesce(c.relacl, acldefault(CASE WHEN c.relkind = 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d ON c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_class o ON o.oid = d.refobjid
  WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  UNION ALL
  SELECT 'column ', c.relname || '.' || a.attname, c.relname, a.attacl
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = :schema AND NOT a.attisdropped
  UNION ALL
  SELECT 'function ', f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')', NULL,
    coalesce(f.proacl, acldefault('f', f.proowner))
  FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
  WHERE n.nspname = :schema AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype IN ('e', 'i'))
  UNION ALL
  SELECT 'type ', t.typname::text, NULL, coalesce(t.typacl, acldefault('T', t.typowner))
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname = :schema AND t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
  UNION ALL
  SELECT 'schema', '', NULL, coalesce(n.nspacl, acldefault('n', n.nspowner))
  FROM pg_namespace n WHERE n.nspname = :schema
)
SELECT 'grant', x.privilege_type || ' on ' || h.what || h.name || ' to '
    || CASE x.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(x.grantee)::text END,
  h.relname, 'by ' || pg_get_userbyid(x.grantor) || CASE WHEN x.is_grantable THEN ', grant option' ELSE '' END
FROM holders h, aclexplode(h.acl) x
"""

QUERIES = (
    _SCHEMA,
    _EXTENSIONS,
    _TABLES,
    _VIEWS,
    _COLUMNS,
    _CONSTRAINTS,
    _INDEXES,
    _STATISTICS,
    _TRIGGERS,
    _RULES,
    _POLICIES,
    _FUNCTIONS,
    _SEQUENCES,
    _TYPES,
    _GRANTS,
)
