"""Ids that sort by the time they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from uuid import UUID


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    made: UUID = uuid7()
    return made
