"""Our own tables: ledger, journal, progress of data migrations.  Made on demand, never by a read-only command."""
