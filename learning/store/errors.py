"""What goes wrong with the store, in words for a person."""

from __future__ import annotations


class StoreUnavailable(Exception):  # noqa: N818 - the state of the store, not a fault of the caller
    """The database cannot be used; the message says why and what to do."""


class WorkspaceErased(Exception):  # noqa: N818 - the state of the store, not a fault of the caller
    """The workspace that something was done for is not kept any more."""

    def __init__(self) -> None:
        super().__init__("what was kept of this workspace is erased")
