"""One revision at a time: its statements, the journal, the version row and the ledger."""
