"""The media port: what pictures show and voices say, as text."""

from __future__ import annotations

from typing import Protocol


class MediaReader(Protocol):
    """Puts into words what a file shows or says."""

    async def read(self, name: str, data: bytes, media_type: str, question: str) -> str:
        """Return what is in it; empty if there is nothing.

        Args:
            name: the file's.
            data: the whole of it.
            media_type: what its first bytes say it is.
            question: what it was sent with; may be empty.

        Raises:
            ModelFailure: with the reason, for a person.
        """
