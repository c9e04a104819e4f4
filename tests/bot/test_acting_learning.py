"""What is learned from what was done, and where it shows the next time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.acting.execute import Here, Wanted
from bot.acting.learning import ActLearning
from bot.embedding import Embedding
from bot.opinions import USUAL
from bot.speaking import Speaking
from bot.standing import Standings
from integrations.contracts.tools import Tool, ToolFailure, ToolResult
from integrations.embedders.hashing import HashingEmbedder
from learning.actions.contract import Phase
from learning.scope import person
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.doors import Outbox
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.learning_metrics import LearningMetrics
from tests.bot.doing_place import Place, open_place
from tests.bot.support import rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from uuid import UUID

    from bot.acting.execute import Executed
    from learning.actions.contract import Effect
    from learning.store.cipher import Cipher
    from tests.database import Server

STRING = {"type": "string"}


def tool(name: str, effect: Effect, required: list[str], /, **properties: Any) -> Tool:
    schema = {"type": "object", "properties": properties, "required": required}
    return Tool(name, name.partition(".")[2].title(), "", schema, effect)


TOOLS = (
    tool("github.merge", "own", ["repo"], repo=STRING, number={"type": "integer"}),
    tool("post.message", "writes", ["to", "text"], to=STRING, text=STRING),
    tool("build.run", "own", [], target=STRING),
    tool("reminder.set", "own", ["text"], text=STRING, at=STRING),
    tool(
        "music.create", "own", ["prompt"], prompt=STRING, genre=STRING, tempo=STRING, title=STRING
    ),
    tool(
        "project.create",
        "own",
        ["name"],
        name=STRING,
        language={"type": "string", "enum": ["TypeScript", "Python"]},
        dark_mode={"type": "boolean"},
        deploy=STRING,
        project=STRING,
    ),
)


@pytest.fixture(scope="module")
def house(database_server: Server) -> Iterator[str]:
    with database_server.clone() as conninfo:
        yield conninfo


@pytest.fixture
async def place(house: str, cipher: Cipher, workspace: str) -> AsyncIterator[Place]:
    async with open_place(house, cipher, workspace) as place:
        place.kit.offered = TOOLS
        yield place


def learning(place: Place) -> ActLearning:
    surfaces = {"web": place.surface}
    standings = Standings(place.store, place.queue, surfaces, USUAL)
    embedding = Embedding(HashingEmbedder(), place.store)
    speaking = Speaking(place.queue, standings, place.clock)
    return ActLearning(place.store, embedding, place.acting(), speaking, surfaces, place.clock)


async def learn(place: Place, id_: UUID | None) -> None:
    await learning(place).learn(place.workspace, str(id_))


async def counted(place: Place) -> tuple[int, int, int]:
    async with place.store.begin(place.workspace, None) as unit:
        days = await LearningMetrics(unit).of(7)
    return tuple(sum(getattr(d, n) for d in days) for n in ("applied", "successful", "failed"))


async def merges(place: Place, number: int) -> Executed:
    """Merge something in a turn of its own, as a person does it."""
    title = f"Fix number {number}"
    link = f"https://example.test/pull/{number}"
    place.kit.answers.append(ToolResult("Merged.", {"title": title}, link))
    inside = await place.turn()
    return await place.execute("github.merge", inside=inside, repo="acme/api", number=number)


async def posts(place: Place, number: int) -> None:
    """Post of a merge to #dev a minute later, as a person does it."""
    place.now += timedelta(minutes=1)
    text = f"Merged: https://example.test/pull/{number}"
    asked = await place.execute("post.message", to="#dev", text=text)
    await place.press(asked.buttons[0])
    place.now += timedelta(hours=3)


async def habit(place: Place) -> Executed:
    for number in range(1, 5):
        await merges(place, number)
        await posts(place, number)
    return await merges(place, 9)


async def said_in(place: Place) -> list[str]:
    """Show what waits to be; return what was said here so far."""
    await place.work()
    shown = place.surface.shown.values()
    return [each.text for each in shown if each.target.workspace_id == place.workspace]


async def offers(place: Place) -> list[Any]:
    async with place.store.begin(place.workspace, None) as unit:
        return [each for each in await Actions(unit).log("ann") if each.origin == "pattern"]


async def test_what_usually_follows_is_offered_once_where_it_was_done_and_takes_one_tap(
    place: Place,
) -> None:
    done = await habit(place)
    await learn(place, done.action_id)
    await learn(place, done.action_id)
    (offer,) = await offers(place)
    assert (offer.kind, offer.status, offer.after) == ("post.message", "proposed", "github.merge")
    assert offer.params == {"to": "#dev", "text": "Merged: https://example.test/pull/9"}
    (said,) = await said_in(place)
    assert "You usually do this next (4 times so far)" in said
    delivery = place.surface.shown[f"acted:{offer.id}:proposed"]
    labels = [button.label for button in delivery.buttons]
    assert labels == ["Do it", "Change", "No", "Stop these"]
    sent = len(place.kit.calls)
    await place.press(delivery.buttons[0])
    await said_in(place)
    assert place.kit.calls[sent].params["text"] == "Merged: https://example.test/pull/9"
    assert (await place.body(f"acted:{offer.id}:proposed"))["buttons"] == []
    await learn(place, offer.id)
    assert await counted(place) == (1, 1, 0)


async def test_stop_these_ends_a_habit_for_good_and_no_ends_one_offer(place: Place) -> None:
    done = await habit(place)
    await learn(place, done.action_id)
    (first,) = await offers(place)
    await place.command(f"action reject {first.id.hex}")
    place.now += timedelta(hours=3)
    await learn(place, (await merges(place, 10)).action_id)
    second, _ = await offers(place)
    reply = await place.command(f"action stop {second.id.hex}")
    assert "not offer `post.message` after `github.merge` again" in reply.text
    assert second.status == "proposed"
    place.now += timedelta(days=89)
    for number in range(20, 24):
        await merges(place, number)
        await posts(place, number)
    place.now += timedelta(days=2)  # the no is older than what is looked at
    await learn(place, (await merges(place, 30)).action_id)
    assert len(await offers(place)) == 2


async def test_offers_are_few_and_only_for_what_was_just_done_by_who_lets_me_learn(
    place: Place,
) -> None:
    done = await habit(place)
    place.now += timedelta(minutes=11)
    await learn(place, done.action_id)  # the queue was long: it is nothing new any more
    bare = await place.execute("github.merge", repo="acme/api", number=10)
    await learn(place, bare.action_id)  # no conversation to say it in
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=place.now)
    await learn(place, (await merges(place, 11)).action_id)
    assert await offers(place) == []
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=True, now=place.now)
    for number in range(12, 17):
        place.now += timedelta(minutes=5)
        await learn(place, (await merges(place, number)).action_id)
    assert len(await offers(place)) == 3


async def test_what_was_done_in_private_is_not_offered_in_a_channel(place: Place) -> None:
    done = await habit(place)
    async with place.store.begin(place.workspace, None) as unit:
        acted = await Actions(unit).find(done.action_id)  # type: ignore[arg-type]
        assert acted is not None
        assert acted.audience == person("ann")
    rows(
        place.store.conninfo,
        "UPDATE actions SET audience = 'channel:C1' WHERE id = %s RETURNING id",
        str(done.action_id),
    )
    await learn(place, done.action_id)
    assert await offers(place) == []


async def test_what_somebody_always_says_yes_to_is_done_and_says_why(place: Place) -> None:
    for _ in range(9):
        asked = await place.execute("build.run", "model", target="web")
        for button in asked.buttons[:1]:  # until I am sure of it
            await place.press(button)
    inside = await place.turn()
    here = Here(place.person(), person("ann"), *inside)
    why = "You usually do this next (9 times so far)"
    wanted = Wanted("build.run", {"target": "web"}, "pattern", why, after="github.merge")
    assert (await place.acting().execute(here, wanted)).status == "approved"
    assert await said_in(place) == [f"It is done.\n\n_{why}_"]
    quoting = replace(here, tainted=True)
    other = replace(wanted, params={"target": "api"})
    assert (await place.acting().execute(quoting, other)).status == "proposed"


async def test_an_action_is_found_again_by_its_words(place: Place) -> None:
    done = await merges(place, 1)
    await learn(place, done.action_id)
    async with place.store.begin(place.workspace, None) as unit:
        assert await RecallIndex(unit).counts() == {"action": 1}


async def test_after_ten_songs_a_song_is_as_they_like_it_and_says_so(place: Place) -> None:
    for number in range(10):
        inside = await place.turn()
        await place.execute(
            "music.create", inside=inside, prompt=f"a song about {number} new things",
            genre="hip-hop", tempo=f"{140 + (number == 3)} bpm",
        )  # fmt: skip
        async with place.store.begin(place.workspace, None) as unit:
            await Actions(unit).rate(inside[0], 5.0, 1)
    made = await place.execute("music.create", prompt="a song")
    assert place.kit.calls[-1].params == {"prompt": "a song", "genre": "hip-hop", "tempo": "140"}
    assert "Hip-hop at 140 bpm, as you like them" in made.text
    assert await counted(place) == (2, 2, 0)
    acted = await place.acted(made.action_id)
    assert acted.asked == {"prompt": "a song"}
    await place.execute("music.create", prompt="a song", genre="jazz", tempo="90")
    assert place.kit.calls[-1].params == {"prompt": "a song", "genre": "jazz", "tempo": "90"}
    await place.execute("music.create", where="C1", prompt="a song")
    assert place.kit.calls[-1].params == {"prompt": "a song"}  # taste is nobody else's business
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=place.now)
    await place.execute("music.create", prompt="a song")
    assert place.kit.calls[-1].params == {"prompt": "a song"}


async def test_a_new_project_gets_what_the_person_always_adds(place: Place) -> None:
    for number in range(8):
        await place.command(
            f"do project.create name=app-{number} language=TypeScript dark_mode=true "
            "deploy=Vercel project=acme"
        )
    await place.command("do project.create name=shop")
    assert place.kit.calls[-1].params == {
        "name": "shop", "language": "TypeScript", "dark_mode": True, "deploy": "Vercel",
    }  # fmt: skip
    # Mynah's own choices are no proof of taste: one plain wish in another way weighs as much.
    async with place.store.begin(place.workspace, None) as unit:
        (latest, *_) = await Actions(unit).log("ann", limit=1)
    assert "language" not in latest.asked


async def test_when_something_was_once_meant_is_never_said_for_somebody(place: Place) -> None:
    place.kit.answers.append(ToolFailure("invalid", "Say when.", "at: required"))
    await place.execute("reminder.set", text="call somebody at the bank")
    for number in range(5):
        text = "call somebody at the bank" if number == 0 else f"call number {number} at the bank"
        assert (await place.execute("reminder.set", text=text, at="friday")).ok
    assert (await place.execute("reminder.set", text="write the letter")).ok
    assert place.kit.calls[-1].params == {"text": "write the letter"}


async def test_what_keeps_people_waiting_is_told_once_and_runs_in_the_background(
    place: Place,
) -> None:
    phases = (Phase("compile", 120_000.0), Phase("build", 480_000.0, waiting=True))
    for _ in range(2):
        place.kit.answers.append(ToolResult("Built.", phases=phases))
    inside = await place.turn()
    first = await place.execute("build.run", inside=inside, target="web")
    assert first.status == "done"
    await learn(place, first.action_id)
    await learn(place, first.action_id)
    (said,) = await said_in(place)
    assert "8 minutes of 10 minutes went into waiting for “build”" in said
    second = await place.execute("build.run", inside=await place.turn(), target="api")
    assert second.status == "approved"
    assert "I have begun" in second.text
    assert "“build”" in second.text
    assert "Built." in (await said_in(place))[-1]
    # Where nothing can be told later, they wait as before.
    assert (await place.execute("build.run", target="web")).status == "done"


async def test_a_like_of_what_came_later_is_one_of_what_was_asked_for(place: Place) -> None:
    place.kit.offered = tuple(replace(each, slow=True) for each in TOOLS)
    inside = await place.turn()
    begun = await place.execute("music.create", inside=inside, prompt="a song about rain")
    assert await said_in(place) == ["It is done."]
    async with place.store.begin(place.workspace, None) as unit:
        key = f"acted:{begun.action_id}:done"
        assert await Outbox(unit).of_ref("web", f"ref:{key}") == inside[0]
        assert await Interactions(unit).find(inside[0]) is not None
