"""Real database servers for the tests: found or fetched, started on loopback, stopped and deleted afterwards.

``fleet.py`` is the way in.  Nothing here touches a server or a cluster that it didn't start.
"""
