"""What was asked and answered in an interaction, in so many words, and who let it be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.interactions import Interaction
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
    first = None if interaction_id is None else await Interactions(unit).find(interaction_id)
    first = None if first is None else await _first(unit, first)
    return None if first is None else await asked(unit, first.id)


async def may_be_kept(unit: Unit, interaction: Interaction, *writers: str) -> bool:
    """Return whether the question and an answer to it may be kept for later answers.

    Both are somebody's words, and it takes all of them: whoever asked, and whoever wrote.

    Args:
        unit: an open transaction.
        interaction: what was asked, or somebody's correction of the answer.
        writers: who wrote a further answer.
    """
    first = await _first(unit, interaction)
    people = {interaction.user_id, *writers} | ({first.user_id} if first is not None else set())
    return (await Consents(unit).willing(people, interaction.surface)).keys() == people


async def _first(unit: Unit, interaction: Interaction) -> Interaction | None:
    """Return the interaction whose question this one answers: a correction has none."""
    found: Interaction | None = interaction
    while found is not None and found.supersedes is not None:
        found = await Interactions(unit).find(found.supersedes)
    return found
