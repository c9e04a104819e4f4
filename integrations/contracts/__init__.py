"""The ports: what an adapter must do, and what it may ask for.

Everything an adapter and the rest of Mynah say to each other is on these
pages. Adapters import this package and nothing of each other.
"""
