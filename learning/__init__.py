"""Decides what to remember, whom to ask and what a reaction means.

Policies here are pure: they take old state, ``now`` and ``rng`` and return
decisions. Nothing in this package knows a chat platform, a model provider, an
HTTP client or a clock. ``learning.store`` is the one exception to purity: it
keeps state, and knows nothing of what the state means.
"""
