"""Voices: what everybody said about an answer, and what a question says about earlier ones.

Sequence only: what it comes to is decided in ``learning.routing.crediting``, how much one
person may weigh in ``learning.routing.influence``. Who does not want to be learned from is not
heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.feedback import OWN_IDS
from learning.extract import similarity
from learning.feedback import Signal, reward_of, votes
from learning.precedent import SAME_QUESTION
from learning.routing.contract import Option
from learning.routing.crediting import ASKED_AGAIN_WITHIN, Voices, Vote, Wish, last_words
from learning.routing.influence import BURST, WINDOW, weight_of
from learning.routing.wishes import wishes
from learning.store.conversations import Conversations
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.people import Consents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from bot.ledger import Told
    from learning.lexicon import Lexicon
    from learning.store.feedback import StoredSignal
    from learning.store.interactions import Interaction, Run
    from learning.store.store import Unit

_BY_ASKING: Final = frozenset({"regenerated", "asked_again", "asked_other", "wish"})
"""Signals that a question gives about an earlier answer."""


class Listening:
    """Hears what people say about answers.

    Args:
        lexicon: for comparing questions.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._log = structlog.get_logger("mynah.credit")

    async def about(self, unit: Unit, told: Told) -> Voices:
        """Return what stands about an answer, from everybody who may be learned from."""
        consents = Consents(unit)
        heard = [
            signal
            for signal in await Signals(unit).standing(told.interaction.id)
            if await consents.given(signal.user_id, "learning", default=True)
        ]
        kinds = {signal.kind: signal.value for signal in heard}
        other = kinds.get("asked_other")
        return Voices(
            votes=await self._votes(unit, told, heard),
            regenerated="regenerated" in kinds,
            asked_again="asked_again" in kinds,
            asked_other=None if other is None else Option(other, version_of(told, other)),
            wishes=tuple(
                Wish(signal.user_id, tuple(signal.value.split("+")))
                for signal in heard
                if signal.kind == "wish"
            ),
        )

    async def hear(self, unit: Unit, interaction: Interaction) -> list[UUID]:
        """Note what a question says about earlier answers; return those that it is about."""
        about: dict[UUID, tuple[str, str]] = {}
        if interaction.again is not None:
            kind = "asked_other" if interaction.asked_role else "regenerated"
            about[interaction.again] = (kind, interaction.asked_role or str(interaction.id))
        elif (before := await _before(unit, interaction)) is not None:
            question = await _asked(unit, interaction.id)
            if wanted := wishes(question):
                about[before.id] = ("wish", "+".join(wanted))
            elif await self._repeats(unit, question, interaction, before):
                about[before.id] = ("asked_again", str(interaction.id))
        for id_, (kind, value) in about.items():
            await Signals(unit).give(id_, interaction.user_id, kind, value, interaction.created_at)
        return list(about)

    async def unhear(self, unit: Unit, interaction: Interaction, now: datetime) -> list[UUID]:
        """Take back what a question or a correction said; return the answers it was about."""
        if interaction.supersedes is not None:
            about: UUID | None = interaction.supersedes
        elif interaction.again is not None:
            about = interaction.again
        else:
            before = await _before(unit, interaction)
            about = None if before is None else before.id
        if about is None:
            return []
        signals = Signals(unit)
        said = [
            signal
            for signal in await signals.standing(about)
            if signal.user_id == interaction.user_id
            and (
                (signal.kind in _BY_ASKING and signal.occurred_at == interaction.created_at)
                or (signal.kind == "correction" and signal.value == str(interaction.id))
            )
        ]
        for signal in said:
            await signals.take_back(about, signal.user_id, signal.kind, signal.value, now)
        return [about] if said else []

    async def _repeats(
        self, unit: Unit, question: str, now_asked: Interaction, before: Interaction
    ) -> bool:
        if now_asked.created_at - before.created_at > ASKED_AGAIN_WITHIN:
            return False
        earlier = await _asked(unit, before.id)
        return bool(earlier) and similarity(question, earlier, self._lexicon) >= SAME_QUESTION

    async def _votes(
        self, unit: Unit, told: Told, heard: Sequence[StoredSignal]
    ) -> tuple[Vote, ...]:
        reactions = votes(
            (Signal(s.user_id, s.kind, s.value, s.occurred_at) for s in heard), own_ids=OWN_IDS
        )
        given = last_words(
            {user: (reward_of(vote.rating), vote.at) for user, vote in reactions.items()},
            {s.user_id: s.occurred_at for s in heard if s.kind == "correction"},
        )
        found, signals = [], Signals(unit)
        for user_id, (reward, at) in given.items():
            own, others = await signals.counts(user_id, at - WINDOW, at)
            agreeing = await signals.agreeing(told.interaction.role or "", at - BURST, at)
            weight = weight_of(own, others, agreeing)
            if weight < 1.0:
                self._log.info(
                    "influence_bounded",
                    interaction=str(told.interaction.id),
                    weight=round(weight, 3),
                    votes_of_person=own,
                    voters_within_a_minute=agreeing,
                )
            found.append(Vote(user_id, reward, weight))
        return tuple(found)


def version_of(told: Told, role: str) -> str:
    """Return what stood behind a role when it could have been chosen."""
    for candidate in told.choice.candidates:
        if candidate["role"] == role:
            return str(candidate.get("version") or candidate["model"])
    return ""


def version_that_ran(told: Told, run: Run) -> str:
    """Return what an attempt was made with; a stand-in in a role is not the role's own model."""
    if run.model_version:
        return run.model_version
    for candidate in told.choice.candidates:
        if candidate["role"] == run.role and candidate["model"] == run.model:
            return version_of(told, run.role)
    return run.model


async def _before(unit: Unit, interaction: Interaction) -> Interaction | None:
    """Return what the same person asked before in the same thread."""
    found = await Interactions(unit).previous(
        interaction.conversation_id, interaction.created_at, interaction.user_id, limit=1
    )
    return found[0] if found else None


async def _asked(unit: Unit, interaction_id: UUID) -> str:
    """Return what a person asked."""
    said = await Conversations(unit).of_interaction(interaction_id)
    return next((message.text for message in said if message.by == "person"), "")
