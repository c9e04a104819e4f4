"""Buttons and dialogs in Discord, over real sockets, against a host that notes them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from integrations.contracts.delivery import Outcome
from integrations.contracts.incoming import (
    IncomingChoice,
    IncomingCorrection,
    IncomingMessage,
    IncomingReaction,
    IncomingReason,
)
from integrations.surfaces.discord.pressing.asking import BUSY
from integrations.surfaces.discord.pressing.presses import OLD, SURE
from integrations.surfaces.discord.pressing.telling import arguments
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.layout import Button, Post
from integrations.surfaces.sayings import CORRECTED, NO_ANSWER, TAKEN_IN
from learning.interpretation.contract import Reading
from tests.surfaces.discord.pressing import ANSWER, named, pressing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.discord_clicks import Clicked
    from tests.standins.discord_things import Message
    from tests.surfaces.discord.pressing import Here


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with pressing() as it:
        yield it


async def _press(here: Here, message: Message, does: str, **more: Any) -> Clicked:
    clicked = await here.bo.press(message, named(message, does), **more)
    await here.presses.finish()
    return clicked


def test_a_name_is_read_as_it_was_made_and_others_are_nobodys() -> None:
    made = ids.custom_id(ids.RUN, None, "forget 3f2a: all", mark="a1.0")
    assert ids.read(made) == ids.Name(ids.RUN, None, "forget 3f2a: all", "a1.0")
    assert ids.read(ids.custom_id(ids.UP, ANSWER)) == ids.Name(ids.UP, ANSWER)
    for other in ("", "mynah:0:up", f"mynah:2:up:{ANSWER.hex}::", "mynah:1:up:7::", "yours"):
        assert ids.read(other) is None
    with pytest.raises(ValueError, match="at most 100"):
        ids.custom_id(ids.RUN, None, "x" * 100)
    with pytest.raises(ValueError, match="no words"):
        ids.custom_id("Up", ANSWER)


async def test_a_vote_counts_without_a_word(here: Here) -> None:
    clicked = await _press(here, await here.answered(), ids.UP)
    (vote,) = here.host.accepted
    assert isinstance(vote, IncomingReaction)
    assert (vote.emoji, vote.user_id, vote.interaction_id) == ("👍", str(here.bo.id), ANSWER)
    assert (vote.workspace_id, vote.channel_id) == (str(here.guild.id), str(here.general.id))
    assert clicked.messages == []
    assert not clicked.failed


async def test_who_finds_an_answer_bad_is_asked_why_and_may_say_what_is_right(here: Here) -> None:
    answer = await here.answered()
    clicked = await _press(here, answer, ids.DOWN)
    assert [event.kind for event in here.host.accepted] == ["reaction"]
    said = await here.bo.submit(
        clicked.modal,
        {ids.REASONS: ["outdated", "too_long"], ids.TEXT: "It moved.", ids.RIGHT: "Platform."},
    )
    await here.discord.until(lambda: said.text)
    _, reason, right = here.host.accepted
    assert isinstance(reason, IncomingReason)
    assert (reason.picked, reason.text) == (("outdated", "too_long"), "It moved.")
    assert isinstance(right, IncomingCorrection)
    assert right.text == "Platform."
    assert right.event_id != reason.event_id
    assert (said.text, said.ephemeral) == (CORRECTED, True)
    picked = await _press(here, answer, ids.DOWN)
    thanked = await here.bo.submit(picked.modal, {ids.REASONS: ["wrong"]})
    await here.discord.until(lambda: thanked.text)
    assert thanked.text == TAKEN_IN
    nothing = await _press(here, answer, ids.DOWN)
    assert (await here.bo.submit(nothing.modal)).messages == []


async def test_a_correction_begins_with_the_answer_and_is_given_back_if_it_is_refused(
    here: Here,
) -> None:
    answer = await here.answered()
    clicked = await _press(here, answer, ids.CORRECT)
    assert clicked.modal is not None
    assert clicked.modal.fields[ids.TEXT] == "The payments team."
    here.host.refuses = "that answer is not here any more"
    refused = await here.bo.submit(clicked.modal, {ids.TEXT: "The platform team."})
    await here.discord.until(lambda: refused.text)
    assert refused.text.startswith("that answer is not here any more")
    assert "The platform team." in refused.text
    here.host.refuses = ""
    taken = await here.bo.submit(clicked.modal, {ids.TEXT: "The platform team."})
    await here.discord.until(lambda: taken.text)
    (correction,) = here.host.accepted
    assert isinstance(correction, IncomingCorrection)
    assert correction.text == "The platform team."


async def test_why_and_forget_answer_who_pressed_alone(here: Here) -> None:
    answer = await here.answered()
    why = await _press(here, answer, ids.WHY)
    assert (why.text, why.ephemeral) == (f"done: why {ANSWER}", True)
    asks = await _press(here, answer, ids.FORGET)
    assert (asks.text, asks.ephemeral) == (SURE, True)
    assert here.host.commands_run == [(str(here.bo.id), f"why {ANSWER}")]
    done = await _press(here, asks.messages[0], ids.FORGET_SURELY)
    assert done.text == f"done: forget {ANSWER}"


async def test_another_answer_is_asked_for_once_in_the_same_thread(here: Here) -> None:
    answer = await here.answered(outcome=Outcome.DECLINED)
    here.host.slow = asyncio.Event()
    first = await here.bo.press(answer, named(answer, ids.REGENERATE))
    second = await here.bo.press(answer, named(answer, ids.REGENERATE))
    here.host.slow.set()
    await here.presses.finish()
    assert (first.failed, second.failed) == (False, False)
    (again,) = here.host.accepted
    assert isinstance(again, IncomingMessage)
    assert (again.text, again.again, again.thread_id) == ("Who owns billing?", ANSWER, "1000")
    await _press(here, answer, ids.ANOTHER, values=["math"])
    (_, other) = here.host.accepted
    assert isinstance(other, IncomingMessage)
    assert other.role == "math"
    here.host.waiting = (uuid4(),)
    assert (await _press(here, answer, ids.REGENERATE)).text == BUSY


async def test_a_reading_is_chosen_and_a_refusal_said_to_who_pressed(here: Here) -> None:
    readings = (Reading("h1", "list the bills", 0.5), Reading("h2", "explain billing", 0.4))
    asking = await here.answered(outcome=Outcome.ASKED, readings=readings)
    await _press(here, asking, ids.CHOOSE)
    (choice,) = here.host.accepted
    assert isinstance(choice, IncomingChoice)
    assert (choice.reading, choice.interaction_id) == ("h1", ANSWER)
    here.host.refuses = "that answer is not here any more, or it is not yours to see"
    refused = await _press(here, asking, ids.CHOOSE)
    assert (refused.text, refused.ephemeral) == (here.host.refuses, True)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mynah:0:rate:17", OLD),
        (ids.custom_id("dance", ANSWER), OLD),
        (ids.custom_id(ids.UP), OLD),
        (ids.custom_id(ids.CORRECT, UUID(int=9)), NO_ANSWER),
        (ids.custom_id(ids.RUN, None, "nudges off"), "done: nudges off"),
    ],
)
async def test_every_name_is_answered_whoever_drew_it(here: Here, name: str, told: str) -> None:
    channel = here.client.get_partial_messageable(int(here.general.id))
    await channel.send(**arguments(Post("Old.", rows=((Button("Press", name),),))))
    (old,) = here.discord.posts(here.general)
    clicked = await here.ada.press(old, name)
    await here.presses.finish()
    assert (clicked.text, clicked.ephemeral) == (told, True)


async def test_nothing_is_raised_when_the_way_back_is_gone(here: Here) -> None:
    answer = await here.answered()
    here.discord.fail("POST /interactions/{interaction_id}/{token}/callback", 403, 50001, times=9)
    pressing_ = asyncio.create_task(here.ada.press(answer, named(answer, ids.UP)))
    await here.discord.until(lambda: here.host.accepted)
    await here.presses.finish()
    here.discord.pass_time(3)
    assert (await pressing_).failed
