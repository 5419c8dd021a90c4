"""Files of SQL in memory, checked over a schema."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from migrator.check.sql import check_sql
from migrator.check.sql_files import SQLFile
from migrator.model.finding import CheckReport, Finding
from migrator.model.phase import Phase

TODAY = date(2026, 6, 1)

POSTGRESQL = """
CREATE TYPE public.mood AS ENUM ('new', 'done');
CREATE DOMAIN public.plain AS integer;
CREATE DOMAIN public.above AS integer CHECK (VALUE > 0);
CREATE FUNCTION public.steady() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE TABLE public.users (
    id integer NOT NULL,
    name character varying(100),
    email character varying(100) NOT NULL,
    code character varying(20),
    age integer DEFAULT 0 NOT NULL,
    score integer,
    proven integer,
    note text,
    title text,
    ip cidr,
    at timestamp(3) without time zone,
    CONSTRAINT users_code_check CHECK (code <> ''),
    CONSTRAINT users_proven CHECK (proven IS NOT NULL)
);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_email_key UNIQUE (email);
CREATE INDEX users_title_idx ON public.users USING btree (title);
CREATE TABLE public.orders (id integer NOT NULL PRIMARY KEY, user_id integer, qty integer);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES public.users(id);
CREATE TABLE public.events (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE public.events_2024 (id integer NOT NULL, at date NOT NULL);
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX events_at ON ONLY public.events (at);
CREATE TABLE public.logs (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE public.logs_rest (id integer NOT NULL, at date NOT NULL);
ALTER TABLE ONLY public.logs ATTACH PARTITION public.logs_rest DEFAULT;
CREATE TABLE public.logs_2026 (id integer NOT NULL, at date NOT NULL);
CREATE TABLE public.ready (id integer NOT NULL, at date NOT NULL,
    CONSTRAINT bound CHECK (at >= '2026-01-01' AND at < '2027-01-01'));
CREATE TABLE public.half (id integer NOT NULL, at date NOT NULL, CONSTRAINT half CHECK (at >= '2026-01-01'));
CREATE INDEX half_at ON public.half (at);
CREATE INDEX ready_at ON public.ready (at);
CREATE UNLOGGED TABLE public.scratch (id integer);
CREATE VIEW public.active AS SELECT id FROM public.users;
CREATE MATERIALIZED VIEW public.totals AS SELECT count(*) FROM public.orders;
"""

MYSQL = """
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `users`;
CREATE TABLE `users` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(50) DEFAULT NULL,
  `email` varchar(60) NOT NULL,
  `age` int NOT NULL DEFAULT '0',
  `score` int DEFAULT NULL,
  `kind` enum('a','b') NOT NULL DEFAULT 'a',
  `note` text,
  `old` varchar(50) CHARACTER SET latin1 DEFAULT NULL,
  `three` varchar(50) CHARACTER SET utf8mb3 DEFAULT NULL,
  `small` tinytext,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`),
  CONSTRAINT `age_ck` CHECK ((`age` >= 0))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `orders` (
  `id` int NOT NULL,
  `user_id` int DEFAULT NULL,
  `qty` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `user_idx` (`user_id`),
  CONSTRAINT `orders_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `docs` (
  `id` int NOT NULL,
  `body` text,
  PRIMARY KEY (`id`),
  FULLTEXT KEY `ft` (`body`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `sums` (
  `id` int NOT NULL,
  `a` int DEFAULT NULL,
  `total` int GENERATED ALWAYS AS ((`a` * 2)) VIRTUAL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`%` SQL SECURITY DEFINER VIEW `grown` AS
  select `users`.`id` AS `id`,`users`.`name` AS `name` from `users`;
CREATE TABLE `twin` LIKE `sums`;
CREATE TABLE `papers` (
  `id` int NOT NULL,
  `extra` json DEFAULT NULL,
  `plain` longtext,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE FUNCTION `kept`() RETURNS int DETERMINISTIC RETURN 1;
CREATE TABLE `keyed` (
  `id` int NOT NULL,
  `a` int DEFAULT NULL,
  `b` int DEFAULT NULL,
  `total` int GENERATED ALWAYS AS ((`b` * 2)) VIRTUAL,
  PRIMARY KEY (`id`),
  KEY `total` (`total`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `loose` (
  `id` int NOT NULL,
  `a` int DEFAULT NULL,
  UNIQUE KEY `loose_a` (`a`),
  UNIQUE KEY `loose_id` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `places` (
  `id` int NOT NULL,
  `at` point NOT NULL /*!80003 SRID 4326 */,
  `free` point,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `bare` (`id` int NOT NULL, `a` int DEFAULT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `other` (`id` int NOT NULL, PRIMARY KEY (`id`)) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
CREATE TABLE `packed` (`id` int NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB CHARSET=utf8mb4 ROW_FORMAT=COMPRESSED;
CREATE TABLE `three` (`id` int NOT NULL, `name` varchar(50), PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE `parts` (
  `id` int NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (100) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN (200) ENGINE = InnoDB) */;
"""

SQLITE = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT NOT NULL);
CREATE INDEX users_name ON users (name);
"""
SCHEMAS = {"postgresql": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL, "sqlite": SQLITE}


@dataclass(frozen=True, kw_only=True)
class SQLCases:
    """Texts that the rule finds something in, and texts that it lets pass; all over the schema of the dialect."""

    found: tuple[str, ...]
    clean: tuple[str, ...]
    dialect: str = "postgresql"
    phase: Phase = Phase.EXPAND


def merged(*tables: dict[str, SQLCases]) -> dict[str, SQLCases]:
    """The cases of several tables by rule; those of one rule are for the same phase and dialect."""
    found: dict[str, SQLCases] = {}
    for rule, more in (item for table in tables for item in table.items()):
        held = found.setdefault(rule, replace(more, found=(), clean=()))
        assert (held.phase, held.dialect) == (more.phase, more.dialect), rule
        found[rule] = replace(held, found=held.found + more.found, clean=held.clean + more.clean)
    return found


def report(sql: str, dialect: str = "postgresql", **options: Any) -> CheckReport:
    """What the check says of one file; ``schema`` replaces the dialect's own, None for no schema."""
    schema = options.pop("schema", SCHEMAS[dialect])
    return check_sql(
        [SQLFile(name="change.sql", text=sql)],
        phase=options.pop("phase", Phase.EXPAND),
        dialect=dialect,
        baseline=None if schema is None else SQLFile(name="schema.sql", text=schema),
        today=TODAY,
        **options,
    )


def rules_in(sql: str, dialect: str = "postgresql", **options: Any) -> list[str]:
    """The ids that were found, in order."""
    return [one.rule for one in report(sql, dialect, **options).findings]


def errors_in(sql: str, dialect: str = "postgresql", **options: Any) -> list[str]:
    """The ids of the errors, in order."""
    return [one.rule for one in report(sql, dialect, **options).errors]


def found_in(rule: str, sql: str, dialect: str = "postgresql", **options: Any) -> Finding:
    """The rule's first finding."""
    findings = report(sql, dialect, **options).findings
    found = [one for one in findings if one.rule == rule]
    assert found, f"{rule} finds nothing in {sql!r}, others: {[one.rule for one in findings]}"
    return found[0]
