"""One function per command: it wires project, database and store, returns values, prints nothing."""
