"""Voices: what everybody said about an answer, and what a message says about earlier ones.

Sequence only: what a message says is decided in ``learning.gestures`` and
``learning.routing.wishes``, what holds of it in ``learning.feedback``, what it comes to in
``learning.routing.crediting``, how much one person may weigh in ``learning.routing.influence``.
Who does not want to be learned from is not heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from bot.opinions import OWN_IDS, signals_of
from learning.extract import similarity
from learning.feedback import LEFT_OPEN, implied, reward_of
from learning.gestures import follows_up, gesture
from learning.precedent import SAME_QUESTION
from learning.reasons import form
from learning.routing.contract import Option
from learning.routing.crediting import (
    ASKED_AGAIN_WITHIN,
    HEARD,
    Voices,
    Vote,
    Wish,
    last_words,
    modified,
)
from learning.routing.influence import BURST, WINDOW, weight_of
from learning.routing.wishes import wishes
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from bot.ledger import Told
    from bot.opinions import Opinions
    from learning.gestures import Gesture
    from learning.interpretation.contract import AskedOutcome
    from learning.lexicon import Lexicon
    from learning.store.conversations import Message
    from learning.store.feedback import StoredSignal
    from learning.store.interactions import Interaction, Run
    from learning.store.store import Unit

_GESTURES: Final[Mapping[Gesture, str]] = {
    "thanks": "thanked",
    "accepted": "accepted",
    "rejected": "rejected",
}
_BY_MESSAGE: Final = frozenset(
    {"regenerated", "asked_again", "asked_other", "wish", LEFT_OPEN, *_GESTURES.values()}
)
"""Signals that a message gives about an earlier answer."""
_LOOKED_BACK: Final = 3
"""Turns in which a message's answer is looked for; those that only said thanks are passed over."""


class Listening:
    """Hears what people say about answers.

    Args:
        lexicon: for comparing questions.
        opinions: reads what people gave on purpose.
    """

    def __init__(self, lexicon: Lexicon, opinions: Opinions) -> None:
        self._lexicon = lexicon
        self._opinions = opinions
        self._log = structlog.get_logger("mynah.credit")

    async def heard(self, unit: Unit, interaction: Interaction) -> list[StoredSignal]:
        """Return the signals that stand on an answer, from everybody who may be learned from."""
        standing = await Signals(unit).standing(interaction.id)
        return await willing(unit, standing, interaction)

    async def about(self, unit: Unit, told: Told, heard: Sequence[StoredSignal]) -> Voices:
        """Return what the signals that were heard come to."""
        signs = {sign.kind: sign.value for sign in implied(signals_of(heard), own_ids=OWN_IDS)}
        other = signs.get("asked_other")
        return Voices(
            votes=await self._votes(unit, told, heard),
            regenerated="regenerated" in signs,
            asked_again="asked_again" in signs,
            asked_other=None if other is None else Option(other, version_of(told, other)),
            wishes=tuple(
                Wish(signal.user_id, tuple(signal.value.split("+")))
                for signal in heard
                if signal.kind == "wish"
            )
            + self._wished(told, heard),
            accepted="accepted" in signs,
            rejected="rejected" in signs,
            thanked="thanked" in signs,
            copied="copied" in signs,
            followed_up=LEFT_OPEN in signs,
        )

    def _wished(self, told: Told, heard: Sequence[StoredSignal]) -> tuple[Wish, ...]:
        """Return the form that people wished for by saying what was wrong with this one."""
        settings = told.choice.settings.get(told.interaction.role or "", {})
        way = str(settings.get("variant", {}).get("option", ""))
        wished = {user: form(why, way) for user, why in self._opinions.reasons(heard).items()}
        return tuple(Wish(user, aspects) for user, aspects in wished.items() if aspects)

    async def settle(
        self, unit: Unit, interaction: Interaction, heard: Sequence[StoredSignal], now: datetime
    ) -> None:
        """Note whether a reading that was taken without asking was what the person meant.

        What they chose themselves since then stands. When everything they said is taken back,
        it is as if they had never said it: silence means that the reading was right.
        """
        interpretations = Interpretations(unit)
        taken = await interpretations.of(interaction.id)
        if taken is None or taken.mode != "advanced" or not taken.readings:
            return
        if await Interactions(unit).settling(interaction.id) is not None:
            return
        meant = self._opinions.served(heard, taken.user_id)
        if meant is None and taken.outcome is None:
            return
        outcome: AskedOutcome = "another" if meant is False else "first"
        if outcome == taken.outcome:
            return
        first = taken.readings[0]
        chosen = (first.id, first.text) if outcome == "first" else ("", "")
        await interpretations.settle(interaction.id, outcome, *chosen, now)

    async def hear(self, unit: Unit, interaction: Interaction) -> list[UUID]:
        """Note what a message says about an earlier answer; return those that it is about."""
        if interaction.clarifies is not None:
            return []  # a choice of a reading says what was meant, and nothing about an answer
        if interaction.again is not None:
            about: UUID = interaction.again
            kind = "asked_other" if interaction.asked_role else "regenerated"
            value = interaction.asked_role or str(interaction.id)
        else:
            before = await self._before(unit, interaction)
            said = None if before is None else await self._said(unit, interaction, before)
            if before is None or said is None:
                return []
            about, (kind, value) = before.id, said
        await Signals(unit).give(about, interaction.user_id, kind, value, interaction.created_at)
        return [about]

    async def unhear(self, unit: Unit, interaction: Interaction, now: datetime) -> list[UUID]:
        """Take back what a message or a correction said; return the answers it was about."""
        if interaction.supersedes is not None:
            about = [interaction.supersedes]
        elif interaction.again is not None:
            about = [interaction.again]
        else:
            about = [each.id for each in await _recent(unit, interaction)]
        signals, touched = Signals(unit), []
        for id_ in about:
            said = [
                signal
                for signal in await signals.standing(id_)
                if signal.user_id == interaction.user_id
                and (
                    (signal.kind in _BY_MESSAGE and signal.occurred_at == interaction.created_at)
                    or (signal.kind == "correction" and signal.value == str(interaction.id))
                )
            ]
            for signal in said:
                await signals.take_back(id_, signal.user_id, signal.kind, signal.value, now)
            touched += [id_] if said else []
        return touched

    async def _before(self, unit: Unit, interaction: Interaction) -> Interaction | None:
        """Return the turn that a message may speak of: the last that was more than a gesture."""
        for earlier in await _recent(unit, interaction):
            question, _ = await _told(unit, earlier.id)
            if gesture(question) is None:
                return earlier
        return None

    async def _said(
        self, unit: Unit, interaction: Interaction, before: Interaction
    ) -> tuple[str, str] | None:
        """Return the signal that a message gives about the turn before it: kind and value."""
        text, _ = await _told(unit, interaction.id)
        question, answer = await _told(unit, before.id)
        if wanted := wishes(text):
            return "wish", "+".join(wanted)
        if before.outcome in HEARD and answer is not None:
            asked = answer.text.rstrip(" *_)\n").endswith("?")
            if (meant := gesture(text, asked=asked)) is not None:
                return _GESTURES[meant], str(interaction.id)
        if self._repeats(text, question, interaction.created_at - before.created_at):
            return "asked_again", str(interaction.id)
        if before.outcome not in HEARD or answer is None:
            return None
        terms = self._lexicon.terms
        after_s = (interaction.created_at - answer.said_at).total_seconds()
        if follows_up(text, terms(text), terms(f"{question}\n{answer.text}"), after_s):
            return LEFT_OPEN, str(interaction.id)
        return None

    def _repeats(self, text: str, earlier: str, after: timedelta) -> bool:
        return (
            after <= ASKED_AGAIN_WITHIN
            and bool(earlier)
            and similarity(text, earlier, self._lexicon) >= SAME_QUESTION
        )

    async def _votes(
        self, unit: Unit, told: Told, heard: Sequence[StoredSignal]
    ) -> tuple[Vote, ...]:
        reactions = self._opinions.votes(heard)
        corrections = {s.user_id: s for s in heard if s.kind == "correction"}
        mended = {
            user: modified(await _kept(unit, UUID(signal.value)))
            for user, signal in corrections.items()
        }
        # A word against the answer is as plain as a vote, and the later of both holds; who only
        # mends the answer says less than with a vote.
        words = last_words(
            {user: (reward_of(vote.rating), vote.at) for user, vote in reactions.items()},
            {user: s.occurred_at for user, s in corrections.items() if mended[user] is None},
        )
        given = {user: (reward, at, 1.0) for user, (reward, at) in words.items()}
        for user, change in mended.items():
            if change is not None:
                given.setdefault(user, (change[0], corrections[user].occurred_at, change[1]))
        found, signals = [], Signals(unit)
        for user_id, (reward, at, part) in given.items():
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
            found.append(Vote(user_id, reward, weight * part))
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


async def willing(
    unit: Unit, signals: Sequence[StoredSignal], interaction: Interaction
) -> list[StoredSignal]:
    """Return what of the signals on an answer is from people who may be learned from."""
    people = await Consents(unit).willing((s.user_id for s in signals), interaction.surface)
    return [signal for signal in signals if signal.user_id in people]


async def _recent(unit: Unit, interaction: Interaction) -> list[Interaction]:
    """Return what the same person asked before in the same thread, newest first."""
    return await Interactions(unit).previous(
        interaction.conversation_id,
        interaction.created_at,
        interaction.user_id,
        limit=_LOOKED_BACK,
    )


async def _told(unit: Unit, interaction_id: UUID) -> tuple[str, Message | None]:
    """Return what a person asked, and what Mynah answered."""
    said = await Conversations(unit).of_interaction(interaction_id)
    question = next((message.text for message in said if message.by == "person"), "")
    return question, next((message for message in said if message.by == "mynah"), None)


async def _kept(unit: Unit, correction_id: UUID) -> float | None:
    """Return how much of the answer a correction kept, if that is known."""
    correction = await Interactions(unit).find(correction_id)
    kept = None if correction is None else correction.explanation.get("kept")
    return float(kept) if isinstance(kept, int | float) else None
