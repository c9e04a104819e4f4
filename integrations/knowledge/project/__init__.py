"""Reads a project as a whole: its files, what it needs, its history; and unpacks archives."""
