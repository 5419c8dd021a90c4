"""``migrator check``: rules, findings, suppressions, and what is checked."""
