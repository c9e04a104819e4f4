"""What is forgotten stands in no table of people's weeks, nor in what was said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.opinions import USUAL
from bot.speaking import Speaking
from bot.standing import Standings
from integrations.contracts.surface import Spot
from learning.habits.adjust import Adjustment
from learning.memory.contract import Draft
from learning.scope import person
from learning.spans import Span
from learning.store.calendars import Calendar, Calendars
from learning.store.habits import Habits
from learning.store.ids import new_id
from learning.store.manners import MannersKept
from learning.store.memories import Memories
from learning.store.nudges import Nudge, Nudges
from learning.store.slot_offers import Offer, SlotOffers
from learning.store.syncs import Due, Syncs
from learning.store.weeks import Weeks
from tests.bot.support import interaction_of
from tests.bot.test_memory_forgotten import holding

if TYPE_CHECKING:
    from tests.bot.support import World

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HABIT = {
    "kind": "zyxwort tuning", "cadence": "weekly", "days": [5], "nth": 0, "day": 0, "minute": 900,
    "support": 8, "share": 1.0, "confidence": 0.9, "recent": [0] * 8, "lead": 15,
}  # fmt: skip
TABLES = (
    "completions", "habits", "energy", "manners", "nudges", "slot_offers", "calendars", "syncs",
)  # fmt: skip


async def known(world: World) -> str:
    """Let everything be known of Ann that a week can hold; return what she said of it."""
    done = await world.command("did zyxwort tuning 90m well: in the zyxwort room")
    await world.command(f"did rate {done.data['id']} energy 0.9")
    asked = await world.ask("I finished the zyxwort tuning.")
    assert world.count("completions") == 2
    await world.command("nudges on")
    mynah = world.mynah
    standings = Standings(mynah.store, mynah.queue, mynah.surfaces, USUAL)
    speaking = Speaking(mynah.queue, standings, lambda: NOW)
    span = Span(NOW, NOW + timedelta(hours=1))
    async with mynah.store.begin(world.workspace, None) as unit:
        await Weeks(unit).lay_over(
            "ann", [Adjustment((5,), (15,), 0.5, "zyxwort is hard")], None, {"by": "rules"}, NOW
        )
        excels = Draft("insight", "excels at zyxwort tuning", "observed", slot="week: zyxwort")
        assert await Memories(unit).put(excels, "ann", person("ann"), [], NOW)
        await MannersKept(unit).change("ann", NOW, {"recurring": [HABIT]})
        nudge = Nudge(
            "ann", "habit", unit.digest("z"), NOW, NOW, {"habit": HABIT, "said": "zyxwort?"}
        )
        digest = Nudge("ann", "digest", unit.digest("d"), NOW, NOW)
        await Nudges(unit).plan([nudge, digest], NOW)
        spot = Spot("dm:ann", "", True, "you")
        for each in (nudge, digest):
            assert await speaking.say(
                unit, surface=world.surface.name, spot=spot, user_id="ann", key=each.key,
                text="Want me to prepare the zyxwort tuning?", below="Zyxwort, 8 times.",
            )  # fmt: skip
            await Nudges(unit).settle(each, "sent", of={each.status}, sent_at=NOW)
        await SlotOffers(unit).add(
            Offer(new_id(), "ann", "zyxwort tuning", "zyxwort", 60, "UTC", (span,), "open", NOW)
        )
        await Calendars(unit).put(Calendar("ann", (span,), NOW), NOW)
        await Syncs(unit).begin(Due("ann", 1, 1), NOW)
    return str(interaction_of(asked))


async def test_with_the_last_of_its_kind_everything_goes_that_quotes_it(world: World) -> None:
    asked = await known(world)
    assert (await world.command("did undo")).ok
    assert world.count("nudges", "status = 'sent'") == 2  # the message still says so
    assert (await world.command(f"forget {asked}")).ok
    # What she asked for by hand stays: nothing of it was forgotten.
    assert await holding(world, "zyxwort") == {"slot_offers"}
    async with world.mynah.store.begin(world.workspace, None) as unit:
        assert await Habits(unit).of("ann") == {}
    assert world.count("nudges", "status = 'silent'") == 1  # that she did not answer is known
    assert (await world.command("progress")).data == {"completions": 0}


async def test_weeks_are_summed_up_again_without_a_message_that_was_forgotten(
    world: World,
) -> None:
    asked = await known(world)
    assert (await world.command(f"forget {asked}")).ok
    async with world.mynah.store.begin(world.workspace, None) as unit:
        over = await Weeks(unit).over("ann")
    assert {kind: habit.count for kind, habit in over.habits.items()} == {
        "": 1, "zyxwort tuning": 1,
    }  # fmt: skip
    assert over.adjustments == ()


async def test_forget_me_empties_every_table_of_weeks(world: World) -> None:
    await known(world)
    assert all(world.count(table) for table in TABLES)
    assert (await world.command("forget-me yes")).ok
    assert {table: world.count(table) for table in TABLES} == dict.fromkeys(TABLES, 0)
    assert await holding(world, "zyxwort") == set()
