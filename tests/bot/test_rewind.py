"""Going back to an earlier state of what was learned, and forth again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bot.support import interaction_of
from tests.bot.team import (
    Place,
    answers,
    as_admin,
    ask,
    close,
    crediting,
    estimates,
    recredit,
    snapshot,
    weights,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

CODE = "Write a python function that reverses a list"


@pytest.fixture
async def team(
    database: str, encryption_key: str, workspace: str, tmp_path: Path, models: ModelServer
) -> AsyncIterator[World]:
    place = Place(database, encryption_key, workspace, tmp_path / "home", models)
    async with place.open() as world:
        yield world


async def test_a_snapshot_is_taken_every_hundred_changes(team: World) -> None:
    process = crediting(team)
    for id_ in await answers(team, 101):
        await process.credit(team.workspace, str(id_))
    listed = await team.command("model snapshots")
    assert [s["version"] for s in listed.data["snapshots"]] == [100]


async def test_going_back_and_forth_leaves_nothing_that_cannot_be_taken_back(
    team: World,
) -> None:
    stays, goes, turns, comes = [await ask(team, f"{CODE} {n}") for n in range(4)]
    for reply in (stays, goes, turns):
        await team.react(reply, "👍")
    old = await snapshot(team)
    then = await estimates(team)
    await team.react(goes, "👍", removed=True)
    await team.react(turns, "👎")
    await team.react(comes, "👎")
    latest = await estimates(team)

    await as_admin(team, f"model restore {old}")
    assert await weights(team) == {"lead": 1.0}, "what was taken back since stays taken back"
    assert (await estimates(team))["lead"][0] < then["lead"][0]

    newest = (await team.command("model snapshots")).data["snapshots"][0]["version"]
    await as_admin(team, f"model restore {newest}")
    assert close(await estimates(team), latest), "what the first restoration put aside is back"
    assert await weights(team) == {"lead": 3.0}
    await as_admin(team, f"model restore {old}")
    await as_admin(team, f"model restore {newest}")

    for reply, emoji in ((stays, "👍"), (turns, "👎"), (turns, "👍"), (comes, "👎"), (goes, "👍")):
        await team.react(reply, emoji, removed=True)
        await recredit(team, interaction_of(reply))
    assert await weights(team) == {"lead": 0.0}
    assert (await estimates(team))["lead"][0] == pytest.approx(0.63, abs=1e-9)


async def test_a_vote_after_going_back_counts_once(team: World) -> None:
    reply = await ask(team, CODE)
    empty = await snapshot(team)
    await team.react(reply, "👎")
    await as_admin(team, f"model restore {empty}")
    assert await weights(team) == {}
    await team.react(reply, "👍")
    assert await weights(team) == {"lead": 1.0}
    newest = (await team.command("model snapshots")).data["snapshots"][0]["version"]
    await as_admin(team, f"model restore {newest}")
    await team.react(reply, "👍", removed=True)
    await team.react(reply, "👎", removed=True)
    assert set((await weights(team)).values()) <= {0.0}


async def test_only_an_admin_goes_back_and_only_to_what_there_is(team: World) -> None:
    await ask(team, CODE)
    kept = await snapshot(team)
    assert not (await team.command(f"model restore {kept}")).ok
    with pytest.raises(AssertionError, match=f"choose one of {kept}"):
        await as_admin(team, "model restore 7")
