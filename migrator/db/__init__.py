"""The one door to the database: connections, transactions, timeouts, error classes, the runner lock."""
