"""Touches the world: chat surfaces, models, embedders, knowledge sources.

Every adapter implements a port from ``integrations.contracts``; adapters never
import each other, and none of them reaches the store.
"""
