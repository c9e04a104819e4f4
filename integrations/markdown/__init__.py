"""Markdown as data, for surfaces that show it in their own ways."""
