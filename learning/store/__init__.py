"""Keeps what was said, done and learned in PostgreSQL with pgvector.

The only home of SQLAlchemy. Decides nothing: it loads state for a decision and
saves its result, each in one short transaction opened by ``Store.begin``.
"""
