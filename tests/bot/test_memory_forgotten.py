"""What is forgotten stands nowhere any more, and nothing brings it back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.embedding import Embedding
from bot.memorise import Memorising
from bot.prune import Pruning
from bot.reflect import Reflecting
from bot.retention import Retention
from learning.memory.contract import Draft
from learning.scope import person
from learning.store.interactions import Interactions
from learning.store.memories import Memories
from learning.store.personas import Personas
from tests.bot.reader import Reader, distilling, thread_of
from tests.bot.support import BEGIN, interaction_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from numpy.typing import NDArray

    from integrations.contracts.delivery import Delivery
    from tests.bot.support import World


async def holding(world: World, word: str, user: str = "ann") -> set[str]:
    """Return the tables in which a word stands among a person's rows."""
    export = (await world.command("export", user)).data["export"]
    return {table for table, rows in export.items() if word.casefold() in str(rows).casefold()}


class Interrupting:
    """An embedder during whose work something else happens, once."""

    name = "hashing:interrupting"
    dimension = 8

    def __init__(self, then: Callable[[], Awaitable[object]]) -> None:
        self._then = then
        self.worked = 0

    async def open(self) -> None:
        """Do nothing."""

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        del query
        self.worked += 1
        if self.worked == 1:
            await self._then()
        return np.ones((len(texts), self.dimension), np.float32)

    async def close(self) -> None:
        """Do nothing."""


def memorising(world: World, then: Callable[[], Awaitable[object]]) -> Memorising:
    return Memorising(Embedding(Interrupting(then), world.mynah.store))


async def songs(world: World, number: int = 6) -> Delivery:
    song = None
    for each in range(number):
        song = await world.ask(f"Make a hip-hop song about topic {each} at {141 + each} BPM")
        await world.react(song, "👍")
    assert song is not None
    return song


async def test_a_contradiction_goes_with_the_message_that_it_quotes(world: World) -> None:
    first = await world.ask("We deploy to Vercel.")
    second = await world.ask("We deploy to Fly.")
    assert any("Vercel" in line for line in (await world.why(second))["learned"])
    await world.command(f"forget {interaction_of(first)}")
    assert not any("Vercel" in line for line in (await world.why(second))["learned"])
    assert await holding(world, "Vercel") == set()


@pytest.mark.parametrize("what", ["memory", "message"])
async def test_what_a_request_was_read_as_goes_with_the_memory(world: World, what: str) -> None:
    said = await world.ask("My goal is to build a Zyxwort API.")
    await world.ask("My goal is to learn the Qwertzophone.")
    reply = await world.ask("deploy api")
    assert any("Zyxwort" in reading.text for reading in reply.readings)
    (goal,) = [m for m in (await world.command("me")).data["memories"] if "Zyxwort" in m["text"]]
    id_ = goal["id"] if what == "memory" else interaction_of(said)
    assert (await world.command(f"forget {id_}")).ok
    assert not {"interpretations", "interactions"} & await holding(world, "Zyxwort")
    assert (await world.command(f"why {interaction_of(reply)}")).ok


async def test_a_reading_holds_nothing_of_goals_that_it_does_not_speak_of(world: World) -> None:
    await world.ask("My goal is to learn the Qwertzophone.")
    reply = await world.ask("build api")
    assert reply.readings
    assert "interpretations" not in await holding(world, "Qwertzophone")


async def test_what_others_were_offered_goes_with_the_question_it_repeats(world: World) -> None:
    liked = await world.ask("Deploy the Zyxwort gateway api", channel="C1")
    await world.correct(liked, "Push the tag and wait.", channel="C1")
    offered = await world.ask("deploy api", "bob", "C1", thread="bobs")
    assert any("Zyxwort" in reading.text for reading in offered.readings), offered.readings
    await world.command("forget-me yes")
    assert await holding(world, "Zyxwort", "bob") == set()


async def test_own_words_for_a_question_go_with_their_message(world: World) -> None:
    await world.ask("build api")
    typed = await world.ask("I mean: write the Zyxwort changelog for the api")
    assert "interpretations" in await holding(world, "Zyxwort")
    await world.command(f"forget {interaction_of(typed)}")
    assert await holding(world, "Zyxwort") == set()


@pytest.mark.parametrize("which", ["question", "choice"])
async def test_what_a_choice_taught_goes_with_the_question_and_with_the_choice(
    world: World, which: str
) -> None:
    asked = await world.ask("build api")
    chosen = await world.choose(asked, "h1")
    assert await world.known(kind="goal") == ["build a REST API"]
    await world.command(f"forget {interaction_of(asked if which == 'question' else chosen)}")
    assert await world.known() == []


async def test_a_conclusion_goes_with_what_it_quotes(world: World) -> None:
    await songs(world, 4)
    last = await world.ask("I prefer TypeScript.")
    async with world.mynah.store.begin(world.workspace, None) as unit:
        for slot in ("habit", "returns_to", "asks_about"):
            draft = Draft("insight", f"concluded {slot} of hip-hop", "observed", slot=slot)
            assert await Memories(unit).put(draft, "ann", person("ann"), [], BEGIN)
    await world.command(f"forget {interaction_of(last)}")
    assert await world.known(kind="insight") == ["concluded asks_about of hip-hop"]


async def test_who_is_forgotten_while_the_embedder_works_stays_forgotten(world: World) -> None:
    song = await songs(world)
    store, now = world.mynah.store, world.later

    async def forget() -> None:
        await world.command("forget-me yes")

    reflecting = Reflecting(store, memorising(world, forget), now)
    await reflecting.reflect(world.workspace, str(interaction_of(song)), "ann")
    assert world.count("memories") == 0


@pytest.mark.parametrize("line", ["forget-me yes", "off"])
async def test_nothing_is_concluded_about_who_left_while_the_embedder_worked(
    world: World, line: str
) -> None:
    for number in range(12):
        await world.ask(f"Write a Python function that reads file {number}")

    async def leave() -> None:
        await world.command(line)

    learning = memorising(world, leave)
    store, now = world.mynah.store, world.later
    pruning = Pruning(store, learning, Retention(store, timedelta(days=30), now), now)
    await pruning.prune(world.workspace)
    assert world.count("memories", "kind = 'insight'") == 0


async def test_who_refuses_while_the_embedder_works_is_not_learned_from(world: World) -> None:
    song = await songs(world)
    world.rows("DELETE FROM memories WHERE workspace_id = %s")

    async def refuse() -> None:
        await world.command("off")

    reflecting = Reflecting(world.mynah.store, memorising(world, refuse), world.later)
    await reflecting.reflect(world.workspace, str(interaction_of(song)), "ann")
    assert world.count("memories") == 0


async def test_a_vote_taken_back_after_many_others_takes_its_step_along(world: World) -> None:
    reply = await world.ask("Explain what a mutex is")
    async with world.mynah.store.begin(world.workspace, None) as unit:
        keeping = Memorising(world.mynah.embedding)
        first = interaction_of(reply)
        await keeping.move(unit, "ann", first, "vote", {"concise": 0.05}, {}, BEGIN)
    for number in range(51):
        later = world.later()
        async with world.mynah.store.begin(world.workspace, None) as unit:
            one = await Interactions(unit).find(first)
            assert one is not None
            id_ = await Interactions(unit).open(
                one.conversation_id, "ann", one.surface, one.audience, later
            )
            step = {"formal": 0.001 * (-1) ** number}
            await keeping.move(unit, "ann", id_, "vote", step, {}, later)
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await keeping.move(unit, "ann", first, "vote", {}, {}, world.later())
        facets, _ = await Personas(unit).of("ann")
    assert facets["concise"] == pytest.approx(0.5)


async def test_a_message_that_is_read_again_does_not_hide_what_came_after_it(
    world: World,
) -> None:
    first = await world.ask("We deploy to Vercel.")
    await world.ask("We moved from Vercel to Fly.")
    shown = "SELECT id, valid_to IS NULL FROM recall_items WHERE workspace_id = %s"
    before = world.rows(shown)
    memories = world.rows(f"{shown} AND kind = 'memory'")
    assert sorted(holds for _, holds in memories) == [False, True]
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await world.mynah.queue.defer(
            unit,
            "learn",
            queue="learning",
            workspace_id=world.workspace,
            interaction_id=str(interaction_of(first)),
        )
    await world.mynah.work_off()
    assert sorted(world.rows(shown)) == sorted(before)
    assert await world.known(kind="preference") == ["deploys to Fly"]
    assert not any("now" in line for line in (await world.why(first))["learned"])


async def test_a_vote_that_is_taken_back_is_not_counted(world: World) -> None:
    told = await world.ask("The launch is in Ulm.")
    reply = await world.ask("Where is the launch?")
    assert told.outcome is not None
    assert reply.citations
    for removed in (False, True, False):
        await world.react(reply, "👍", removed=removed)
    counts = world.rows(
        "SELECT sum(learnings_successful) FROM learning_metrics WHERE workspace_id = %s"
    )
    assert counts == [(1,)]


async def test_a_memory_is_not_corrected_to_what_was_forgotten(world: World) -> None:
    await songs(world)
    noticed = [m for m in (await world.command("me")).data["memories"] if m["kind"] != "goal"]
    (genre,) = [m for m in noticed if m["origin"] == "observed" and "BPM" not in m["text"]]
    await world.command(f"forget {genre['id']}")
    await world.command("remember I prefer Rust")
    (mine,) = [m for m in (await world.command("me")).data["memories"] if "Rust" in m["text"]]
    reply = await world.command(f"correct {mine['id']} {genre['text']}")
    assert not reply.ok
    assert "prefers Rust" in await world.known()


@pytest.mark.parametrize("line", ["off", "forget-me yes", ""])
async def test_who_leaves_while_a_model_reads_is_not_noted(world: World, line: str) -> None:
    reply = await world.ask(
        "Yesterday the kiln of our pottery class went out, third week in a row."
    )

    async def leave() -> None:
        if line:
            await world.command(line)

    reader = Reader("has a kiln in a pottery class", leave)
    await distilling(world, reader).distil(world.workspace, await thread_of(world, reply))
    assert len(reader.read) == 1
    assert world.count("memories") == (0 if line else 1)
    assert world.count("persona_changes") == (0 if line else 1)


async def test_a_long_conversation_is_read_in_parts_and_to_its_end(world: World) -> None:
    reply = None
    for animal in ("axolotl", "badger", "capybara", "dingo"):
        notes = (f"On day {n} I saw the {animal} near hill {n} again." for n in range(90))
        reply = await world.ask(" ".join(notes)[:3_900])
    assert reply is not None
    reader = Reader("keeps notes on the axolotl")
    thread = await thread_of(world, reply)
    await distilling(world, reader).distil(world.workspace, thread)
    assert ["axolotl" in question for question in reader.read] == [True, False]
    assert ["dingo" in question for question in reader.read] == [False, True]
    await distilling(world, reader).distil(world.workspace, thread)
    assert len(reader.read) == 2
