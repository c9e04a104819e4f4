"""What of a reply is visible in Slack: a stream, or a message of ours that changes.

Decides by which of Slack's ways something is shown, and what to do where Slack refuses one: a
stream becomes a message, a status becomes a message. Refuses to know when to show what, and how
often.

An open stream cannot be changed or deleted, only stopped; a stopped one is a message like others.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking import posting
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.speaking.posting import delete, draft_mark, post, update
from integrations.surfaces.slack.speaking.rendering import Post, working

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any
    from uuid import UUID

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.surfaces.slack.speaking.posting import Line, Spot

PATIENCE_S: Final = 1.0
"""What is shown in passing is not worth waiting for longer than this."""
NOTICE_CHARS: Final = 100
MOST_KNOWN: Final = 1_000


class Form(Enum):
    """As what the reply is visible."""

    NOTHING = auto()
    """At most as a status."""
    STREAM = auto()
    MESSAGE = auto()
    """A message of ours that changes, or none yet."""
    OFF = auto()
    """Slack does not let us show it before it is done."""


class Abilities:
    """What workspaces said they cannot do, so that they are not asked again and again."""

    def __init__(self) -> None:
        self._lacking: OrderedDict[tuple[str, str], None] = OrderedDict()

    def has(self, workspace: str, method: str) -> bool:
        """Whether a workspace has not yet said that it lacks a method."""
        return (workspace, method) not in self._lacking

    def lacks(self, workspace: str, method: str) -> None:
        """Remember that a workspace lacks a method."""
        self._lacking[workspace, method] = None
        while len(self._lacking) > MOST_KNOWN:
            self._lacking.popitem(last=False)


class Visible:
    """What is visible of one reply.

    Args:
        line: The way to Slack.
        spot: Where the reply goes.
        interaction_id: What it answers.
        abilities: What the workspaces can do.
    """

    def __init__(
        self, line: Line, spot: Spot, interaction_id: UUID | None, abilities: Abilities
    ) -> None:
        self.form = Form.NOTHING
        self.ts: str | None = None
        """The message, if there is one."""
        self._line = line
        self._spot = spot
        self._mark = draft_mark(interaction_id)
        self._abilities = abilities
        self._processing = False
        self._log = structlog.get_logger("mynah.slack")

    async def status(self, status: str) -> None:
        """Show what is going on.

        Raises:
            DeliveryFailure: if it cannot be shown.
        """
        if (
            self.form is Form.NOTHING
            and self._spot.thread_ts is not None
            and await self._try("assistant.threads.setStatus", self._set_status(status)) is not None
        ):
            await self._session("processing")
        else:
            await self._draft(working(status))

    async def text(self, text: str, *, shown: int) -> None:
        """Show a text, of which so many characters are visible already.

        Raises:
            DeliveryFailure: if it cannot be shown.
        """
        if self.form is Form.NOTHING and await self._start(text):
            self.form = Form.STREAM
        elif self.form is not Form.STREAM or not await self._append(text[shown:]):
            await self._draft(Post([{"type": "markdown", "text": text}], text[:NOTICE_CHARS]))

    async def take_back(self, words: str) -> None:
        """Show some words in place of what is visible.

        Raises:
            DeliveryFailure: if they cannot be shown.
        """
        await self.stop(done=False)
        if self.ts is not None:
            await self._draft(working(words))

    async def stop(self, *, done: bool = True) -> None:
        """Stop the stream, if one is open. The message stays, marked as a draft.

        Raises:
            DeliveryFailure: if nobody knows whether it stopped.
        """
        if self.form is not Form.STREAM or self.ts is None:
            return
        ts = self.ts
        rests = "active" if done and self._processing else None
        try:
            await self._line.send(
                "chat.stopStream",
                self._spot.channel,
                lambda client: client.chat_stopStream(
                    channel=self._spot.channel,
                    ts=ts,
                    metadata=self._mark,
                    session_status=rests,
                ),
                patience_s=posting.PATIENCE_S,
            )
            self._processing = self._processing and rests is None
        except SlackRefusal as refusal:  # it had stopped by itself, or is gone
            self._log.info("stream had ended", code=refusal.code)
        self.form = Form.MESSAGE

    async def place(self, message: Post, mark: dict[str, Any], part: int) -> str:
        """Show a part of the reply: the first one in the message that is there, if it lets us.

        Returns:
            The ``ts`` of the message.

        Raises:
            DeliveryFailure: if it cannot be shown, or nobody knows whether it was.
        """
        ts = self.ts
        if part or ts is None:
            return await post(self._line, self._spot, message, mark)
        try:
            await update(self._line, self._spot, ts, message, mark)
        except SlackRefusal as refusal:
            self._log.info("posted anew", code=refusal.code)
        else:
            return ts
        fresh = await post(self._line, self._spot, message, mark)
        try:
            await delete(self._line, self._spot, ts)
        except DeliveryFailure as failure:
            self._log.info("draft left behind", why=str(failure))
        self.ts = None
        return fresh

    async def vanish(self) -> None:
        """Take away the message or the status, if there is one.

        Raises:
            DeliveryFailure: if it cannot be taken away.
        """
        if self.ts is not None:
            await delete(self._line, self._spot, self.ts)
            self.ts = None
        elif self.form is Form.NOTHING and self._spot.thread_ts is not None:
            await self._try("assistant.threads.setStatus", self._set_status(""))

    async def rest(self) -> None:
        """Tell Slack that the agent rests, if it was told that it works."""
        try:
            await self._session("active")
        except DeliveryFailure as failure:
            self._log.info("session left as it was", why=str(failure))

    async def _start(self, text: str) -> bool:
        spot = self._spot
        if spot.thread_ts is None or not text:
            return False
        thread_ts = spot.thread_ts
        answer = await self._try(
            "chat.startStream",
            lambda client: client.chat_startStream(
                channel=spot.channel,
                thread_ts=thread_ts,
                recipient_user_id=spot.user or None,
                recipient_team_id=spot.team or None,
                markdown_text=text,
            ),
        )
        if answer is None:
            return False
        self.ts = str(answer["ts"])
        return True

    async def _append(self, text: str) -> bool:
        answer = await self._try(
            "chat.appendStream",
            lambda client: client.chat_appendStream(
                channel=self._spot.channel, ts=self.ts or "", markdown_text=text
            ),
        )
        if answer is None:
            await self.stop(done=False)  # Slack ends streams by itself, too
        return answer is not None

    async def _draft(self, message: Post) -> None:
        self.form = Form.MESSAGE
        if self.ts is None:
            self.ts = await post(self._line, self._spot, message, self._mark, patience_s=PATIENCE_S)
        else:
            await update(
                self._line, self._spot, self.ts, message, self._mark, patience_s=PATIENCE_S
            )

    def _set_status(self, status: str) -> Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]:
        return lambda client: client.assistant_threads_setStatus(
            channel_id=self._spot.channel,
            thread_ts=self._spot.thread_ts or "",
            status=status,
            loading_messages=[status] if status else None,
        )

    async def _session(self, status: str) -> None:
        """Tell Slack that the agent works, which shows a button to stop it, or that it rests."""
        if self._processing == (status == "processing"):
            return
        answer = await self._try(
            "agents.sessions.setStatus",
            lambda client: client.agents_sessions_setStatus(
                channel_id=self._spot.channel,
                thread_ts=self._spot.thread_ts,
                status=status,
                title=self._spot.title or None,  # Slack takes it for a thread that is new to it
            ),
        )
        if answer is not None:
            self._processing = status == "processing"

    async def _try(
        self, method: str, ask: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse | None:
        """Make a call that there is another way for; return None if Slack refuses it."""
        workspace = self._line.workspace
        if not self._abilities.has(workspace, method):
            return None
        try:
            return await self._line.send(method, self._spot.channel, ask, patience_s=PATIENCE_S)
        except SlackRefusal as refusal:
            self._log.info("another way", method=method, code=refusal.code)
            if refusal.unable:
                self._abilities.lacks(workspace, method)
            return None
