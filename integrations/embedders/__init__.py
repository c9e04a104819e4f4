"""Embedders: texts in, unit vectors out, by several routes behind one port."""
