"""What the workspace keeps for its own is not for guests and strangers, in a real workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from learning.scope import WORKSPACE
from tests.bot.slack_place import Place, open_place, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.standins.slack_state import Channel, User

BILLING = "Which team owns our billing service?"
HERON = "Team Heron"


@pytest.fixture
async def place(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path / "home", fresh_database, encryption_key, socket=True) as it:
        yield it


@pytest.fixture
async def knowing(place: Place, tmp_path: Path) -> Place:
    """A Mynah that read something for the whole workspace."""
    document = tmp_path / "billing.md"
    document.write_text(f"# Billing\n\nOur billing service is owned by {HERON}.\n")
    async for _ in place.mynah.ingestion.ingest(place.team.id, "admin", WORKSPACE, str(document)):
        pass
    return place


async def tells(place: Place, user: User, channel: Channel) -> bool:
    """Whether an answer there draws on what the workspace knows."""
    call = "" if channel.kind == "im" else f"{place.called} "
    return HERON in words(await place.ask(user, channel, f"{call}{BILLING}"))


async def whispered(place: Place, user: User, line: str) -> str:
    """What a command is answered with."""
    before = len(place.whispers(user, place.general))
    await place.team.command(user, place.general, f"/mynah {line}")
    await place.slack.until(lambda: len(place.whispers(user, place.general)) > before)
    return place.whispers(user, place.general)[-1]


async def test_what_the_workspace_knows_is_for_its_own_people(knowing: Place) -> None:
    place, team = knowing, knowing.team
    guest = team.user("gus", guest=True)
    assert await tells(place, place.ada, place.general)
    await team.join(guest, place.general)
    assert not await tells(place, place.ada, place.general), "a guest reads along"
    assert await tells(place, place.ada, place.dm(place.ada))
    assert not await tells(place, guest, place.dm(guest))
    assert "billing.md" not in await whispered(place, guest, "sources")
    assert "people of this workspace" in await whispered(place, guest, "model")
    assert "billing.md" in await whispered(place, place.ada, "sources")
    await team.leave(guest, place.general)
    assert await tells(place, place.ada, place.general)
    await team.make_guest(place.bob)
    assert not await tells(place, place.ada, place.general), "a member became a guest"


async def test_a_shared_channel_draws_on_nothing_but_itself(knowing: Place) -> None:
    place = knowing
    other = place.slack.team("globex")
    stranger = other.user("sam")
    assert await tells(place, place.ada, place.general)
    place.general.members.append(stranger.id)
    await place.team.share(place.general, other)
    assert not await tells(place, place.ada, place.general)
    assert not await tells(place, stranger, place.general)
    # What they say there is found there, and nowhere else.
    await place.ask(stranger, place.general, f"{place.called} Our launch codename is Quetzal.")
    asked = f"{place.called} what is our launch codename?"
    assert "Quetzal" in words(await place.ask(place.ada, place.general, asked))
    own = place.team.channel("own", place.ada, place.me)
    assert "Quetzal" not in words(await place.ask(place.ada, own, asked))
    audiences = place.rows("SELECT DISTINCT audience FROM recall_items WHERE workspace_id = %s")
    assert (f"channel:{place.general.id}",) in audiences
    assert "billing.md" not in await whispered(place, stranger, "sources")


async def test_only_an_admin_decides_for_everybody(place: Place) -> None:
    place.ada.admin = True
    everywhere = "model pin architect everywhere"
    assert "Only an admin" in await whispered(place, place.bob, everywhere)
    assert place.count("routing_rules") == 0
    assert "answers everywhere" in await whispered(place, place.ada, everywhere)
    assert place.rows("SELECT audience FROM routing_rules WHERE workspace_id = %s") == [
        ("workspace",)
    ]


async def test_a_channel_that_moves_keeps_its_threads(place: Place) -> None:
    first = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.ask(place.ada, place.general, f"{place.called} Our launch codename is Quetzal.")
    old = place.general.id
    await place.team.move_channel(place.general)
    assert place.general.id != old
    # Somebody goes on before the move is done.
    await place.team.say(place.bob, place.general, f"{place.called} and 6 * 8?", first.thread_ts)
    await place.work()
    assert "48" in words(place.answers(place.general, first.thread_ts)[-1])
    assert (
        place.rows(
            "SELECT count(*) FROM conversations WHERE workspace_id = %s AND channel_id = %s", old
        )
        == place.rows(
            "SELECT count(*) FROM recall_items WHERE workspace_id = %s AND audience = %s",
            f"channel:{old}",
        )
        == [(0,)]
    )
    assert place.count("conversations") == 2
    positions = place.rows(
        "SELECT count(*), count(DISTINCT position) FROM messages m JOIN conversations c "
        "ON c.id = m.conversation_id WHERE m.workspace_id = %s AND c.thread_id = %s",
        first.thread_ts,
    )
    assert positions == [(4, 4)]
    await place.team.react(place.bob, first, "thumbsup")
    await place.work()
    assert 5.0 in place.ratings(), "an answer from before is found"
    asked = f"{place.called} what is our launch codename?"
    assert "Quetzal" in words(await place.ask(place.ada, place.general, asked))


async def test_who_is_deactivated_is_sent_nothing_more(place: Place) -> None:
    direct = place.dm(place.ada)
    await place.team.say(place.ada, direct, "what is 6 * 7?")
    await place.team.deactivate(place.ada)
    await place.work()
    assert place.answers(direct) == []
    assert place.rows("SELECT status FROM outbox WHERE workspace_id = %s") == [("failed",)]
