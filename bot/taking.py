"""What a person does with what is kept of them: take it along, have it erased, be told of it.

Sequence only. What is allowed and what is refused is recorded, so that it holds everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.habits.quiet import Quiet
from integrations.contracts.host import CommandReply
from learning.store.people import People

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.forget import Forgetting
    from integrations.contracts.host import Person
    from learning.store.store import Store


class Taking:
    """Answers ``export``, ``forget-me`` and ``nudges``.

    Args:
        store: where everything is.
        forgetting: deletes for real.
        clock: tells the time.
    """

    def __init__(self, store: Store, forgetting: Forgetting, clock: Clock) -> None:
        self._store = store
        self._forgetting = forgetting
        self._quiet = Quiet(store, clock)

    async def export(self, who: Person, rest: str) -> CommandReply:
        """Return everything that is kept of a person, as data; the text only counts it."""
        del rest
        async with self._store.begin(who.workspace_id, None) as unit:
            found = await People(unit).export(who.user_id)
        lines = [f"- {name.replace('_', ' ')}: {len(rows)}" for name, rows in found.items()]
        summary = "\n".join(lines) or "There is nothing."
        return CommandReply(f"Everything I have of you:\n\n{summary}", {"export": found})

    async def forget_me(self, who: Person, rest: str) -> CommandReply:
        """Erase a person, once they said that they mean it."""
        if rest.lower() != "yes":
            return CommandReply(
                "This deletes everything I have of you, for good: your questions, my answers to "
                "them, your reactions, and what I learned. Type `forget-me yes` to do it.",
                ok=False,
            )
        counts = await self._forgetting.person(who.workspace_id, who.user_id)
        total = sum(counts.values())
        return CommandReply(
            f"Done. {total} row{'' if total == 1 else 's'} of yours are deleted.",
            {"deleted": counts},
        )

    async def nudges(self, who: Person, rest: str) -> CommandReply:
        """Say whether nudges may come, or record that they may or may not."""
        return await self._quiet.nudges(who, rest)
