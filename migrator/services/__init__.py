"""Who runs what: the registry that services write, and what their releases are compared by."""
