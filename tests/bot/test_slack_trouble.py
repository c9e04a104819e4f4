"""What goes wrong in Slack: nothing is lost or doubled, and nobody is pinged."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.app import open_mynah
from integrations.surfaces.slack.reading import ids
from tests.bot.conftest import SCRIPTED
from tests.bot.slack_place import Place, listed, open_place, words
from tests.bot.support import OPENAI_KEY
from tests.standins.model_wire import Script
from tests.standins.slack_state import Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Server
    from tests.standins.model_server import ModelServer

STORM = 200
LONG_THREAD = 5_000


@pytest.fixture(scope="module")
async def team(
    database_server: Server,
    encryption_key: str,
    tmp_path_factory: pytest.TempPathFactory,
    running_model_server: ModelServer,
) -> AsyncIterator[Place]:
    scripted = SCRIPTED | {
        "OPENAI_BASE_URL": running_model_server.openai_url,
        "OPENAI_API_KEY": OPENAI_KEY,
    }
    home = tmp_path_factory.mktemp("trouble") / "home"
    with database_server.clone() as conninfo:
        async with open_place(home, conninfo, encryption_key, socket=True, **scripted) as it:
            yield it


@pytest.fixture
def place(team: Place) -> Place:
    """A channel and a person that no other test knows."""
    team.slack.calls.clear()
    cy = team.team.user("cy")
    return replace(team, ada=cy, general=team.team.channel("own", cy, team.bob, team.me))


async def test_where_we_may_not_speak_any_more_the_answer_is_kept_and_not_forced(
    place: Place,
) -> None:
    team, gone = place.team, []
    for number, ends in enumerate(("archived", "deleted", "put out")):
        channel = team.channel(f"ends{number}", place.ada, place.bob, place.me)
        await team.say(place.ada, channel, f"{place.called} what is 6 * 7?")
        if ends == "archived":
            await team.archive(channel, place.bob)
        elif ends == "deleted":
            await team.remove_channel(channel, place.bob)
        else:
            await team.leave(place.me, channel)
        gone.append(channel.id)
    # One who was deactivated asked where others read along.
    asked = await team.say(place.ada, place.general, f"{place.called} what is 6 * 8?")
    await team.deactivate(place.ada)
    await place.work()
    (answer,) = place.answers(place.general)
    assert (answer.thread_ts, "48" in words(answer)) == (asked.ts, True)
    assert place.rows(
        "SELECT o.status, o.error LIKE '%%channel%%' FROM outbox o JOIN conversations c "
        "ON c.id = o.conversation_id WHERE o.workspace_id = %s AND c.channel_id = ANY(%s)",
        gone,
    ) == [("failed", True)] * len(gone)
    tried = [seen for seen in place.slack.calls if seen.args.get("channel") in gone]
    assert len(tried) <= 6 * len(gone)


async def test_a_question_of_40_000_characters_is_answered(place: Place) -> None:
    text = f"{place.called} what is 6 * 7? " + "It is late. " * 3_300
    assert len(text) > 39_000
    answer = await place.ask(place.ada, place.general, text[:39_990])
    assert answer.thread_ts
    assert place.whispers(place.ada, place.general) == []


async def test_what_a_model_shouts_pings_nobody(place: Place, models: ModelServer) -> None:
    shout = f"@channel <!here> @everyone <@{place.bob.id}> <!subteam^S1> "
    models.answer = lambda _: Script((shout, "```\n@here\n```", shout), first_delay_s=0)
    asked = await place.team.say(
        place.ada, place.general, f"{place.called} write a python function @channel <!here>"
    )
    await place.work()
    (answer,) = place.answers(place.general)
    assert answer.thread_ts == asked.ts
    sent = [seen.args for seen in place.slack.calls if seen.method.startswith("chat.")]
    assert sent
    for args in sent:
        assert not {"link_names", "parse"} & set(args)
        # Where Slack looks for mentions there are none; in rich text there are none to find.
        for looked_at in (str(args.get("text", "")), _looked_at(args.get("blocks", []))):
            for ping in ("<!", "<@", "@channel", "@here", "@everyone"):
                assert ping not in looked_at
        assert "<@" not in str(args.get("markdown_text", ""))


def _looked_at(blocks: object) -> str:
    """The texts of blocks in which Slack would find a mention."""
    given = json.loads(blocks) if isinstance(blocks, str) else blocks
    assert isinstance(given, list)
    found = []
    for block in given:
        if block["type"] == "markdown":
            found.append(block["text"])
        parts = [block.get("text"), *block.get("elements", [])]
        found += [p["text"] for p in parts if isinstance(p, dict) and p.get("type") == "mrkdwn"]
        assert '"type": "broadcast"' not in json.dumps(block)
        assert '"type": "user"' not in json.dumps(block)
    return " ".join(found)


async def test_what_nobody_knows_is_acknowledged_and_let_be(place: Place) -> None:
    team, state = place.team, place.slack.state
    answer = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    place.slack.app.events = listed("bot_events") | {"channel_sang"}
    state.emit("channel_sang", team.id, {"type": "channel_sang", "channel": {"id": 7}})
    await place.slack.courier.flushed()
    assert place.slack.courier.deliveries[-1].acked
    # A button of an earlier version, under a message that is still there.
    stamped = json.dumps(answer.blocks).replace(ids.WHY, "mynah_of_old")
    answer.blocks[:] = json.loads(stamped)
    pressed = await team.click(place.ada, answer, "mynah_of_old")
    assert not pressed.failure
    await place.work()
    assert len(place.answers(place.general)) == 1


async def test_a_storm_of_mentions_is_taken_once_each_and_in_order(place: Place) -> None:
    roots = [await place.team.say(place.bob, place.general, f"topic {n}") for n in range(10)]
    said = [
        place.team.say(
            place.ada, place.general, f"{place.called} what is {n} + 1?", roots[n % 10].ts
        )
        for n in range(STORM)
    ]
    await asyncio.gather(*said)
    assert all(delivery.acked for delivery in place.slack.courier.deliveries)
    taken = place.rows(
        "SELECT c.thread_id, count(*), array_agg(m.message_ref ORDER BY m.position) "
        "FROM messages m JOIN conversations c ON c.id = m.conversation_id "
        "WHERE m.workspace_id = %s AND m.author_id = %s GROUP BY c.thread_id",
        place.ada.id,
    )
    assert {thread: count for thread, count, _ in taken} == {root.ts: STORM // 10 for root in roots}
    waiting = place.rows(
        "DELETE FROM procrastinate_jobs WHERE task_name = 'turn' AND status = 'todo' "
        "AND args->>'workspace_id' = %s RETURNING id"
    )
    assert len(waiting) == STORM


async def test_a_long_thread_is_not_read_through_to_answer_in_it(place: Place) -> None:
    root = await place.team.say(place.bob, place.general, "a long story")
    for _ in range(LONG_THREAD):
        ts = place.slack.state.next_ts()
        place.general.messages[ts] = Message(
            place.general.id, ts, place.bob.id, place.team.id, "and then", root.ts
        )
    question = f"{place.called} what is 6 * 7?"
    place.slack.calls.clear()
    asked = await place.team.say(place.ada, place.general, question, root.ts)
    await place.work()
    (answer,) = place.answers(place.general)
    assert "42" in words(answer)
    assert answer.ts > asked.ts
    methods = [seen.method for seen in place.slack.calls]
    assert methods.count("conversations.replies") <= 1
    assert methods.count("conversations.history") == 0
    assert len(methods) < 15


async def test_stop_is_heard_by_the_process_that_writes(place: Place, models: ModelServer) -> None:
    models.answer = lambda _: Script(("First. ", "Never."), first_delay_s=0, delay_s=30)
    threads = place.slack.state.threads
    async with open_mynah(place.mynah.settings, only=["slack"]) as worker, worker.work():
        asked = await place.team.say(
            place.ada, place.general, f"{place.called} write a python function that never ends"
        )
        here = (place.general.id, asked.ts)
        await place.slack.until(lambda: "First" in str(_shown(place)))
        assert threads[here]["session"] == "processing"
        await place.team.stop(place.ada, place.general, asked.ts)
        await place.slack.until(lambda: "Stopped" in str(_shown(place)), within_s=5)
    assert threads[here]["session"] == "active"


def _shown(place: Place) -> list[str]:
    return [words(m) for m in place.answers(place.general)]
