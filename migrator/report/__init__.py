"""From model to text; nothing here reads a database or writes to a terminal."""
