"""Reflecting: what people made of an answer tells how they like answers.

Sequence only. Runs after each vote and each correction, and works from what
stands now: a vote that was taken back takes its effect along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from bot.memorise import Kept
from bot.opinions import USUAL
from bot.said import answered
from learning import persona
from learning.feedback import LIKED, reward_of
from learning.memory.edits import learned
from learning.memory.preferences import discover
from learning.memory.things import thing
from learning.projects.style import style
from learning.reasons import form
from learning.routing.variants import aspects_of
from learning.store.consents import Consents
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.observations import Observations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.memorise import Memorising
    from bot.opinions import Opinions
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit


class Reflecting:
    """Learns about people from their votes and corrections.

    Args:
        store: where those are.
        memorising: keeps what is found.
        clock: tells the time.
        opinions: tells what they think of an answer.
    """

    def __init__(
        self, store: Store, memorising: Memorising, clock: Clock, opinions: Opinions = USUAL
    ) -> None:
        self._store = store
        self._memorising = memorising
        self._opinions = opinions
        self._clock = clock

    async def reflect(self, workspace_id: str, interaction_id: str, user_id: str) -> None:
        """Bring what is known of a person up to what they said about an answer."""
        id_, now = UUID(interaction_id), self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            interaction = await Interactions(unit).find(id_)
            if interaction is None:
                return
            surface = interaction.surface
            if not await Consents(unit).learns(user_id, surface):
                return
            await self._form(unit, interaction, user_id, now)
            await self._edits(unit, interaction, user_id, now)
            await self._code(unit, interaction, user_id, now)
            observations = await Observations(unit).of(user_id)
        found = discover(observations, now)
        vectors = await self._memorising.vectors([each.draft for each in found])
        async with self._store.begin(workspace_id, None) as unit:
            kept = Kept()
            await self._memorising.hold(unit, {s for each in found for s in each.sources})
            # Forgotten or refused while the embedder worked: then it stays so.
            if not await Consents(unit).learns(user_id, surface):
                return
            await self._memorising.observed(unit, user_id, found, now, kept)
            await self._memorising.find_again(unit, kept, vectors, now)

    async def _form(
        self, unit: Unit, interaction: Interaction, user_id: str, now: datetime
    ) -> None:
        """Move the facets by what the person thinks of the form of an answer."""
        signals = await Signals(unit).standing(interaction.id)
        vote = self._opinions.votes(signals).get(user_id)
        why = self._opinions.reasons(signals).get(user_id)
        way = await _way_of(unit, interaction)
        delta: Mapping[str, float] = {}
        if vote is not None and way:
            delta = persona.delta_of_vote(aspects_of(way), reward_of(vote.rating))
        await self._memorising.move(
            unit,
            user_id,
            interaction.id,
            "vote",
            delta,
            {} if vote is None else {"rating": vote.rating},
            now,
        )
        # Whoever says what was wrong with the form has wished for another one.
        await self._memorising.move(
            unit,
            user_id,
            interaction.id,
            "reason",
            {} if why is None else persona.delta_of_wishes(form(why, way)),
            {} if why is None else {"picked": list(why.picked)},
            now,
        )

    async def _code(
        self, unit: Unit, interaction: Interaction, user_id: str, now: datetime
    ) -> None:
        """Notice how the code is written that the person accepted; taken back, it is not."""
        traits = style(await answered(unit, interaction.id) or "")
        if not traits:
            return
        signals = await Signals(unit).standing(interaction.id)
        vote = self._opinions.votes(signals).get(user_id)
        seen = Observations(unit)
        for each in traits:
            if vote is not None and vote.rating >= LIKED:
                await seen.add(
                    user_id, interaction.id, interaction.audience, each.slot, each.value, None, now
                )
            else:
                await seen.take_back(user_id, interaction.id, each.slot, each.value)

    async def _edits(
        self, unit: Unit, interaction: Interaction, user_id: str, now: datetime
    ) -> None:
        """Learn from how the person rewrote an answer: words put in the place of others, form."""
        before = await answered(unit, interaction.id)
        for id_ in await Interactions(unit).corrections_of(interaction.id):
            correction = await Interactions(unit).find(id_)
            if correction is None or correction.user_id != user_id or before is None:
                continue
            after = await answered(unit, id_) or ""
            edit = learned(before, after)
            for _, new in edit.replaced:
                known = thing(new)
                if known is not None:
                    await Observations(unit).add(
                        user_id, id_, correction.audience, known.slot, known.value, None, now
                    )
            await self._memorising.move(
                unit,
                user_id,
                id_,
                "edit",
                persona.delta_of_edit(edit),
                {"similarity": round(edit.similarity, 3)},
                now,
            )


async def _way_of(unit: Unit, interaction: Interaction) -> str:
    """Return the prompt variant that an answer was made with."""
    choice = await Interactions(unit).choice_of(interaction.id)
    if choice is None or interaction.role is None:
        return ""
    settings = choice.settings.get(interaction.role, {})
    variant = settings.get("variant", {})
    return str(variant.get("option", ""))
