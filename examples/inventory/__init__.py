"""A small Nova: an inventory of instances, in three releases that share one database while it is upgraded.

``release_a``, ``release_b`` and ``release_c`` are the data access of three releases in a row; each knows only what
that release knew.  ``python -m examples.inventory.demo`` upgrades a database under their traffic.
"""
