"""Worlds in which a whole journey is made with learning and without it, side by side."""
