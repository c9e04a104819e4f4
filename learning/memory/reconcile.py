"""Decides what new drafts do to what is remembered: add, renew, supersede or end.

Nothing is overwritten: what gave way keeps its place in history. Refuses to know where drafts
come from and how steps are stored. Deterministic, and idempotent: once the steps are taken, the
same drafts only renew.

A weaker origin never takes the place of a stronger one, so that what was counted or concluded
does not outvote what a person said; unless that was said long ago, or has faded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from learning.confidence import FADE
from learning.lexicon import Lexicon
from learning.memory.objects import AT_HAND
from learning.memory.statements import DONE, DROPPED
from learning.memory.things import NOT, folded, is_exclusive, of_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.memory.contract import Draft, Memory

ALIKE: Final = 0.8
"""The share of stems in common from which two goals are one."""
OLD: Final = timedelta(days=365)
"""After this long without being seen, what was said gives way to what is seen."""

_RANK: Final = {"inferred": 0, "observed": 1, "chosen": 2, "stated": 3}
_FINISHING: Final = frozenset({"finished", "completed", "delivered", "gave"})
"""What can be said of reaching or leaving any goal: "finished it"."""
_PRESENT: Final = {"built": "build", "written": "write", "wrote": "write"}
"""Pasts that no stemmer knows."""
_YOU: Final = {
    "prefers": "prefer", "uses": "use", "deploys": "deploy", "likes": "like", "loves": "love",
    "enjoys": "enjoy", "adores": "adore", "hates": "hate", "dislikes": "dislike", "is": "are",
    "detests": "detest", "despises": "despise", "loathes": "loathe", "works": "work",
    "goes": "go", "does": "do", "wants": "want",
}  # fmt: skip
"""What is told of a person, told to the person: "you deploy to Vercel"."""
_PLURAL: Final = re.compile(r"\b([A-Z]{2,})s\b")
_BEFORE_VERB: Final = ("always ", "never ", "no longer ")


@dataclass(frozen=True, slots=True)
class Add:
    """Remember something new."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Renew:
    """It is remembered already: count it once more."""

    memory_id: UUID
    draft: Draft


@dataclass(frozen=True, slots=True)
class Supersede:
    """Remember the draft in the place of a memory. One draft may take several places.

    ``said`` is a sentence for the person when this contradicts what they stated before
    without naming it; empty otherwise.
    """

    memory_id: UUID
    draft: Draft
    said: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """A memory holds no longer, for a reason in plain words; ``said`` as in ``Supersede``."""

    memory_id: UUID
    reason: str
    said: str = ""


Step = Add | Renew | Supersede | End


def reconcile(
    drafts: Sequence[Draft], standing: Sequence[Memory], now: datetime
) -> tuple[Step, ...]:
    """Return what is to be done with drafts of one person, in order.

    Args:
        drafts: what is to be remembered, of one message or of one count.
        standing: the person's memories; those that do not hold at ``now`` are left out.
        now: aware.
    """
    memories = sorted(
        (m for m in standing if m.holds(now)), key=lambda m: (m.created_at, str(m.id))
    )
    steps: dict[Step, None] = {}
    waiting = sorted(_strongest(drafts), key=lambda d: -_RANK[d.origin])
    while True:
        there = len(memories)
        placed: set[Draft] = set()
        for draft in waiting:
            found = tuple(_steps(draft, memories, now))
            steps.update(dict.fromkeys(found))
            gone = {s.memory_id for s in found if isinstance(s, End | Supersede)}
            memories = [m for m in memories if m.id not in gone]
            if found and not _ends(draft):
                placed.add(draft)
        # What went may have been in another draft's way, or the second of two goals.
        waiting = [d for d in waiting if d not in placed]
        if len(memories) == there:
            return tuple(steps)


def _steps(draft: Draft, memories: Sequence[Memory], now: datetime) -> Iterator[Step]:
    if draft.kind == "goal":
        yield from _goal(draft, memories)
    elif _ends(draft):
        yield from _ended(draft, memories)
    elif draft.kind == "preference":
        yield from _preference(draft, memories, now)
    elif draft.kind == "insight" and draft.slot:
        yield from _concluded(draft, memories)
    else:
        yield from _once(draft, memories)


def _strongest(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts without repetitions and without those that another one contradicts.

    The stronger origin stays, and of two alike the later one.
    """
    kept: list[Draft] = []
    ends = [d for d in drafts if _ends(d)]
    for draft in dict.fromkeys(drafts):
        if draft.kind == "goal" and any(_is_meant(d, draft.text) for d in ends):
            continue  # reached in the breath it was named in
        rivals = [
            d
            for d in kept
            if d.kind == draft.kind
            and d.value
            and (
                (_beside(d.until, draft.until) and _against(draft, d.slot, d.value))
                or d.value == draft.replaces
                or d.replaces == draft.value
                or (d.slot, d.value) == (draft.slot, draft.value)
            )
        ]
        if any(_RANK[d.origin] > _RANK[draft.origin] for d in rivals):
            continue
        kept = [d for d in kept if d not in rivals]
        kept.append(draft)
    return kept


def _once(draft: Draft, memories: Sequence[Memory]) -> Iterator[Step]:
    same = _same_text(draft, memories)
    yield Renew(same.id, draft) if same else Add(draft)


def _concluded(draft: Draft, memories: Sequence[Memory]) -> Iterator[Step]:
    """Keep of what was concluded about one thing the newest alone: "4 of 5" is now "9 of 10"."""
    same = _same_text(draft, memories)
    older = [m for m in memories if m.kind == draft.kind and m.slot == draft.slot and m is not same]
    for memory in older:
        yield End(memory.id, f"now {draft.text}") if same else Supersede(memory.id, draft)
    if same:
        yield Renew(same.id, draft)
    elif not older:
        yield Add(draft)


def _preference(draft: Draft, memories: Sequence[Memory], now: datetime) -> Iterator[Step]:
    about = [m for m in memories if m.kind == "preference"]
    same = _same_text(draft, about) or next(
        (m for m in about if draft.value and (m.slot, m.value) == (draft.slot, draft.value)), None
    )
    rivals = [
        m
        for m in about
        if m is not same
        and (
            (_beside(m.valid_to, draft.until) and _against(draft, m.slot, m.value))
            or (draft.replaces and m.value == draft.replaces)
        )
    ]
    if any(_outranks(m, draft, now) for m in rivals):
        if same:
            yield Renew(same.id, draft)
        return
    if same:
        yield Renew(same.id, draft)
    placed = same is not None
    for rival in rivals:
        told = _contradiction(rival, draft)
        if same or _opposite(draft.value, rival.value):
            yield End(rival.id, f"now {draft.text}", told)
        else:
            placed = True
            yield Supersede(rival.id, draft, told)
    if not placed:
        yield Add(draft)


def _beside(one: datetime | None, other: datetime | None) -> bool:
    """Return whether both hold for good or both for a while: only then one can replace the other.

    Who is in Paris this week still lives in Berlin.
    """
    return (one is None) == (other is None)


def _against(draft: Draft, slot: str, value: str) -> bool:
    """Return whether a value cannot hold beside the draft's."""
    if not draft.value or not value:
        return False
    if _opposite(draft.value, value):
        return True
    rejected = draft.value.startswith(NOT) or value.startswith(NOT)
    return slot == draft.slot and value != draft.value and not rejected and is_exclusive(slot)


def _opposite(one: str, other: str) -> bool:
    return one != other and one.removeprefix(NOT) == other.removeprefix(NOT)


def _outranks(memory: Memory, draft: Draft, now: datetime) -> bool:
    """Return whether a memory is too well founded to give way to a draft."""
    stronger = _RANK[memory.origin] > _RANK[draft.origin]
    return stronger and now - memory.last_seen_at <= OLD and memory.confidence >= FADE


def _contradiction(memory: Memory, draft: Draft) -> str:
    """Return what to tell a person who contradicts themselves; empty if they know it."""
    named = draft.replaces == memory.value or "no longer" in draft.text
    if memory.origin != "stated" or named:
        return ""
    before, after = _to_you(memory.text), _to_you(draft.text)
    if not before or not after:
        return f"You said before: “{memory.text}”; now it is “{draft.text}”."
    if not _opposite(memory.value, draft.value):
        known = of_value(draft.slot, draft.value)
        if known is not None:
            return f"You said before that {before}; now it is {known.name}."
    return f"You said before that {before}; now {after}."


def _to_you(text: str) -> str:
    """Return "you deploy to Vercel" for "deploys to Vercel"; empty if it is worded otherwise."""
    adverb = next((a for a in _BEFORE_VERB if text.startswith(a)), "")
    verb, _, rest = text[len(adverb) :].partition(" ")
    return f"you {adverb}{_YOU[verb]} {rest}" if verb in _YOU and rest else ""


def _goal(draft: Draft, memories: Sequence[Memory]) -> Iterator[Step]:
    """Renew a goal alike or less exact, supersede those that this one says more exactly."""
    goals = [m for m in memories if m.kind == "goal"]
    same = _same_text(draft, goals)
    if same is None:
        new = _stems(draft.text)
        alike = [(_likeness(new, _stems(m.text)), m) for m in goals]
        best = max(alike, key=lambda pair: pair[0], default=None)
        if best and best[0] >= ALIKE and not set(_stems(best[1].text)) < set(new):
            same = best[1]
        elif new:
            # Said shorter than it is known: the one it is most like.
            deed = _deed(draft.text)
            wider = [
                p for p in alike if set(new) < set(_stems(p[1].text)) and _deed(p[1].text) == deed
            ]
            same = max(wider, key=lambda pair: pair[0])[1] if wider else None
    if same is not None:
        yield Renew(same.id, draft)
        return
    stems = set(_stems(draft.text))
    vague = [
        m
        for m in goals
        if _stems(m.text)
        and set(_stems(m.text)) < stems
        and _deed(m.text) == _deed(draft.text)
        and _RANK[m.origin] <= _RANK[draft.origin]
    ]
    for memory in vague:
        yield Supersede(memory.id, draft)
    if not vague:
        yield Add(draft)


def _ended(draft: Draft, memories: Sequence[Memory]) -> Iterator[Step]:
    """End the one goal that was reached or given up; remember it if it says what it was."""
    reached = draft.value.startswith(DONE)
    goals = [m for m in memories if m.kind == "goal" and _RANK[m.origin] <= _RANK[draft.origin]]
    meant = [m for m in goals if _is_meant(draft, m.text)]
    if len(meant) == 1:  # of several it cannot be known which
        yield End(meant[0].id, "reached" if reached else "given up")
    if _what(draft) not in AT_HAND:
        yield from _once(draft, memories)


def _ends(draft: Draft) -> bool:
    return draft.kind == "history" and draft.value.startswith((DONE, DROPPED))


def _what(draft: Draft) -> str:
    return draft.value.removeprefix(DONE).removeprefix(DROPPED)


def _is_meant(draft: Draft, goal: str) -> bool:
    """Return whether this goal may be the one that was reached or given up."""
    if _what(draft) in AT_HAND:
        return draft.text.split(" ", 1)[0] in _FINISHING or _deed(goal) == _deed(draft.text)
    stems = set(_stems(_what(draft)))
    return bool(stems) and stems <= set(_stems(goal))


def _same_text(draft: Draft, memories: Sequence[Memory]) -> Memory | None:
    text = folded(draft.text)
    return next((m for m in memories if m.kind == draft.kind and folded(m.text) == text), None)


def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return the share of stems that two goals have in common (Jaccard's index)."""
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 0.0


def _deed(text: str) -> str:
    """Return the stem of the verb that a goal begins with, whatever its tense."""
    first = text.split(" ", 1)[0].casefold()
    return next(iter(_lexicon().stems(_PRESENT.get(first, first))), "")


def _stems(text: str) -> tuple[str, ...]:
    # The lexicon takes "APIs" for a name from code and would cut it in two.
    return tuple(_lexicon().terms(_PLURAL.sub(r"\1", text)))


@cache
def _lexicon() -> Lexicon:
    return Lexicon()
