"""The stop button of a running turn, wherever it is pressed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.live import LiveEvents
    from bot.stages import Loaded
    from integrations.contracts.host import LiveEvent
    from learning.store.store import Store


@asynccontextmanager
async def stop_of(
    store: Store, live: LiveEvents, workspace_id: str, loaded: Loaded
) -> AsyncIterator[asyncio.Event]:
    """Yield an event that is set when the person presses stop, wherever they do.

    A live event only says when to look: others may press too, and the table holds who may.
    """
    stop = asyncio.Event()
    wanted = loaded.interaction.id

    async def listen(events: AsyncIterator[LiveEvent]) -> None:
        async for event in events:
            if event.kind == "stop" and event.interaction_id == wanted:
                async with store.begin(workspace_id, None) as unit:
                    current = await Interactions(unit).find(wanted)
                if current is None or current.cancel_requested:
                    stop.set()

    async with live.watch(loaded.conversation.id) as events:
        listening = asyncio.create_task(listen(events))
        try:
            yield stop
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
