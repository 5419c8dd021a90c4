"""When a data migration has to make room for others: one file a signal, and what follows from all of them."""
