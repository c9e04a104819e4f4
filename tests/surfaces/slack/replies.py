"""Replies for tests: where they go, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from integrations.surfaces.slack.speaking.posting import Spot
from integrations.surfaces.slack.speaking.rendering import Post

if TYPE_CHECKING:
    from tests.surfaces.slack.clockwork import Clockwork


THREAD = "1780000000.000001"
ANSWER = UUID("01990000-0000-7000-8000-000000000001")
SPOT = Spot("T1", "C1", THREAD, "U1", "T1")
DIRECT = Spot("T1", "D1", None, "U1", "T1")
KEY = f"reply:{ANSWER}"


def posts(*texts: str) -> list[Post]:
    return [Post([{"type": "markdown", "text": text}], text) for text in texts]


async def later(time: Clockwork, seconds: float) -> None:
    """Let time pass once what is being sent was answered."""
    await time.asleep()
    await time.advance(seconds)
