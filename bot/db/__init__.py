"""Rows: SQLAlchemy models, sessions and migrations."""
