"""What a person may want to ask next, from what they said where they are.

Sequence only. A goal that was told in a channel is not shown elsewhere, not even to the person
themselves: somebody may look over their shoulder at what others there wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.readers import audience_here
from learning.prompts import suggested
from learning.scope import WORKSPACE
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.memories import Memories

if TYPE_CHECKING:
    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.store.store import Store


class Prompts:
    """Suggests questions.

    Args:
        store: where goals and threads are.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, who: Person) -> tuple[str, ...]:
        """Return a few questions; those for newcomers where nothing is to be learned from."""
        here = audience_here(who)
        async with self._store.begin(who.workspace_id, None) as unit:
            if not await Consents(unit).learns(who.user_id, who.surface):
                return suggested((), ())
            goals = await Memories(unit).of(who.user_id, kinds=["goal"], now=self._clock())
            threads = await Conversations(unit).threads(who.user_id, who.surface, limit=20)
        return suggested(
            [goal.text for goal in goals if goal.audience in (WORKSPACE, here)],
            [thread.title for thread in threads if thread.audience == here],
        )
