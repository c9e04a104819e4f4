"""Why an answer was not good: kept in the person's own words, and held against its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from integrations.contracts.incoming import IncomingReason
from tests.bot.support import interaction_of

if TYPE_CHECKING:
    from pathlib import Path

    from integrations.contracts.delivery import Delivery
    from integrations.contracts.incoming import Reason
    from tests.bot.support import World

STANDING = (
    "SELECT value FROM signals WHERE workspace_id = %s AND kind = 'reason' "
    "AND removed_at IS NULL ORDER BY value"
)


async def say_why(
    world: World, reply: Delivery, *picked: Reason, text: str = "", user: str = "ann"
) -> None:
    event = world.message("x", user).model_dump(include={"surface", "workspace_id", "user_id"})
    reason = IncomingReason(
        **event,
        event_id=uuid4().hex,
        channel_id=f"dm:{user}",
        private=True,
        occurred_at=world.later(),
        interaction_id=interaction_of(reply),
        picked=picked,
        text=text,
    )
    await world.mynah.host.accept(reason)
    await world.mynah.work_off()


async def test_what_was_wrong_costs_its_sources_until_the_vote_or_the_reason_is_taken_back(
    world: World, tmp_path: Path
) -> None:
    source = tmp_path / "parrot.md"
    source.write_text("# Feeding\n\nThe parrot Kiri eats 40 grams of seeds a day.\n", "utf-8")
    await world.ingest(source)
    reply = await world.ask("How many grams of seeds does the parrot Kiri eat?")
    assert reply.citations
    against = "learning_id IN (SELECT id FROM learnings WHERE valid_to IS NULL)"
    await say_why(world, reply, "wrong")
    assert world.count("knowledge_corrections", against) == 0  # nobody finds it bad
    await world.react(reply, "👎")
    assert world.count("knowledge_corrections", against) == 1
    await say_why(world, reply, "too_long")
    assert world.rows(STANDING) == [("too_long",)]
    assert world.count("knowledge_corrections", against) == 0
    await say_why(world, reply, "outdated", "too_long", text="It is 35 since spring.")
    assert world.count("knowledge_corrections", against) == 1
    again = await world.ask("How many grams of seeds does the parrot Kiri eat?", thread="b")
    assert "40 grams" not in again.text
    await world.react(reply, "👎", removed=True)
    assert world.count("knowledge_corrections", against) == 0


async def test_the_words_go_with_the_person_and_who_opted_out_is_not_learned_from(
    world: World,
) -> None:
    reply = await world.ask("What is 2+2?")
    await world.react(reply, "👎")
    await say_why(world, reply, "too_long", text="half of it will do")
    exported = (await world.command("export")).data["export"]["signals"]
    assert "half of it will do" in {row["note"] for row in exported}
    assert (await world.why(reply))["reason"] == {
        "picked": ["too_long"],
        "text": "half of it will do",
    }
    moved = "SELECT facets->>'concise' FROM personas WHERE workspace_id = %s AND user_id = 'ann'"
    ((before,),) = world.rows(moved)
    assert float(before) > 0.5
    await world.command("off")
    other = await world.ask("What is 3+3?")
    await world.react(other, "👎")
    await say_why(world, other, "too_long")
    assert world.count("interactions", "rating = 1") == 2
    assert world.rows(moved) == [(before,)]
    await world.command("forget-me yes")
    assert world.count("signals") == 0
