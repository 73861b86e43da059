"""The index's history: one Alembic revision a file, applied by `organiser.index.db.upgrade`."""
