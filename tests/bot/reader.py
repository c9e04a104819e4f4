"""A model that reads conversations and notes what a test says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.distil import Distilling
from bot.memorise import Memorising
from integrations.contracts.model import Finished, Piece
from learning.lexicon import Lexicon
from learning.store.interactions import Interactions
from tests.bot.support import interaction_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from integrations.contracts.delivery import Delivery
    from integrations.contracts.model import ModelRequest
    from tests.bot.support import World


class Reader:
    """A model that notes the same of whatever it reads; something else happens meanwhile."""

    id = "stand-in:reader"
    streams_text = True

    def __init__(self, text: str, then: Callable[[], Awaitable[object]] | None = None) -> None:
        noted = {"kind": "insight", "text": text, "message": 1, "confidence": 0.9}
        self._said = json.dumps({"memories": [noted], "form": {"concise": 0.05}})
        self._then = then
        self.read: list[str] = []

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        said, finished = await self.complete(request)
        yield Piece(said)
        yield finished

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        self.read.append(request.question)
        if self._then is not None:
            await self._then()
        return self._said, Finished()


def distilling(world: World, reader: Reader) -> Distilling:
    store, keeping = world.mynah.store, Memorising(world.mynah.embedding)
    return Distilling(store, reader, keeping, Lexicon(), world.later)


async def thread_of(world: World, reply: Delivery) -> str:
    async with world.mynah.store.begin(world.workspace, None) as unit:
        found = await Interactions(unit).find(interaction_of(reply))
    assert found is not None
    return str(found.conversation_id)
