"""What becomes of presses, dialogs, shortcuts and commands.

Decides what is done before Slack is answered (what must not be lost), and what after it (what
may take longer than the three seconds that Slack waits). Refuses to know how a press is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import structlog

from integrations.contracts.host import CommandReply, Refusal
from integrations.contracts.incoming import IncomingMessage, readable
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.pressable import shown_at
from integrations.surfaces.sayings import CORRECTED, HOW_TO_RATE, NO_ANSWER, WRONG, sentence
from integrations.surfaces.slack import verdicts
from integrations.surfaces.slack.commanded import in_words, ran, ran_at_home, ran_in_words, tell
from integrations.surfaces.slack.joined import person_of
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.actions import intent
from integrations.surfaces.slack.reading.intents import (
    Asked,
    Chose,
    Commanded,
    Corrected,
    Intent,
    Press,
    Rated,
    Reasoned,
    Rewrote,
    Starred,
    TurnedPage,
    WantsAnother,
    WantsCorrection,
    WantsForget,
    WantsRating,
    WantsReason,
    WantsRewriting,
    WantsTeaching,
    WantsWhy,
    WantsWording,
    Worded,
)
from integrations.surfaces.slack.reading.payload import DIRECT, Ignored
from integrations.surfaces.slack.speaking.posting import Spot, post
from integrations.surfaces.slack.speaking.rendering import Post, said
from integrations.surfaces.slack.tab import show_home
from integrations.surfaces.slack.views import dialogs, home

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from uuid import UUID

    from integrations.contracts.incoming import Incoming
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.payload import Payload

TRIGGER_S: Final = 2.5
"""A dialog that cannot be opened within three seconds cannot be opened at all."""
QUESTION: Final = "mynah_question"
"""Metadata of a message that shows what somebody asked by a command."""

NOT_YOURS: Final = (
    "Somebody else wrote that, and I would remember it as yours. Say it in your own words: "
    f"`{ids.COMMAND} remember TEXT`."
)


class Replies:
    """Does what people ask for by pressing, submitting and typing.

    Args:
        joined: the workspace.
    """

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._host = joined.host
        self._pressed: set[tuple[str, str, str]] = set()
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
        if isinstance(wanted, Rewrote):
            return self._rewrote(wanted)
        if isinstance(wanted, Worded):
            return self._worded(wanted)
        await self._take(wanted)
        return {}

    async def _take(self, wanted: Intent) -> None:  # noqa: C901, PLR0912 - one case an intent
        match wanted:
            case Rated():
                await verdicts.rate(self._joined, wanted)
            case Reasoned():
                await verdicts.take_reason(self._joined, wanted)
            case Starred():
                await verdicts.take_stars(self._joined, wanted)
            case WantsReason():
                verdicts.ask_reason(self._joined, wanted)
            case WantsRating():
                verdicts.ask_stars(self._joined, wanted)
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
            case WantsTeaching(by, text, author, ours):
                self._later(by, self._teach(by, text, author, ours=ours))
            case Commanded(by, line):
                self._commanded(by, line)
            case WantsWording():
                self._joined.errands.run("wording", self._open_wording(wanted))
            case TurnedPage(by, page):
                self._joined.errands.run("page", show_home(self._joined, by.origin, page=page))
            case WantsRewriting():
                self._joined.errands.run("rewriting", self._open_rewriting(wanted))
            case Asked():
                self._joined.errands.run("question", self._asked(wanted))
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
        self._later(wanted.by, _text(CORRECTED))
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

    async def _open_rewriting(self, wanted: WantsRewriting) -> None:
        shown = await ran(self._joined, wanted.by, f"show {wanted.item}")
        if not shown.ok:
            await show_home(self._joined, wanted.by.origin, notice=shown.text)
            return
        known = shown.data.get("memory") or {"text": shown.data["learning"]["answer"]}
        view = home.rewriting(wanted.item, known["text"])
        await self._joined.line.send(
            "views.open",
            "",
            lambda client: client.views_open(trigger_id=wanted.by.trigger_id, view=view),
            patience_s=TRIGGER_S,
        )

    def _rewrote(self, wanted: Rewrote) -> dict[str, Any]:
        """Put right what is known; what is no text is said in the dialog, which stays open."""
        try:
            text = readable(wanted.text)
        except ValueError as problem:
            return {"response_action": "errors", "errors": {wanted.block_id: str(problem)}}
        self._commanded(wanted.by, f"correct {wanted.item} {text}")
        return {}

    async def _open_wording(self, wanted: WantsWording) -> None:
        by, button = wanted.by, wanted.button
        if not button.filled:  # there was nothing, or no room for it on the button
            found = await shown_at(self._host, person_of(by.origin), by.ref, button.line)
            button = found or button
        view = dialogs.wording(by, button)
        await self._joined.line.send(
            "views.open",
            "",
            lambda client: client.views_open(trigger_id=by.trigger_id, view=view),
            patience_s=TRIGGER_S,
        )

    def _worded(self, wanted: Worded) -> dict[str, Any]:
        """Give a command with what was written; what is no text is said in the dialog."""
        try:
            text = readable(wanted.text)
        except ValueError as problem:
            return {"response_action": "errors", "errors": {wanted.block_id: str(problem)}}
        self._commanded(wanted.by, f"{wanted.line} {text}")
        return {}

    def _commanded(self, by: Press, line: str) -> None:
        if by.ref:
            self._joined.errands.run("press", self._once(by, line))
        elif by.origin.channel_id:
            self._later(by, self._command(by, line))
        else:  # on the person's own tab, which then shows how things are
            self._joined.errands.run("command on the tab", ran_at_home(self._joined, by, line))

    async def _once(self, by: Press, line: str) -> None:
        """Give the command of a button; a second press of it meanwhile does nothing."""
        once = (by.origin.user_id, by.ref, line)
        if once in self._pressed:
            return
        self._pressed.add(once)
        try:
            await self._tell(by, self._command(by, line))
        finally:
            self._pressed.discard(once)

    async def _command(self, by: Press, line: str) -> CommandReply:
        return await ran_in_words(self._joined, by, line)

    async def _forget(self, by: Press, interaction: UUID | None) -> CommandReply:
        person = person_of(by.origin)
        found = interaction or await self._host.find(person, by.ref)
        found = found or await self._host.asked(person, by.ref)
        if found is None:
            return CommandReply(NO_ANSWER)
        return await self._command(by, f"forget {found}")

    async def _teach(self, by: Press, text: str, author: str, *, ours: bool) -> CommandReply:
        """Remember what somebody said; of what others said only what they make their own."""
        if ours:
            return CommandReply(HOW_TO_RATE)
        if author != by.origin.user_id:
            return CommandReply(NOT_YOURS)
        return await self._command(by, f"remember {text}")

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

    def _later(self, by: Press, work: Coroutine[None, None, CommandReply]) -> None:
        """Find out what to tell a person, and tell it to them alone."""
        self._joined.errands.run("answer", self._tell(by, work))

    async def _tell(self, by: Press, work: Coroutine[None, None, CommandReply]) -> None:
        await tell(self._joined, by, await in_words(work))


async def _text(text: str) -> CommandReply:
    return CommandReply(text)
