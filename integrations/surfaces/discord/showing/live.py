"""A reply in Discord while it is being written, and the messages that it becomes.

Decides what is seen of it before it is there: that Mynah is typing, or, where an admin wants it,
a message that grows at a gentle rate and that the finished reply takes over, so that nothing is
posted twice. Losing what is shown here loses nothing: no method of ``Live`` waits or fails.
Refuses to know how a reply is laid out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.discord.hearing.places import ref_of
from integrations.surfaces.discord.showing.failures import GONE, DiscordRefusal, DiscordSilence
from integrations.surfaces.discord.showing.posting import GAP_S, nonce_of
from integrations.surfaces.discord.showing.rendering import draft, draft_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from uuid import UUID

    from integrations.surfaces.discord.hearing.places import Spot
    from integrations.surfaces.discord.showing.layout import Post
    from integrations.surfaces.discord.showing.posting import Poster

TYPING_S: Final = 8.0
"""Discord shows for ten seconds that somebody types."""
SETTLE_S: Final = 5.0
"""How long the end of the writing waits until what was sent has arrived."""
MOST_SHOWN: Final = 4_000
"""Characters of which a growing message shows as many as fit. The whole reply follows."""
MOST_KNOWN: Final = 1_000
LONGEST_REST_S: Final = 30.0
START_OVER: Final = "Starting over…"


class LiveReplies:
    """The replies of this process that are being written, or wait for their delivery.

    Args:
        poster: the way to Discord.
        edits: whether a reply grows in a message of its own; if not, Mynah is typing.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        poster: Poster,
        *,
        edits: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._poster = poster
        self._edits = edits
        self._sleep = sleep
        self._known: OrderedDict[UUID, Writing] = OrderedDict()
        self._settling: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self, spot: Spot, interaction_id: UUID) -> AsyncIterator[Writing]:
        """Open a reply that is shown while it is written."""
        writing = self._writing(spot, interaction_id, fresh=True)
        self._known[interaction_id] = writing
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)  # its message is found by its name
        writing.begin(edits=self._edits)
        try:
            yield writing
        finally:
            task = asyncio.create_task(writing.end(), name=f"discord settles {interaction_id}")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            await _first(task, self._sleep(SETTLE_S))

    async def deliver(
        self, spot: Spot, interaction_id: UUID | None, posts: Sequence[Post], key: str
    ) -> str:
        """Show a finished reply once: in the message in which it was written, if there is one.

        Returns:
            "CHANNEL:MESSAGE" of every message, joined by ",".

        Raises:
            DeliveryFailure: if it cannot be shown. Deliver the same key again, if it is not
                final: what is there already stays.
        """
        writing = self._known.get(interaction_id) if interaction_id else None
        if writing is None:
            writing = self._writing(spot, interaction_id, fresh=False)
        over = True
        try:
            return await writing.finish(posts, key)
        except DeliveryFailure as failure:
            over = failure.final
            raise
        finally:
            if over and interaction_id:
                self._known.pop(interaction_id, None)

    async def abandon(self, interaction_id: UUID) -> None:
        """Take away what was shown of a reply that this process wrote and that will not come."""
        writing = self._known.pop(interaction_id, None)
        if writing is not None:
            await writing.abandon()

    async def close(self) -> None:
        """Wait until nothing is on its way any more."""
        await asyncio.gather(*self._settling, return_exceptions=True)

    def _writing(self, spot: Spot, interaction_id: UUID | None, *, fresh: bool) -> Writing:
        return Writing(self._poster, spot, interaction_id, sleep=self._sleep, fresh=fresh)


class Writing:
    """Implements ``Live`` for one reply.

    Args:
        poster: the way to Discord.
        spot: where the reply goes.
        interaction_id: what it answers.
        sleep: waits for some seconds.
        fresh: whether nobody can have posted any of it.
    """

    def __init__(
        self,
        poster: Poster,
        spot: Spot,
        interaction_id: UUID | None,
        *,
        sleep: Callable[[float], Awaitable[None]],
        fresh: bool,
    ) -> None:
        self._poster = poster
        self._spot = spot
        self._interaction_id = interaction_id
        self._sleep = sleep
        self._text = ""
        self._restarted = False
        self._draft: int | None = None
        self._shown: Post | None = None
        self._unsure = not fresh
        self._posted: dict[int, int] = {}
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._finishing = asyncio.Lock()
        self._log = structlog.get_logger("mynah.discord")

    async def status(self, text: str) -> None:
        """Show nothing of it: that Mynah is typing says as much in a channel."""

    async def append(self, text: str) -> None:
        """Show some more of the answer."""
        if text and len(self._text) < MOST_SHOWN:
            self._text += text
            self._wake.set()

    async def restart(self) -> None:
        """Take back what was shown: what comes now replaces it."""
        self._text = ""
        self._restarted = True
        self._wake.set()

    def begin(self, *, edits: bool) -> None:
        """Start to show that something comes, and with ``edits`` what."""
        about = self._interaction_id
        self._tasks = [asyncio.create_task(self._type(), name=f"discord types {about}")]
        if edits:
            self._tasks.append(asyncio.create_task(self._show_all(), name=f"discord {about}"))

    async def end(self) -> None:
        """Show no more of what is written. What was sent is seen through."""
        self._over.set()
        self._wake.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def finish(self, posts: Sequence[Post], key: str) -> str:
        """Make what was shown the finished reply, and post what does not fit into it.

        Raises:
            DeliveryFailure: as ``LiveReplies.deliver``.
        """
        await self.end()
        async with self._finishing:
            if self._unsure:
                await self._look(posts)
            self._unsure = True  # until all is posted: a failure leaves open what arrived
            for part, post in enumerate(posts):
                if part not in self._posted:
                    self._posted[part] = await self._place(post, part, key)
            self._unsure = False
            if self._draft is not None and self._draft not in self._posted.values():
                await self._vanish()
        found = (self._posted[part] for part in range(len(posts)))
        return ",".join(ref_of(self._spot.channel_id, each) for each in found)

    async def abandon(self) -> None:
        """Take away what was shown. Never raises Discord's failures."""
        await self.end()
        async with self._finishing:
            await self._vanish()

    # What is shown while it is written.

    async def _type(self) -> None:
        while not self._over.is_set() and self._draft is None:
            try:
                await self._poster.type(self._spot)
            except DeliveryFailure as failure:
                self._log.info("not shown", why=str(failure))
                if failure.final:
                    return
            await self._rest(TYPING_S)

    async def _show_all(self) -> None:
        while not self._over.is_set():
            await self._wake.wait()
            self._wake.clear()
            if self._over.is_set():
                return
            rest_s = GAP_S
            try:
                await self._show()
            except DeliveryFailure as failure:  # nothing is lost: the whole reply follows
                self._log.info("not shown", why=str(failure))
                rest_s = max(rest_s, min(failure.retry_after_s or 0, LONGEST_REST_S))
                self._wake.set()
                if failure.final or (isinstance(failure, DiscordSilence) and not self._draft):
                    self._unsure = True
                    return
            await self._rest(rest_s)

    async def _show(self) -> None:
        text = self._text
        if not text.strip():
            if self._draft is None or not self._restarted:
                return
            text = START_OVER
        self._restarted = False
        post = draft(text, self._interaction_id)
        if post == self._shown:
            return
        if self._draft is None:
            nonce = nonce_of(f"draft:{self._interaction_id}", 0)
            self._draft = await self._poster.send(self._spot, post, nonce)
        else:
            await self._poster.edit(self._spot.channel_id, self._draft, post)
        self._shown = post

    async def _rest(self, seconds: float) -> None:
        """Wait; the end cuts it short."""
        over = asyncio.ensure_future(self._over.wait())
        await _first(over, self._sleep(seconds))
        over.cancel()

    # What becomes of it.

    async def _look(self, posts: Sequence[Post]) -> None:
        """See what is there already."""
        wanted = {part: post.names for part, post in enumerate(posts) if post.names}
        drafted = frozenset({draft_name(self._interaction_id)})
        found = await self._poster.find(
            self._spot, [*wanted.values(), drafted], self._interaction_id
        )
        parts = [*wanted, None]
        for i, message_id in found.items():
            part = parts[i]
            if part is None:
                self._draft = self._draft or message_id
            else:
                self._posted[part] = message_id

    async def _place(self, post: Post, part: int, key: str) -> int:
        """Let a message be a part of the reply: the draft if it can, else one of its own."""
        if part == 0 and self._draft is not None:
            try:
                await self._poster.edit(self._spot.channel_id, self._draft, post)
            except DiscordRefusal as refusal:
                if refusal.code not in GONE:
                    raise
                self._draft = None
            else:
                return self._draft
        spot = self._spot if part == 0 else replace(self._spot, reply_to=None)
        return await self._poster.send(spot, post, nonce_of(key, part))

    async def _vanish(self) -> None:
        if self._draft is None:
            return
        try:
            await self._poster.delete(self._spot.channel_id, self._draft)
        except DeliveryFailure as failure:
            self._log.info("draft left behind", why=str(failure))
        self._draft = None


async def _first(one: asyncio.Future[Any], other: Awaitable[None]) -> None:
    """Wait for either; of the second nothing is left."""
    waiting = asyncio.ensure_future(other)
    await asyncio.wait({one, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
