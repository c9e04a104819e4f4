"""What becomes of presses, dialogs, shortcuts and commands.

Decides what is done before Slack is answered (what must not be lost), and what after it (what
may take longer than the three seconds that Slack waits). Refuses to know how a press is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import structlog

from integrations.contracts.incoming import IncomingMessage
from integrations.contracts.surface import DeliveryFailure, Refusal
from integrations.surfaces.slack import dialogs, ids
from integrations.surfaces.slack.actions import intent
from integrations.surfaces.slack.intents import (
    Asked,
    Chose,
    Commanded,
    Corrected,
    Intent,
    Press,
    Rated,
    Reasoned,
    WantsAnother,
    WantsCorrection,
    WantsForget,
    WantsRating,
    WantsTeaching,
    WantsWhy,
)
from integrations.surfaces.slack.joined import person_of
from integrations.surfaces.slack.payload import DIRECT, Ignored
from integrations.surfaces.slack.posting import Spot, post
from integrations.surfaces.slack.reception import show_home
from integrations.surfaces.slack.rendering import Post
from integrations.surfaces.slack.speech import said, sentence

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from uuid import UUID

    from integrations.contracts.incoming import Incoming
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.payload import Payload

TRIGGER_S: Final = 2.5
"""A dialog that cannot be opened within three seconds cannot be opened at all."""
QUESTION: Final = "mynah_question"
"""Metadata of a message that shows what somebody asked by a command."""

THANKS: Final = "Thank you. Your answer takes the place of mine."
SORRY: Final = (
    f"Thank you for saying so. **Correct** under the answer, or `{ids.COMMAND} correct ID \
TEXT`, tells me what it should have been."
)
NO_ANSWER: Final = "That is none of my answers, or I no longer have it."
HOW_TO_RATE: Final = "React to an answer of mine with 👍 or 👎, or press one under it."
WRONG: Final = "Something went wrong on my side. Try it once more in a moment."


class Replies:
    """Does what people ask for by pressing, submitting and typing.

    Args:
        joined: the workspace.
    """

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._host = joined.host
        self._log = structlog.get_logger("mynah.slack")

    async def take(self, body: Payload) -> dict[str, Any]:
        """Do what is asked; return what Slack is answered at once."""
        wanted = intent(body, self._joined.bot, self._joined.now())
        if isinstance(wanted, Ignored):
            self._log.info("ignored", reason=wanted.reason)
            return {}
        if wanted.by.origin.workspace_id != self._joined.workspace_id:
            self._log.warning("press in another workspace")
            return {}
        if isinstance(wanted, Corrected):
            return await self._corrected(wanted)
        await self._take(wanted)
        return {}

    async def _take(self, wanted: Intent) -> None:  # noqa: C901, PLR0912 - one case an intent
        match wanted:
            case Rated(by, _, good):
                if await self._accept(by, wanted.incoming()) and not good:
                    self._later(by, _text(SORRY))
            case Chose(by):
                await self._accept(by, wanted.incoming())
            case WantsAnother():
                await self._another(wanted)
            case WantsCorrection(by, interaction):
                self._joined.errands.run("correction", self._open_correction(by, interaction))
            case WantsWhy(by, interaction):
                self._later(by, self._command(by, f"why {interaction}"))
            case WantsForget(by, interaction):
                self._later(by, self._forget(by, interaction))
            case WantsRating(by):
                self._later(by, _text(HOW_TO_RATE))
            case WantsTeaching(by, text, _, ours):
                line = f"remember {text}"
                self._later(by, _text(HOW_TO_RATE) if ours else self._command(by, line))
            case Commanded(by, line):
                self._commanded(by, line)
            case Asked():
                self._joined.errands.run("question", self._asked(wanted))
            case Reasoned():
                self._log.info("a reason was given, and there is nowhere to keep it")
            case _:
                self._log.info("let be", intent=type(wanted).__name__)

    async def _accept(self, by: Press, event: Incoming) -> bool:
        """Hand something to the front door; tell the person if it is refused."""
        try:
            await self._host.accept(event)
        except Refusal as refusal:
            self._later(by, _text(str(refusal)))
            return False
        return True

    async def _corrected(self, wanted: Corrected) -> dict[str, Any]:
        """Take a correction. What is wrong with it is said in the dialog, which stays open."""
        problem = ""
        try:
            await self._host.accept(wanted.incoming())
        except ValueError as wrong:
            problem = sentence(wrong)
        except Refusal as refusal:
            problem = str(refusal)
        if problem:
            field = wanted.block_id or "correction"
            return {"response_action": "errors", "errors": {field: problem}}
        self._later(wanted.by, _text(THANKS))
        return {}

    async def _another(self, wanted: WantsAnother) -> None:
        by = wanted.by
        exchange = await self._host.exchange(person_of(by.origin), wanted.interaction_id)
        question = next((entry for entry in exchange if entry.by == "person"), None)
        if question is None:
            self._later(by, _text(NO_ANSWER))
            return
        message = IncomingMessage(
            **by.origin.common(),
            thread_id=by.origin.thread_id,
            text=question.text,
            again=wanted.interaction_id,
            role=wanted.role,
        )
        await self._accept(by, message)

    async def _open_correction(self, by: Press, interaction: UUID) -> None:
        exchange = await self._host.exchange(person_of(by.origin), interaction)
        answer = next((entry for entry in exchange if entry.by == "mynah"), None)
        if answer is None:
            await self._joined.speech.whisper(by.origin, NO_ANSWER, by.response_url)
            return
        view = dialogs.correction(by, interaction, answer.text)
        await self._joined.line.send(
            "views.open",
            "",
            lambda client: client.views_open(trigger_id=by.trigger_id, view=view),
            patience_s=TRIGGER_S,
        )

    def _commanded(self, by: Press, line: str) -> None:
        if by.origin.channel_id:
            self._later(by, self._command(by, line))
        else:  # a button on the person's own tab, which then shows how things are
            self._joined.errands.run("command on the tab", self._command_at_home(by, line))

    async def _command_at_home(self, by: Press, line: str) -> None:
        await self._command(by, line)
        await show_home(self._joined, by.origin)

    async def _command(self, by: Press, line: str) -> str:
        return (await self._host.command(person_of(by.origin), line)).text

    async def _forget(self, by: Press, interaction: UUID | None) -> str:
        person = person_of(by.origin)
        found = interaction or await self._host.find(person, by.ref)
        found = found or await self._host.asked(person, by.ref)
        return NO_ANSWER if found is None else await self._command(by, f"forget {found}")

    async def _asked(self, wanted: Asked) -> None:
        """Show what somebody asked by a command, and take it as asked there."""
        by, origin = wanted.by, wanted.by.origin
        try:
            wanted.incoming("main", "")  # what cannot be taken is not shown either
        except ValueError as problem:
            await self._joined.speech.whisper(origin, sentence(problem), by.response_url)
            return
        spot = Spot(origin.workspace_id, origin.channel_id, None, origin.user_id, "")
        who = {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<@{origin.user_id}>"}]}
        mark = {"event_type": QUESTION, "event_payload": {"id": str(uuid4())}}
        first, *rest = said(wanted.text)
        try:
            ts = await post(self._joined.line, spot, Post([who, *first.blocks], first.text), mark)
            thread = DIRECT if origin.private else ts
            more = Spot(
                origin.workspace_id,
                origin.channel_id,
                None if origin.private else ts,
                origin.user_id,
                "",
            )
            for further in rest:
                await post(self._joined.line, more, further, mark)
        except DeliveryFailure as failure:
            await self._joined.speech.whisper(origin, str(failure), by.response_url)
            return
        try:
            await self._accept(by, wanted.incoming(thread, f"{origin.channel_id}:{ts}"))
        except Exception:
            await self._joined.speech.whisper(origin, WRONG, by.response_url)
            raise

    def _later(self, by: Press, work: Coroutine[None, None, str]) -> None:
        """Find out what to tell a person, and tell it to them alone."""
        self._joined.errands.run("answer", self._tell(by, work))

    async def _tell(self, by: Press, work: Coroutine[None, None, str]) -> None:
        try:
            text = await work
        except Refusal as refusal:
            text = str(refusal)
        except Exception as error:  # noqa: BLE001 - a person waits for a sentence
            self._log.warning("command failed", error=type(error).__name__)
            text = WRONG
        await self._joined.speech.whisper(by.origin, text, by.response_url)


async def _text(text: str) -> str:
    return text
