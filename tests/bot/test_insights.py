"""Which way to go about work, and what a person's doings say to that person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.acting.board import Board
from bot.acting.insights import Insights
from bot.acting.plans import Plans
from bot.tasks import TaskCommands
from integrations.contracts.host import CommandReply, Person
from integrations.contracts.model import ModelRequest
from integrations.contracts.tools import Call, ToolResult
from integrations.models.prompt import assemble
from learning.scope import channel, person
from learning.store.consents import Consents
from learning.store.ids import new_id
from tests.bot.doing_place import Place, open_place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from learning.store.cipher import Cipher
    from tests.database import Server


@pytest.fixture(scope="module")
def house(database_server: Server) -> Iterator[str]:
    with database_server.clone() as conninfo:
        yield conninfo


@pytest.fixture
async def place(house: str, cipher: Cipher, workspace: str) -> AsyncIterator[Place]:
    async with open_place(house, cipher, workspace) as place:
        yield place


async def say(place: Place, line: str, where: str = "") -> CommandReply:
    board = Board(place.store, place.clock)

    async def do(who: Person, tool: str, params: Mapping[str, Any]) -> CommandReply:
        result: ToolResult = await board.call(Call(tool, params, who, new_id()))
        return CommandReply(result.text, result.data)

    commands = TaskCommands(place.store, board, do, [], place.clock).commands()
    name, _, rest = line.partition(" ")
    (command,) = [each for each in commands if each.name == name]
    return await command.run(place.person(channel=where), rest)


async def landing(place: Place, whom: str, way: str, minutes: int) -> str:
    """Do a landing page in some way; return its id."""
    added = await say(place, f"task add Build a landing page for {whom}")
    id_ = str(added.data["task"])
    await say(place, f"task move {id_} doing")
    place.now += timedelta(minutes=minutes)
    done = await say(place, f"task move {id_} done")
    (button,) = done.buttons
    assert (button.label, bool(button.asks)) == ("Which way?", True)
    assert (await say(place, f"{button.line} {way}")).ok
    return id_


async def test_the_way_that_worked_is_the_plan_and_the_one_that_failed_is_not_taken_again(
    place: Place,
) -> None:
    assert "do not know yet" in (await say(place, "task plan landing page")).text
    first = await landing(place, "Acme", "template", 30)
    back = await say(place, f"task move {first} back to todo")
    why = await say(place, f"{back.buttons[0].line} it looks like everybody else's")
    assert "Not again: “template” worked 0 of 1 times (it looks like everybody" in why.text
    for whom in ("Beta", "Gamma", "Delta"):
        await landing(place, whom, "look at existing pages", 12)
    again = await say(place, f"task move {first} doing")
    assert "I would go about it as in “look at existing pages” worked 3 of 3 times" in again.text
    assert "in about 12 minutes" in again.text
    plan = await say(place, "task plan a landing page for Epsilon")
    assert plan.data == {"kind": "landing page"}
    assert "Not again: “template”" in plan.text
    # What is said in a channel rests on what those may know who read there.
    assert "do not know yet" in (await say(place, "task plan landing page", "C1")).text
    assert not (await say(place, f"task plan {first}", "C1")).ok


async def test_models_are_told_what_worked_when_they_are_asked_about_such_work(
    place: Place,
) -> None:
    for whom in ("Beta", "Gamma", "Delta"):
        await landing(place, whom, "look at existing pages", 12)
    plans = Plans(place.store, place.clock)
    asked = (place.workspace, "ann", "web")
    own, question = (person("ann"),), "How should I go about the landing page for Zeta?"
    known = await plans.known(*asked, own, question)
    assert known.startswith("Ways to do “landing page” so far: “look at existing pages” worked 3")
    assert known in assemble(ModelRequest(question, plan=known)).turns[-1].text
    assert await plans.known(*asked, own, "How tall is the tower?") == ""
    assert await plans.known(*asked, own, "The landing page is nice.") == ""
    assert await plans.known(*asked, (channel("C1"),), question) == ""
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=place.now)
    assert await plans.known(*asked, own, question) == ""
    done = await say(place, "task add Write docs")
    assert (await say(place, f"task move {done.data['task']} done")).buttons == ()


async def test_insights_are_for_the_person_alone_and_say_what_they_count(place: Place) -> None:
    insights = Insights(place.store, place.clock)
    alone = place.person(tz="Europe/Berlin")
    few = await insights.insights(alone, "")
    assert few.data["insights"] == []
    for number in range(4):
        await place.execute("notes.keep", title=f"note {number}")
        await landing(place, f"customer {number}", "template", 5)
    await place.turn()
    reply = await insights.insights(alone, "")
    assert (reply.data["questions"], reply.data["actions"], reply.data["tasks"]) == (1, 4, 4)
    assert "landing page (44%)" in reply.text
    assert "(9 counted)" in reply.text
    assert "Only you see this" in reply.text
    channel_ = await insights.insights(place.person(channel="C1"), "")
    assert not channel_.ok
    other = await insights.insights(place.person("bob"), "")
    assert other.data["insights"] == []
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=place.now)
    assert not (await insights.insights(alone, "")).ok
