"""What becomes of Slack's events: they go through the front door, or are let be.

Decides which question goes with which event, and what a person is told who cannot be
served. Refuses to know how events are read and how they got here. When ``take`` returns,
what mattered is stored; when it raises, Slack is to send the event again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.host import Refusal
from integrations.contracts.incoming import IncomingStop
from integrations.surfaces.sayings import sentence
from integrations.surfaces.slack.changes import take_change
from integrations.surfaces.slack.joined import person_of
from integrations.surfaces.slack.reading.events import (
    ChannelChanged,
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Ignored,
    Maybe,
    MemberChanged,
    MembershipChanged,
    Reacted,
    Said,
    Stopped,
    ThreadStarted,
    Titled,
    TokensRevoked,
    Uninstalled,
    incoming,
)
from integrations.surfaces.slack.sessions import keep_title, suggest
from integrations.surfaces.slack.tab import show_home
from integrations.surfaces.slack.verdicts import ask_why

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.payload import Origin, Payload

MOST_TOLD: Final = 1_000


class Reception:
    """Takes the events of a workspace.

    Args:
        joined: the workspace.
        leave: does what there is to do when we were put out of it.
    """

    def __init__(self, joined: Joined, leave: Callable[[], Awaitable[None]]) -> None:
        self._joined = joined
        self._left = leave
        self._told: OrderedDict[str, None] = OrderedDict()
        self._log = structlog.get_logger("mynah.slack")

    async def take(self, body: Payload) -> None:
        """Take an event."""
        event = incoming(body, self._joined.bot)
        if isinstance(event, Ignored):
            self._log.debug("ignored", reason=event.reason)
            return
        origin = event.said.origin if isinstance(event, Maybe) else event.origin
        if origin.workspace_id != self._joined.workspace_id:
            self._log.warning("event of another workspace", workspace=origin.workspace_id)
            return
        await self._take(event)

    async def _take(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case an event
        match event:
            case Said():
                await self._said(event)
            case Maybe(said):
                origin = said.origin
                if await self._joined.host.takes_part(
                    origin.workspace_id, "slack", origin.channel_id, origin.thread_id
                ):
                    await self._said(said)
            case Edited():
                await self._edited(event)
            case Deleted():
                await self._deleted(event)
            case Reacted():
                await self._reacted(event)
            case Stopped():
                await self._stopped(event)
            case HomeOpened(origin, tab):
                opened = show_home(self._joined, origin) if tab == "home" else self._suggest(origin)
                self._joined.errands.run("opened", opened)
            case ThreadStarted(origin):
                self._joined.errands.run("suggestions", self._suggest(origin))
            case Titled():
                await keep_title(self._joined, person_of(event.origin), event)
            case MembershipChanged() | ChannelChanged() | MemberChanged():
                await take_change(event, self._joined.circle, self._joined.host)
            case Uninstalled():
                await self._leave("the app was removed")
            case TokensRevoked() if self._joined.bot.user_id in event.bots:
                await self._leave("the token was revoked")
            case _:
                self._log.debug("let be", event=type(event).__name__)

    async def _said(self, said: Said) -> None:
        try:
            message = said.incoming()
        except ValueError as problem:
            self._tell(said.origin, sentence(problem))
            return
        try:
            await self._joined.host.accept(message)
        except Refusal as refusal:
            self._tell(said.origin, str(refusal))

    async def _suggest(self, origin: Origin) -> None:
        await suggest(self._joined, await self._joined.person(origin), origin)

    async def _edited(self, event: Edited) -> None:
        """Take in new words of a question; a message that we never had may be one now."""
        said, host = event.said, self._joined.host
        if await host.asked(person_of(event.origin), said.message_ref) is None:
            # The front door knows the message by its own id, so this is no second question.
            if said.via in {"direct", "mention"} and (said.text or said.attachments):
                await self._said(said)
            return
        if not said.text and not said.attachments:
            await self._forget(event.origin, said.message_ref)
            return
        try:
            await host.accept(event.incoming())
        except ValueError as problem:
            self._tell(said.origin, sentence(problem))
        except Refusal as refusal:
            self._log.info("edit refused", why=str(refusal))

    async def _reacted(self, event: Reacted) -> None:
        interaction = await self._joined.host.find(person_of(event.origin), event.ref)
        if interaction is None:
            self._log.debug("a reaction to no answer")
            return
        try:
            accepted = await self._joined.host.accept(event.incoming(interaction))
        except Refusal as refusal:
            self._log.info("reaction refused", why=str(refusal))
            return
        if accepted.ask_why:
            asking = ask_why(self._joined, event.origin, accepted.ask_why, interaction)
            self._joined.errands.run("ask why", asking)

    async def _deleted(self, event: Deleted) -> None:
        """Forget a question that its author deleted, with everything that came of it."""
        if not event.origin.user_id:
            self._log.info("a message was deleted, and Slack does not say whose")
            return
        await self._forget(event.origin, event.message_ref)

    async def _forget(self, origin: Origin, message_ref: str) -> None:
        person = person_of(origin)
        interaction = await self._joined.host.asked(person, message_ref)
        if interaction is not None:
            await self._joined.host.command(person, f"forget {interaction}")

    async def _stopped(self, event: Stopped) -> None:
        origin, host = event.origin, self._joined.host
        running = await host.unanswered(person_of(origin), origin.channel_id, origin.thread_id)
        for interaction in running:
            common = origin.common() | {"event_id": f"{interaction}:{origin.event_id}"[:200]}
            try:
                await host.accept(IncomingStop(**common, interaction_id=interaction))
            except Refusal as refusal:
                self._log.info("stop refused", why=str(refusal))

    async def _leave(self, why: str) -> None:
        self._log.warning("put out of the workspace", why=why)
        await self._left()

    def _tell(self, origin: Origin, text: str) -> None:
        """Tell a person something once, however often Slack sends what it is about."""
        if origin.event_id in self._told:
            return
        self._told[origin.event_id] = None
        while len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        # Said in the thread it is about, if that is one already.
        self._joined.errands.run("tell", self._joined.speech.whisper(origin, text))
