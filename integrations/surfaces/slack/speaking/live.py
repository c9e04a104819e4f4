"""A reply in Slack while it is being written, and the message that it becomes.

Decides how often what a model writes is shown, and which message the finished reply takes over,
so that nothing is posted twice. Losing what is shown here loses nothing: no method of ``Live``
waits or fails. Refuses to know how a reply is laid out, and by which of Slack's ways it appears.

A stream is stopped as soon as the writing ends, and gets a mark by which any process finds it
when the reply is there.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking.failures import SlackRefusal, SlackSilence
from integrations.surfaces.slack.speaking.posting import Posted, already_posted, delete, reply_mark
from integrations.surfaces.slack.speaking.visible import MOST_KNOWN, Abilities, Form, Visible

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from uuid import UUID

    from integrations.surfaces.slack.speaking.posting import Line, Spot
    from integrations.surfaces.slack.speaking.rendering import Post

GAP_S: Final = 0.7
"""Pieces are gathered this long: a stream then stays inside Slack's 100 calls a minute."""
DRAFT_GAP_S: Final = 1.5
"""Likewise where a message changes: 50 calls a minute."""
FULL_CHARS: Final = 400
"""As many characters do not wait for the gap."""
MOST_SHOWN: Final = 11_500
"""Characters shown while writing; Slack takes 12,000. The whole reply follows."""
STATUS_CHARS: Final = 100
SETTLE_S: Final = 5.0
"""How long the end of the writing waits until Slack has stopped the stream."""
LONGEST_REST_S: Final = 30.0
START_OVER: Final = "Starting over…"

_ZWSP: Final = "\u200b"
_PING: Final = re.compile(r"<(?=[!@#])|@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_UNDECIDED: Final = re.compile(r"(?:<|<?@[a-z]{0,8})\Z", re.IGNORECASE)


class LiveReplies:
    """The replies of this process that are being written, or wait for their delivery.

    Args:
        sleep: Waits for some seconds.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._known: OrderedDict[UUID, Stream] = OrderedDict()
        self._abilities = Abilities()
        self._settling: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self, line: Line, spot: Spot, interaction_id: UUID) -> AsyncIterator[Stream]:
        """Open a reply that is shown while it is written.

        Leaving waits a little until what was shown is marked: another process may deliver.
        """
        stream = self._stream(line, spot, interaction_id, fresh=True)
        self._known[interaction_id] = stream
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)  # its message is found by its mark
        stream.begin()
        try:
            yield stream
        finally:
            task = asyncio.create_task(stream.settle(), name=f"slack settles {interaction_id}")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            enough = asyncio.ensure_future(self._sleep(SETTLE_S))
            await asyncio.wait({task, enough}, return_when=asyncio.FIRST_COMPLETED)
            enough.cancel()

    async def deliver(
        self, line: Line, spot: Spot, interaction_id: UUID | None, posts: Sequence[Post], key: str
    ) -> str:
        """Show a finished reply once: in the message in which it was written, if there is one.

        Returns:
            "CHANNEL:TS" of every message, joined by ",".

        Raises:
            DeliveryFailure: if it cannot be shown. Deliver the same key again, if it is not
                final: what is there already stays.
        """
        stream = self._known.get(interaction_id) if interaction_id else None
        if stream is None:
            stream = self._stream(line, spot, interaction_id, fresh=False)
        over = True
        try:
            return await stream.finish(posts, key)
        except DeliveryFailure as failure:
            over = failure.final
            raise
        finally:
            if over and interaction_id:
                self._known.pop(interaction_id, None)

    async def abandon(self, line: Line, spot: Spot, interaction_id: UUID) -> None:
        """Take away what was shown of a reply that will not come."""
        stream = self._known.pop(interaction_id, None)
        if stream is None:
            stream = self._stream(line, spot, interaction_id, fresh=False)
        await stream.abandon()

    async def close(self) -> None:
        """Wait until no stream is open any more."""
        await asyncio.gather(*self._settling, return_exceptions=True)

    def _stream(
        self, line: Line, spot: Spot, interaction_id: UUID | None, *, fresh: bool
    ) -> Stream:
        visible = Visible(line, spot, interaction_id, self._abilities)
        return Stream(line, spot, interaction_id, visible, sleep=self._sleep, fresh=fresh)


class Stream:
    """Implements ``Live`` for one reply.

    Args:
        line: The way to Slack.
        spot: Where the reply goes.
        interaction_id: What it answers.
        visible: What is visible of it.
        sleep: Waits for some seconds.
        fresh: Whether nobody can have posted any of it.
    """

    def __init__(
        self,
        line: Line,
        spot: Spot,
        interaction_id: UUID | None,
        visible: Visible,
        *,
        sleep: Callable[[float], Awaitable[None]],
        fresh: bool,
    ) -> None:
        self._line = line
        self._spot = spot
        self._interaction_id = interaction_id
        self._visible = visible
        self._sleep = sleep
        self._status = self._shown_status = ""
        self._pieces: list[str] = []
        self._length = self._sent = 0  # characters: written, and shown of the harmless text
        self._generation = 0
        self._restarted = False
        self._rest_s = GAP_S
        self._unsure = not fresh
        self._posted: dict[int, str] = {}
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ending = False
        self._pump: asyncio.Task[None] | None = None
        self._finishing = asyncio.Lock()
        self._log = structlog.get_logger("mynah.slack")

    async def status(self, text: str) -> None:
        """Show what is going on, until there is something of the answer."""
        self._status = text[:STATUS_CHARS]
        self._wake.set()

    async def append(self, text: str) -> None:
        """Show some more of the answer."""
        if text := text[: max(MOST_SHOWN - self._length, 0)]:
            self._pieces.append(text)
            self._length += len(text)
            self._wake.set()
            if self._length - self._sent >= FULL_CHARS and self._rest_s <= GAP_S:
                self._hurry.set()

    async def restart(self) -> None:
        """Take back what was shown: what comes now replaces it."""
        self._pieces.clear()
        self._length = self._sent = 0
        self._generation += 1
        self._restarted = self._visible.ts is not None
        self._wake.set()

    def begin(self) -> None:
        """Start to show what comes."""
        self._pump = asyncio.create_task(self._show_all(), name=f"slack {self._interaction_id}")

    async def settle(self) -> None:
        """Show no more, and stop the stream if one is open. Never raises Slack's failures."""
        await self._end()
        async with self._finishing:
            try:
                await self._visible.stop()
            except DeliveryFailure as failure:
                self._log.info("stream not stopped", why=str(failure))
            await self._visible.rest()

    async def finish(self, posts: Sequence[Post], key: str) -> str:
        """Make what was shown the finished reply, and post what does not fit into it.

        Raises:
            DeliveryFailure: as ``LiveReplies.deliver``.
        """
        await self._end()
        async with self._finishing:
            await self._visible.stop()
            if self._unsure:
                await self._look(key)
            self._unsure = True  # until all is posted: a failure leaves open what arrived
            for part, message in enumerate(posts):
                if part not in self._posted:
                    mark = reply_mark(key, part)
                    self._posted[part] = await self._visible.place(message, mark, part)
            self._unsure = False
        found = sorted(self._posted.items())
        return ",".join(f"{self._spot.channel}:{ts}" for _, ts in found)

    async def abandon(self) -> None:
        """Take away what was shown. Never raises Slack's failures."""
        await self._end()
        async with self._finishing:
            try:
                await self._visible.stop()
                if self._unsure:  # another process wrote it, or nobody knows what arrived
                    await self._look("")
                for ts in set(self._posted.values()) - {self._visible.ts}:
                    await delete(self._line, self._spot, ts)
                await self._visible.vanish()
            except DeliveryFailure as failure:
                self._log.info("draft left behind", why=str(failure))
            await self._visible.rest()

    # What is shown while it is written.

    async def _show_all(self) -> None:
        while not self._ending:
            await self._wake.wait()
            self._wake.clear()
            while self._pending() and not self._ending:
                self._rest_s = DRAFT_GAP_S if self._visible.form is Form.MESSAGE else GAP_S
                try:
                    await self._show()
                except DeliveryFailure as failure:  # nothing is lost: the whole reply follows
                    self._log.info("not shown", why=str(failure))
                    self._rest_s = max(self._rest_s, failure.retry_after_s or 0)
                    unseen = isinstance(failure, SlackSilence) and self._visible.ts is None
                    if failure.final or unseen:
                        self._visible.form, self._unsure = Form.OFF, True
                await self._rest()

    def _pending(self) -> bool:
        if self._visible.form is Form.OFF:
            return False
        if self._restarted or len(self._safe()) > self._sent:
            return True
        return not self._length and self._status != self._shown_status

    def _safe(self) -> str:
        """Return what may be shown of what was written."""
        self._pieces = ["".join(self._pieces)]
        return harmless(self._pieces[0])[:MOST_SHOWN]

    async def _rest(self) -> None:
        """Let pieces gather. Many of them, or the end, cut it short."""
        if self._length - self._sent < FULL_CHARS and not self._ending:
            self._hurry.clear()
        waits = [
            asyncio.ensure_future(self._sleep(min(self._rest_s, LONGEST_REST_S))),
            asyncio.ensure_future(self._hurry.wait()),
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _show(self) -> None:
        if self._restarted:
            await self._visible.take_back(START_OVER)
            self._restarted = False
        elif self._length:
            await self._show_text()
        else:
            self._shown_status = self._status
            await self._visible.status(self._status)

    async def _show_text(self) -> None:
        text, generation = self._safe(), self._generation
        await self._visible.text(text, shown=self._sent)
        if self._generation == generation:
            self._sent = len(text)
        else:
            self._restarted = True  # what was sent is to be taken back

    async def _end(self) -> None:
        """Show no more of what is written. What was sent is seen through."""
        self._ending = True
        self._wake.set()
        self._hurry.set()
        if self._pump is not None:
            await asyncio.gather(self._pump, return_exceptions=True)

    # What becomes of it.

    async def _look(self, key: str) -> None:
        """See what is there already. Where that is not allowed, the reply matters more."""
        found = Posted()
        try:
            found = await already_posted(
                self._line,
                self._spot.channel,
                self._spot.thread_ts,
                key,
                interaction_id=self._interaction_id,
            )
        except SlackRefusal as refusal:
            self._log.warning("cannot see what was posted", code=refusal.code)
        self._posted.update(found.parts)
        self._visible.ts = self._visible.ts or found.draft


def harmless(text: str) -> str:
    """Return as much of a text as is decided, in a form that mentions nobody.

    ``<!channel>``, ``<@U1>`` and ``@here`` get an invisible character inside. An end that the
    next piece might turn into one of them is held back, so what is returned for a longer text
    begins with what is returned for a shorter one.
    """
    return _PING.sub(lambda found: found[0] + _ZWSP, _UNDECIDED.sub("", text))
