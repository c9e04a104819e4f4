"""Sequences: one conversation turn, feedback, commands, jobs and settings.

``bot.app`` is the single place where the parts are constructed and joined.
"""
