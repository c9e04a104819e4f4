"""What I know about you: the commands to see it, add to it and correct it.

Sequence only. A person sees what is known of themselves, wherever it was said;
nobody sees what is known of others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.consent import missing
from bot.describe import short
from bot.readers import audience_here
from integrations.contracts.host import CommandReply
from learning import persona
from learning.citations import day
from learning.confidence import permits
from learning.interpretation.threshold import threshold
from learning.memory.contract import Draft
from learning.memory.statements import MOST_KEPT, may_be_kept, read
from learning.memory.things import folded
from learning.scope import may_tell, person
from learning.store.consents import Consents
from learning.store.index import RecallIndex
from learning.store.interpretations import Interpretations
from learning.store.memories import Memories
from learning.store.personas import Personas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.memorise import Memorising
    from integrations.contracts.host import Person
    from learning.memory.contract import Memory
    from learning.store.store import Store, Unit

_TITLES: Final[Mapping[str, str]] = {
    "goal": "Goals",
    "preference": "Preferences",
    "insight": "Insights",
    "history": "History",
}
_ORIGINS: Final[Mapping[str, str]] = {
    "stated": "you said so",
    "chosen": "you chose it",
    "observed": "I noticed it",
    "inferred": "I concluded it",
}
_DOES: Final[Mapping[str, str]] = {
    "suggest": "I use it",
    "ask": "I ask before I use it",
    "silent": "too unsure to use",
    "fade": "fading",
}
_HISTORY_SHOWN: Final = 5
_SOURCES_SHOWN: Final = 5


class About:
    """Answers ``me`` and ``remember``.

    Args:
        store: where memories are.
        memorising: keeps what is to be remembered.
        clock: tells the time.
    """

    def __init__(self, store: Store, memorising: Memorising, clock: Clock) -> None:
        self._store = store
        self._memorising = memorising
        self._clock = clock

    async def me(self, who: Person, rest: str) -> CommandReply:
        """Return everything that is known of a person."""
        del rest
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            memories = await Memories(unit).of(who.user_id, now=now)
            facets, changes = await Personas(unit).of(who.user_id)
            before = await Interpretations(unit).outcomes(who.user_id)
            lacking = await Consents(unit).lacking(who.user_id, who.surface)
            nudges = await Consents(unit).given(who.user_id, "nudges", default=False)
        at = threshold(before, now)
        if not who.private:
            # Others read along here: what was said elsewhere stays there, and so does what was
            # learned of the person's ways.
            memories = [m for m in memories if may_tell(m.audience, audience_here(who))]
            facets, changes, before = {}, 0, []
        parts = [_section(kind, memories) for kind in _TITLES]
        liked = persona.lines(facets) if changes else []
        if liked:
            parts.append("**How you like answers**\n\n" + _listed(liked))
        if at.outcomes:
            parts.append(
                f"When a request can mean several things, I ask unless I am {at.at:.0%} sure of "
                f"one; that comes from {at.outcomes} choice{'' if at.outcomes == 1 else 's'} "
                "of yours."
            )
        said = "\n\n".join(part for part in parts if part)
        if not said:
            said = (
                "I know nothing about you yet. Tell me what you work on and how you like things "
                "(“I prefer TypeScript”, “I'm building a REST API”), or type `remember …`."
            )
        if lacking:
            said += f"\n\n{missing(lacking)}"
        return CommandReply(
            said,
            {
                "memories": [data_of(memory) for memory in memories],
                "persona": {name: round(value, 3) for name, value in facets.items()},
                "asks_below": round(at.at, 3),
                "learning": not lacking,
                "nudges": nudges,
                "likes": list(liked),
            },
        )

    async def correct(self, who: Person, memory: Memory, words: str) -> CommandReply:
        """Put a person's own words in the place of what was remembered of them."""
        now = self._clock()
        draft = Draft(
            memory.kind,
            " ".join(words.split()),
            slot=memory.slot,
            value=folded(words) if memory.slot else "",
        )
        if len(draft.text) > MOST_KEPT:
            return CommandReply(
                f"That has {len(draft.text)} characters and at most {MOST_KEPT} fit.", ok=False
            )
        if not may_be_kept(draft.text):
            return CommandReply(
                "I cannot keep that: it looks like a secret, or like an order to me.", ok=False
            )
        vectors = await self._memorising.vectors([draft])
        async with self._store.begin(who.workspace_id, None) as unit:
            memories = Memories(unit)
            sources = (await memories.sources_of([memory.id])).get(memory.id, ())
            id_ = await memories.put(draft, who.user_id, memory.audience, sources, now)
            if id_ is not None and id_ != memory.id:
                await memories.supersede(memory.id, id_, now)
                await RecallIndex(unit).invalidate([memory.id], now)
            found = await memories.find([id_]) if id_ is not None else []
            await self._memorising.index(unit, found, vectors)
        if not found:
            return CommandReply("You had me forget that, so I leave it.", ok=False)
        lines = "\n".join(line_of(each) for each in found)
        return CommandReply(
            f"Thank you. Now I have:\n\n{lines}", {"memories": [data_of(m) for m in found]}
        )

    async def remember(self, who: Person, rest: str) -> CommandReply:
        """Keep what a person wants to have remembered about themselves or their work."""
        if not rest:
            return CommandReply("Say what: `remember I deploy to Fly`.", ok=False)
        now = self._clock()
        found = read(rest, now)
        drafts = found.drafts or read(f"remember that {rest}", now).drafts
        if not drafts:
            why = " ".join(found.contradictions) or (
                "I keep what you say about yourself or your work in plain words, and no secrets: "
                "`remember I prefer short answers`."
            )
            return CommandReply(f"I cannot keep that. {why}", ok=False)
        vectors = await self._memorising.vectors(drafts)
        async with self._store.begin(who.workspace_id, None) as unit:
            if lacking := await Consents(unit).lacking(who.user_id, who.surface):
                return CommandReply(missing(lacking), ok=False)
            kept = await self._memorising.apply(
                unit, who.user_id, person(who.user_id), drafts, [], vectors, now
            )
            memories = await Memories(unit).find(kept.ids)
        if not memories:
            return CommandReply("You had me forget that, so I leave it.", ok=False)
        lines = "\n".join(line_of(memory) for memory in memories)
        return CommandReply(
            "\n\n".join(["I'll remember:", lines, *(kept.said.values() if who.private else ())]),
            {"memories": [data_of(memory) for memory in memories]},
        )


async def in_full(unit: Unit, memory: Memory, now: datetime) -> str:
    """Return everything about one memory: how it came about, and what it took the place of."""
    memories = Memories(unit)
    sources = (await memories.sources_of([memory.id])).get(memory.id, ())
    parts = [f"**{memory.text}** ({memory.kind}, `#{short(memory.id)}`)"]
    how = f"{_ORIGINS[memory.origin].capitalize()}; {_DOES[permits(memory.confidence)]}."
    seen = f"seen {_times(memory.times_observed)}, last on {day(memory.last_seen_at)}"
    parts.append(f"{how} Confidence {memory.confidence:.0%}, {seen}.")
    if sources:
        ids = ", ".join(f"`#{short(source)}`" for source in sources[-_SOURCES_SHOWN:])
        parts.append(f"It comes from {_times(len(sources), 'message')}: {ids}.")
    if memory.valid_to is not None:
        until = "It holds until" if memory.holds(now) else "_No longer used since"
        end = "" if memory.holds(now) else "_"
        parts.append(f"{until} {day(memory.valid_to)}.{end}")
    replaced = [
        other.text
        for other in await memories.of(memory.user_id, superseded=True, slot=memory.slot or None)
        if other.superseded_by == memory.id
    ]
    if replaced:
        parts.append(f"It took the place of: {'; '.join(replaced)}.")
    return "\n\n".join(parts)


def _times(count: int, what: str = "time") -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def line_of(memory: Memory) -> str:
    """Return one line about a memory."""
    how = f"{_ORIGINS[memory.origin]}, {_DOES[permits(memory.confidence)]}"
    return f"- `#{short(memory.id)}` {memory.text} ({how}, {memory.confidence:.0%})"


def data_of(memory: Memory) -> dict[str, Any]:
    """Return a memory for programs."""
    return {
        "id": str(memory.id),
        "kind": memory.kind,
        "text": memory.text,
        "origin": memory.origin,
        "confidence": round(memory.confidence, 3),
        "permits": permits(memory.confidence),
        "times_observed": memory.times_observed,
        "since": memory.created_at.isoformat(),
        "last_seen": memory.last_seen_at.isoformat(),
        "until": None if memory.valid_to is None else memory.valid_to.isoformat(),
    }


def _section(kind: str, memories: Sequence[Memory]) -> str:
    mine = [memory for memory in memories if memory.kind == kind]
    if not mine:
        return ""
    shown = mine[:_HISTORY_SHOWN] if kind == "history" else mine
    more = len(mine) - len(shown)
    further = f"\n- and {more} more" if more else ""
    return f"**{_TITLES[kind]}**\n\n" + "\n".join(line_of(m) for m in shown) + further


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
