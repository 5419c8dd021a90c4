"""The bridge to Alembic: settings, project, revision graph, environment, recording."""
