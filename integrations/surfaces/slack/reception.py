"""What becomes of Slack's events: they go through the front door, or are let be.

Decides which question goes with which event, and what a person is told who cannot be
served. Refuses to know how events are read and how they got here. When ``take`` returns,
what mattered is stored; when it raises, Slack is to send the event again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.incoming import IncomingStop
from integrations.contracts.surface import Refusal
from integrations.surfaces.slack import dialogs
from integrations.surfaces.slack.events import (
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Ignored,
    Maybe,
    Reacted,
    Said,
    Stopped,
    TokensRevoked,
    Uninstalled,
    incoming,
)
from integrations.surfaces.slack.joined import person_of
from integrations.surfaces.slack.speech import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.payload import Origin, Payload

MOST_TOLD: Final = 1_000
NO_WORDS: Final = "I cannot read files here yet: write what you want to know."


class Reception:
    """Takes the events of a workspace.

    Args:
        joined: the workspace.
        gone: told that we may not speak there any more.
    """

    def __init__(self, joined: Joined, gone: Callable[[], None]) -> None:
        self._joined = joined
        self._gone = gone
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
            case Edited(_, said):
                # The front door knows the message by its own id: only one that we never had,
                # because it did not call us before, is a question now.
                if said.via in {"direct", "mention"}:
                    await self._said(said)
            case Deleted():
                await self._deleted(event)
            case Reacted():
                await self._reacted(event)
            case Stopped():
                await self._stopped(event)
            case HomeOpened(origin, tab):
                if tab == "home":
                    self._joined.errands.run("home", show_home(self._joined, origin))
            case Uninstalled():
                self._leave("the app was removed")
            case TokensRevoked() if self._joined.bot.user_id in event.bots:
                self._leave("the token was revoked")
            case _:
                self._log.debug("let be", event=type(event).__name__)

    async def _said(self, said: Said) -> None:
        try:
            message = said.incoming()
        except ValueError as problem:
            self._tell(said.origin, NO_WORDS if said.attachments else sentence(problem))
            return
        try:
            await self._joined.host.accept(message)
        except Refusal as refusal:
            self._tell(said.origin, str(refusal))

    async def _reacted(self, event: Reacted) -> None:
        interaction = await self._joined.host.find(person_of(event.origin), event.ref)
        if interaction is None:
            self._log.debug("a reaction to no answer")
            return
        try:
            await self._joined.host.accept(event.incoming(interaction))
        except Refusal as refusal:
            self._log.info("reaction refused", why=str(refusal))

    async def _deleted(self, event: Deleted) -> None:
        """Forget a question that its author deleted, with everything that came of it."""
        if not event.origin.user_id:
            self._log.info("a message was deleted, and Slack does not say whose")
            return
        person = person_of(event.origin)
        interaction = await self._joined.host.asked(person, event.message_ref)
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

    def _leave(self, why: str) -> None:
        self._log.warning("no longer in the workspace", why=why)
        self._gone()

    def _tell(self, origin: Origin, text: str) -> None:
        """Tell a person something once, however often Slack sends what it is about."""
        if origin.event_id in self._told:
            return
        self._told[origin.event_id] = None
        while len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        # Said in the thread it is about, if that is one already.
        self._joined.errands.run("tell", self._joined.speech.whisper(origin, text))


async def show_home(joined: Joined, origin: Origin) -> None:
    """Show a person their tab as it is now.

    Raises:
        DeliveryFailure: if Slack does not take it.
    """
    known = await joined.host.command(person_of(origin), "me")
    view = dialogs.home(known.text, learning=bool(known.data.get("learning", True)))
    await joined.line.send(
        "views.publish",
        "",
        lambda client: client.views_publish(user_id=origin.user_id, view=view),
        coalesce=f"home:{origin.user_id}",
    )
