"""Long-running processes: the server with its worker, and workers beside it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.app import open_mynah
from bot.server import listen, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.settings import Settings


async def run_server(
    settings: Settings,
    host: str,
    port: int,
    surfaces: Sequence[str],
    say: Callable[[str], None],
) -> bool:
    """Serve until a signal comes; then finish what runs, or give it back to the queue."""
    listening = listen(host, port)  # before anything slow, so that a taken port is said at once
    stop = _stop_signal()
    async with AsyncExitStack() as stack:
        stack.callback(listening.close)
        mynah = await stack.enter_async_context(open_mynah(settings, progress=say, only=surfaces))
        await stack.enter_async_context(mynah.work())
        for surface in mynah.surfaces.values():
            await surface.start(mynah.host)
            stack.push_async_callback(surface.stop)
        if "web" in mynah.surfaces:
            await stack.enter_async_context(serve(mynah, listening))
            shown = f"[{host}]" if ":" in host else host
            say(f"Mynah is at http://{shown}:{listening.getsockname()[1]} (Ctrl-C ends it)")
        await stack.enter_async_context(mynah.schedule.running())
        await stop.wait()
        say("finishing what runs …")
    return True


async def run_worker(settings: Settings, say: Callable[[str], None]) -> bool:
    """Work on the queue until a signal comes."""
    stop = _stop_signal()
    async with (
        open_mynah(settings, progress=say) as mynah,
        mynah.work(),
        mynah.schedule.running(),
    ):
        say("This worker takes jobs (Ctrl-C ends it)")
        await stop.wait()
        say("finishing what runs …")
    return True


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
