"""What may be used in which reply: a reply holds only what all of its readers may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

SECRET = "QUETZAL"
QUESTION = "Which python codename does the launch have?"
ROOMS = [("ann", None), ("bob", None), ("ann", "C1"), ("bob", "C1"), ("ann", "C2")]
"""Who speaks, and in which channel; ``None`` is a DM."""


def may_see(source: tuple[str, str | None], reader: tuple[str, str | None]) -> bool:
    """Return whether something said in one room may be used in a reply in another."""
    (author, said_in), (_, shown_in) = source, reader
    if said_in is None:
        return reader == (author, None)
    return said_in == shown_in


async def prompt(world: World, models: ModelServer, user: str, channel: str | None) -> str:
    models.received.clear()
    reply = await world.ask(QUESTION, user, channel, thread=uuid4().hex)
    assert models.received, "a model was asked"
    return models.received[-1].turns[-1][1] + reply.text + str(reply.citations)


@pytest.mark.parametrize("source", ROOMS, ids=str)
@pytest.mark.parametrize("kind", ["message", "rated answer", "correction"])
async def test_where_something_is_used(
    scripted: World, models: ModelServer, source: tuple[str, str | None], kind: str
) -> None:
    user, channel = source
    if kind == "message":
        await scripted.ask(f"Our python launch has the codename {SECRET}", user, channel)
    else:
        models.say(f"It is {SECRET}." if kind == "rated answer" else "No idea.")
        reply = await scripted.ask(QUESTION, user, channel)
        if kind == "rated answer":
            await scripted.react(reply, "👍", user, channel)
        else:
            await scripted.correct(reply, f"It is {SECRET}.", user, channel)
    for reader in ROOMS:
        seen = SECRET in await prompt(scripted, models, *reader)
        assert seen == may_see(source, reader), f"{kind} of {source} in a reply to {reader}"


@pytest.mark.parametrize("private", [True, False])
async def test_private_knowledge_is_used_in_its_owners_dm_only(
    scripted: World, models: ModelServer, tmp_path: Path, private: bool
) -> None:
    document = tmp_path / "launch.md"
    document.write_text(f"# Launch\n\nThe python codename of the launch is {SECRET}.\n")
    await scripted.ingest(document, "ann", private=private)
    for reader in ROOMS:
        seen = SECRET in await prompt(scripted, models, *reader)
        assert seen == (not private or reader == ("ann", None)), reader


async def test_a_dislike_says_nothing_elsewhere(scripted: World, models: ModelServer) -> None:
    """Even that a role was avoided would tell what somebody thinks."""
    models.say("It is DODO.")
    await scripted.react(await scripted.ask(QUESTION, "ann"), "👎", "ann")
    assert (await scripted.ask(QUESTION, "bob")).role == "lead"
    assert (await scripted.ask(QUESTION, "ann", "C1")).role == "lead"
    assert (await scripted.ask(QUESTION, "ann", thread="t2")).role != "lead"


async def test_commands_show_only_what_one_may_see(scripted: World, models: ModelServer) -> None:
    models.say(f"It is {SECRET}.")
    reply = await scripted.ask(QUESTION, "ann")
    await scripted.react(reply, "👍", "ann")
    interaction = reply.target.interaction_id
    ((learning,),) = scripted.rows("SELECT id FROM learnings WHERE workspace_id = %s")
    for who in (("bob", None), ("bob", "C1")):
        for line in (
            f"why {interaction}",
            f"show {learning}",
            f"why {learning}",
            f"forget {learning}",
            f"forget {interaction}",
            f"correct {interaction} no",
            "learnings",
            "why",
            "export",
        ):
            answer = await scripted.command(line, *who)
            assert SECRET not in answer.text + str(dict(answer.data)), line
    assert scripted.count("learnings", "valid_to IS NULL") == 1
    host = scripted.mynah.host
    conversation = reply.target.conversation_id
    assert await host.transcript(scripted.person("bob"), conversation) == []
    assert await host.learned(scripted.person("bob"), interaction) == []  # type: ignore[arg-type]
    assert await host.threads(scripted.person("bob")) == []


@dataclass(frozen=True, slots=True)
class Said:
    room: tuple[str, str | None]
    number: int
    liked: bool


said = st.lists(
    st.builds(Said, st.sampled_from(ROOMS), st.integers(0, 9), st.booleans()),
    min_size=1,
    max_size=4,
)


@given(said)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_in_any_small_world_nothing_leaks(
    scripted: World, models: ModelServer, said: list[Said]
) -> None:
    models.reset()
    scripted.workspace = f"w{uuid4().hex[:12]}"
    words = {f"BIRD{index}{each.number}": each for index, each in enumerate(said)}
    for word, each in words.items():
        models.say(f"It is {word}A.")
        reply = await scripted.ask(
            f"Our python launch codename is {word}Q", *each.room, thread=uuid4().hex
        )
        if each.liked:
            await scripted.react(reply, "👍", *each.room)
    for reader in ROOMS:
        seen = await prompt(scripted, models, *reader)
        for word, each in words.items():
            if not may_see(each.room, reader):
                assert word not in seen, f"{each} in a reply to {reader}"
