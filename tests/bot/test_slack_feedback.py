"""What people think of answers in Slack: asked why, shown back, and taken away again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from integrations.surfaces.slack.reading import ids
from learning.store.people import REMOVED
from tests.bot.slack_place import Place, open_place, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.standins.slack_state import Json, Message, User

REASONS = (
    "SELECT user_id, value, note IS NOT NULL FROM signals "
    "WHERE workspace_id = %s AND kind = 'reason' AND removed_at IS NULL ORDER BY value"
)


@pytest.fixture
async def place(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(
        tmp_path / "home",
        fresh_database,
        encryption_key,
        socket=True,
        reactions="rocket=5, eyes=none, thinking_face=2",
    ) as it:
        yield it


async def settle(place: Place) -> None:
    """Work, with what waits for its time too."""
    await place.work()
    place.rows(
        "UPDATE procrastinate_jobs SET scheduled_at = now() "
        "WHERE status = 'todo' AND args->>'workspace_id' = %s"
    )
    await place.work()


async def dialog(place: Place, user: User) -> Json:
    await place.slack.until(lambda: place.team.modal(user))
    view = place.team.modal(user)
    assert view is not None
    return view


async def six_by_seven(place: Place) -> Message:
    return await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")


def shown(place: Place, message: Message) -> str:
    """What the answer says below itself now."""
    found = [m for m in place.answers(place.general) if m.ts == message.ts]
    return words(found[0]) if found else ""


async def why(place: Place, user: User, answer: Message) -> str:
    """What a person is told of why."""
    before = len(place.whispers(user, place.general))
    await place.team.click(user, answer, ids.WHY)
    await place.slack.until(lambda: len(place.whispers(user, place.general)) > before)
    said = place.whispers(user, place.general)[-1]
    assert "it was wrong, it was too long" in said
    return said


async def test_not_helpful_counts_and_then_asks_why_and_what_is_right(place: Place) -> None:
    answer = await six_by_seven(place)
    await place.team.click(place.ada, answer, ids.FEEDBACK, "negative")
    view = await dialog(place, place.ada)
    await place.work()
    assert place.ratings() == [1.0]
    assert place.rows(REASONS) == []  # the vote needs none
    values = {ids.REASONS: ["wrong", "too_long"], ids.TEXT: "far off", ids.RIGHT: "It is 54."}
    copy = dict(view)
    assert not (await place.team.submit(place.ada, view, values)).failure
    await settle(place)
    assert place.rows(REASONS) == [(place.ada.id, "too_long", False), (place.ada.id, "wrong", True)]
    assert place.rows("SELECT count(*) FROM learnings WHERE workspace_id = %s") != [(0,)]
    assert "👎 1 · corrected" in shown(place, answer)
    # Sent twice, it says it once.
    place.slack.state.views[copy["id"]] = copy
    await place.team.submit(place.ada, copy, values)
    await settle(place)
    written = "SELECT supersedes FROM interactions WHERE workspace_id = %s AND supersedes > %s"
    assert len(place.rows(written, UUID(int=0))) == 1
    # What they wrote, they alone are told.
    assert "far off" in await why(place, place.ada, answer)
    assert "far off" not in await why(place, place.bob, answer)


async def test_an_emoji_asks_why_once_in_the_thread_and_is_shown_below_the_answer(
    place: Place,
) -> None:
    answer = await six_by_seven(place)
    for _ in range(2):
        await place.team.react(place.bob, answer, "thinking_face")
        await place.work()
        await place.team.unreact(place.bob, answer, "thinking_face")
        await place.work()
    await place.team.react(place.bob, answer, "thinking_face")
    await place.team.react(place.ada, answer, "rocket")
    await place.team.react(place.ada, answer, "eyes")
    await settle(place)
    assert place.ratings() == [3.5]
    assert "👍 1 · 👎 1 · noted" in shown(place, answer)
    asked = [m for m in place.slack.posts(place.general.id) if m.ephemeral_to]
    assert [(m.ephemeral_to, m.thread_ts) for m in asked] == [(place.bob.id, answer.thread_ts)]
    await place.team.click(place.bob, asked[0], ids.SAY_WHY)
    view = await dialog(place, place.bob)
    await place.team.submit(place.bob, view, {ids.REASONS: ["too_short"]})
    await settle(place)
    assert place.rows(REASONS) == [(place.bob.id, "too_short", False)]
    facets = "SELECT facets->>'concise' FROM personas WHERE workspace_id = %s"
    assert [float(value) < 0.5 for (value,) in place.rows(facets)] == [True]
    await place.team.unreact(place.bob, answer, "thinking_face")
    await settle(place)
    assert [float(value) for (value,) in place.rows(facets)] == [0.5]
    assert "👍 1 · noted" in shown(place, answer)


async def test_stars_are_given_by_the_shortcut_rate(place: Place) -> None:
    answer = await six_by_seven(place)
    await place.team.shortcut(place.bob, ids.RATE_THIS, answer)
    view = await dialog(place, place.bob)
    await place.team.submit(place.bob, view, {ids.STARS: "2"})
    await place.work()
    assert place.ratings() == [2.0]
    other = await place.team.say(place.bob, place.general, "lunch?")
    told = len(place.whispers(place.bob, place.general))
    await place.team.shortcut(place.bob, ids.RATE_THIS, other)
    await place.slack.until(lambda: len(place.whispers(place.bob, place.general)) > told)
    assert "React to an answer" in place.whispers(place.bob, place.general)[-1]


async def test_what_is_forgotten_disappears_from_slack_and_does_not_come_back(
    place: Place,
) -> None:
    question = f"{place.called} Which team owns our billing service?"
    answer = await place.ask(place.ada, place.general, question)
    await place.team.click(place.ada, answer, ids.CORRECT)
    view = await dialog(place, place.ada)
    await place.team.submit(place.ada, view, {ids.TEXT: "Billing belongs to Team Heron."})
    await place.work()
    quoting = await place.ask(place.bob, place.general, question)
    assert "Team Heron" in words(quoting)
    await place.team.react(place.bob, answer, "+1")
    await place.mynah.work_off()  # a line below it waits to be shown
    await place.team.click(place.ada, answer, ids.FORGET)
    await place.slack.until(lambda: not place.count("learnings"))
    await settle(place)
    assert shown(place, answer) == ""
    assert REMOVED.strip("[]") in shown(place, quoting)
    assert "Team Heron" not in shown(place, quoting)
    assert place.count("signals") == 0
    left = (
        "SELECT count(*) FROM procrastinate_jobs "
        "WHERE args->>'workspace_id' = %s AND task_name IN ('standing', 'withdraw')"
    )
    assert place.rows(left) == [(0,)]
