"""Reasons: what people say of why an answer was not good is kept, and counts against its sources.

Sequence only: what a reason speaks of is decided in ``learning.reasons``. What it says of form is
learned where wishes and votes are, and what it says of the reading where readings are settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.feedback import OTHER, REASON
from learning.reasons import TELLS
from learning.store.consents import Consents
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.knowledge import Knowledge
from learning.store.learnings import Learnings

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.opinions import Opinions
    from integrations.contracts.incoming import IncomingReason
    from learning.store.interactions import Interaction
    from learning.store.store import Unit


class Reasons:
    """Keeps reasons, and what follows from them for what answers were built on.

    Args:
        opinions: tells which of them hold.
        clock: tells the time.
    """

    def __init__(self, opinions: Opinions, clock: Clock) -> None:
        self._opinions = opinions
        self._clock = clock

    async def keep(self, unit: Unit, reason: IncomingReason) -> None:
        """Keep why somebody found an answer bad, in place of what they said of that before."""
        about, user, signals = reason.interaction_id, reason.user_id, Signals(unit)
        interaction = await Interactions(unit).find(about, lock=True)
        if interaction is None:
            return
        # A surface's clock may be ahead; what people say afterwards is to count as later.
        at = min(reason.occurred_at, self._clock())
        picked = [name for name in TELLS if name in reason.picked]
        if reason.text and not picked:
            picked = [OTHER]
        for before in await signals.standing(about):
            if (before.user_id, before.kind) == (user, REASON) and before.value not in picked:
                await signals.take_back(about, user, REASON, before.value, at)
        for i, name in enumerate(picked):
            await signals.give(about, user, REASON, name, at, note="" if i else reason.text)
        await self.blame(unit, interaction)

    async def blame(self, unit: Unit, interaction: Interaction) -> None:
        """Let an answer speak against its sources as long as somebody says that it is wrong.

        What was learned from the answer ends with the votes against it, and speaks no more.
        """
        learned = await Learnings(unit).of_interaction(interaction.id)
        rated = next((each for each in learned if each.kind == "rated_answer"), None)
        if rated is None:
            return
        reasons = self._opinions.reasons(await Signals(unit).standing(interaction.id))
        blaming = [user for user, why in reasons.items() if why.blames]
        if await Consents(unit).willing(blaming, interaction.surface):
            await Knowledge(unit).corrected(rated.id, interaction.id)
        else:
            await Knowledge(unit).cleared(rated.id)
