"""Measurements of Mynah beside its baselines; each prints one JSON object as its last line."""
