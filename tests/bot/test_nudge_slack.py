"""The seed's example in Slack: deploys Fridays at 15:00, and on Friday at 14:45 is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.queue import Queue
from integrations.surfaces.slack.reading import ids
from learning.store.nudges import Nudges
from learning.store.store import SEARCH_PATH
from tests.bot.nudging_place import FridayHost, NudgingPlace
from tests.bot.slack_place import open_place, words

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.slack_place import Place
    from tests.standins.slack_state import Message

ASKED = "Want me to prepare the deployment? You usually deploy on Fridays at 15:00."


async def test_friday_14_45_want_me_to_prep_deployment(
    database: str, encryption_key: str, tmp_path: Path
) -> None:
    async with (
        open_place(tmp_path, database, encryption_key, socket=True) as slack,
        Queue(database, SEARCH_PATH) as queue,
    ):
        slack.ada.tz = "Europe/Berlin"
        surface, mynah = slack.mynah.surfaces["slack"], slack.mynah
        place = NudgingPlace(mynah.store, queue, {"slack": surface}, slack.team.id, slack.ada.id)
        await surface.stop()
        await surface.start(FridayHost(mynah.host, place))
        dm = slack.dm(slack.ada)

        def shown() -> list[Message]:
            return [m for m in slack.answers(dm) if ASKED in words(m)]

        await place.usual()
        await place.command("nudges on")
        await place.at(14, 45)
        await place.work()
        (asked,) = shown()
        assert all(ASKED not in words(m) for m in slack.answers(slack.general))
        await press(slack, asked, "Yes", "Do it")
        await place.work()
        (settled,) = shown()
        assert buttons(settled) == {}
        assert await place.statuses() == ["accepted"]
        (nudge,) = await place.nudges()
        async with place.store.begin(place.workspace, None) as unit:
            assert await Nudges(unit).receipt(nudge) is not None

        await place.deployed(place.time)
        await place.at(14, 45, days=7)
        await place.work()
        *_, again = shown()
        await press(slack, again, "Stop these", "not bring this up")
        assert (await place.statuses())[0] == "stopped"
        await place.deployed(place.time)
        await place.at(14, 45, days=14)
        await place.work()
        assert len(shown()) == 2

        await slack.team.command(slack.ada, dm, "/mynah did deploying well")
        await slack.slack.until(lambda: "Noted" in str(slack.whispers(slack.ada, dm)))
        await slack.team.command(slack.ada, dm, "/mynah progress")
        await slack.slack.until(lambda: any(m.files for m in slack.slack.posts(dm.id)))
        (week,) = [file for m in slack.slack.posts(dm.id) for file in m.files]
        assert (week.name, week.content[:4]) == ("week.png", b"\x89PNG")


async def press(slack: Place, message: Message, label: str, told: str) -> None:
    """Press a button as Ada; wait until she is told of it."""
    dm, pressed = slack.dm(slack.ada), buttons(message)[label]
    await slack.team.click(slack.ada, message, pressed["action_id"], pressed["value"])

    def heard() -> bool:
        said = [*map(words, slack.answers(dm)), *slack.whispers(slack.ada, dm)]
        return any(told in each for each in said)

    await slack.slack.until(heard)


def buttons(message: Message) -> dict[str, dict[str, Any]]:
    """The buttons of ours below a message, by their labels."""
    elements = [e for block in message.blocks or () for e in block.get("elements", ())]
    return {
        each["text"]["text"]: each
        for each in elements
        if each.get("type") == "button" and str(each.get("action_id")).startswith(ids.RUN)
    }
