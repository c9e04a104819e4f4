"""What was asked and answered in an interaction, in so many words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.store.conversations import Conversations
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Unit


async def asked(unit: Unit, interaction_id: UUID) -> str | None:
    """Return what the person said in an interaction; nothing in one that only corrects."""
    said = await Conversations(unit).of_interaction(interaction_id)
    return next((message.text for message in said if message.by == "person"), None)


async def answered(unit: Unit, interaction_id: UUID) -> str | None:
    """Return the answer of an interaction; for a correction, what the person wrote."""
    said = await Conversations(unit).of_interaction(interaction_id)
    return next((message.text for message in said if message.by != "person"), None)


async def question_of(unit: Unit, interaction_id: UUID | None) -> str | None:
    """Return the question an interaction answered; for a correction, the original's."""
    if interaction_id is None:
        return None
    interactions = Interactions(unit)
    interaction = await interactions.find(interaction_id)
    while interaction is not None and interaction.supersedes is not None:
        interaction = await interactions.find(interaction.supersedes)
    return None if interaction is None else await asked(unit, interaction.id)
