"""What goes wrong with the store, in words for a person."""

from __future__ import annotations


class StoreUnavailable(Exception):  # noqa: N818 - the state of the store, not a fault of the caller
    """The database cannot be used; the message says why and what to do."""
