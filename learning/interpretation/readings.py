"""Up to three things that a short request may mean, from tables and from what is known.

Decides what is offered and how probable each is. A reading begins with the share of people
who mean it; every goal and preference that it speaks of leaves less room for doubt
(noisy-or: Pearl, "Probabilistic Reasoning in Intelligent Systems", 1988). Refuses to
know whether anybody is asked. No model is needed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.extract import similarity
from learning.feedback import LIKED
from learning.interpretation.contract import MOST_CHARS, MOST_READINGS, Reading
from learning.interpretation.intents import intents
from learning.interpretation.known import known
from learning.interpretation.phrasing import Slots, filled, slots_of
from learning.interpretation.quotable import speakable
from learning.interpretation.request import read
from learning.lexicon import Lexicon
from learning.precedent import RELATED, SAME_QUESTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from learning.interpretation.known import Goal, Known, Named
    from learning.interpretation.request import Request
    from learning.memory.contract import Memory
    from learning.task_types import TaskEstimate

_FIRST_GUESSES: Final = (0.75, 0.68, 0.60, 0.52)
"""How probable the phrasings of a topic are before anything is known, in their order."""
_ONE_OF_THEIR_GOALS: Final = 0.76
"""Of a goal that the request is a shorter name for, before its own weight."""
_ANSWERED_BEFORE: Final = 0.55
"""Of a question alike that was answered well."""

_GOAL: Final = 0.35
_PREFERENCE: Final = 0.4
_CHOSEN: Final = 0.1
_LEANING: Final = 0.06
"""How much of the doubt goes with a sure goal, a sure preference, each time the same
reading was chosen, and a facet at its end."""
_MOST_CHOSEN: Final = 4
_SURE: Final = 0.97
"""No reading is more certain: the request did not say it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered well.

    Attributes:
        id: of the answer.
        question: what was asked.
        rating: mean vote in [1, 5]; ``None`` for a person's own correction.
    """

    id: UUID
    question: str
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    base: float
    sources: tuple[UUID, ...]
    offered: UUID | None = None


def readings(
    text: str,
    task: TaskEstimate,
    goals: Sequence[Memory] = (),
    preferences: Sequence[Memory] = (),
    answered: Sequence[Answered] = (),
    facets: Mapping[str, float] | None = None,
    counts: Mapping[str, int] | None = None,
    lexicon: Lexicon | None = None,
) -> tuple[Reading, ...]:
    """Return what a short request may mean, the most probable first.

    Args:
        text: the request; readings are made only of one that ``request.read`` reads.
        task: what kind of task it is taken to be.
        goals: what the person is after, as far as it may be said here.
        preferences: what they like, likewise.
        answered: well-rated answers that may be spoken of here.
        facets: the person's facets, each in [0, 1].
        counts: how often the person chose each reading before, by its text.
        lexicon: cuts words; needed where something was answered.
    """
    request = read(text)
    if request is None:
        return ()
    about = known(goals, preferences)
    slots = _slots(request, about)
    candidates = [
        *_from_tables(slots, task),
        *_from_goals(request, about),
        *_from_answers(text, answered, lexicon),
    ]
    chosen: Counter[str] = Counter()
    for said, times in (counts or {}).items():
        chosen[folded(said)] += times
    best: dict[str, Reading] = {}
    for candidate in candidates:
        key = folded(candidate.text)
        if plain(candidate.text) == plain(text):
            continue
        weights = _weights(candidate, request.noun, about, goals, preferences)
        weights += [_CHOSEN] * min(_MOST_CHOSEN, chosen[key])
        weights.append(_leaning(candidate.text, facets or {}))
        reading = Reading("", candidate.text, _raised(candidate.base, weights), candidate.sources)
        if key not in best or best[key].confidence < reading.confidence:
            best[key] = reading
    ranked = sorted(best.values(), key=lambda r: -r.confidence)[:MOST_READINGS]
    return tuple(
        Reading(f"h{n}", r.text, r.confidence, r.sources) for n, r in enumerate(ranked, start=1)
    )


def folded(text: str) -> str:
    """Return a reading's text as it is compared and counted.

    Whose a thing is makes no other reading: "deploy your API", "deploy the API".
    """
    words = plain(text).split()
    return " ".join([word for word in words if word not in _WHOSE] or words)


def plain(text: str) -> str:
    """Return a text without case and closing marks; its articles stay."""
    return " ".join(text.casefold().split()).rstrip(".!?")


def _slots(request: Request, about: Known) -> Slots:
    topic = request.topic
    named = [each for goal in about.goals for each in goal.named]
    one, own = (topic.one, topic.own) if topic else (_with_article(request.noun), request.noun)
    return Slots(
        request=request,
        known=about,
        one=one,
        own=own,
        object=next((n for n in named if _same_thing(n, request)), None),
        host=next(
            (n for n in named if n.topic is not None and n.topic.built and n.topic is not topic),
            None,
        ),
    )


def _same_thing(named: Named, request: Request) -> bool:
    if request.topic is not None:
        return named.topic is request.topic
    return named.last == request.noun


def _with_article(noun: str) -> str:
    plural = noun.endswith("s") and not noun.endswith("ss")
    # A phrasing turns it into "an" where that is said.
    return noun if plural else f"a {noun}"


def _from_tables(slots: Slots, task: TaskEstimate) -> Iterable[_Candidate]:
    """Yield the phrasings in the order of the table, and each doubtful preference once."""
    request = slots.request
    if request.topic is not None:
        phrasings = request.topic.phrasings[request.kind or "make"]
    else:
        phrasings = _unknown(request, task)
    offered: set[str] = set()
    for base, phrasing in zip(_FIRST_GUESSES, phrasings, strict=False):
        plain = filled(phrasing, slots)
        if plain is not None:
            yield _Candidate(plain.text, base, plain.used)
        for slot in sorted(slots_of(phrasing) & slots.known.likely.keys() - offered):
            liked = slots.known.likely[slot]
            offer = filled(phrasing, slots.offering(slot, liked))
            if offer is not None and (plain is None or offer.text != plain.text):
                offered.add(slot)
                # A doubtful preference is worth showing, never before what needs none.
                yield _Candidate(offer.text, base - 0.02, offer.used, liked.memory.id)


def _unknown(request: Request, task: TaskEstimate) -> tuple[str, ...]:
    table = intents()
    if request.kind is None or request.kind == "make":
        return table.unknown[task.type]
    return table.usual["software"][request.kind]


def _from_goals(request: Request, about: Known) -> Iterable[_Candidate]:
    """Yield goals that the request is a shorter name for."""
    for goal in about.goals:
        if request.kind not in {None, goal.kind} or not speakable(goal.text):
            continue
        if any(_same_thing(named, request) for named in goal.named[:1]):
            yield _Candidate(_to_them(goal), _ONE_OF_THEIR_GOALS, (goal.memory.id,))


def _to_them(goal: Goal) -> str:
    return re.sub(r"\b(?:my|our)\b", "your", goal.text)


def _from_answers(
    text: str, answered: Sequence[Answered], lexicon: Lexicon | None
) -> Iterable[_Candidate]:
    if not answered:
        return
    cutter = lexicon or Lexicon()
    for answer in answered:
        if answer.rating is not None and answer.rating < LIKED:
            continue
        alike = similarity(text, answer.question, cutter)
        said = imperative(answer.question)
        if RELATED <= alike < SAME_QUESTION and said is not None:
            base = _raised(_ANSWERED_BEFORE, [alike / 2])
            yield _Candidate(said, base, (answer.id,))


def imperative(question: str) -> str | None:
    """Return a question as a request, or ``None`` if it cannot be said shortly and safely."""
    asked = " ".join(question.split()).rstrip(" ?!.…")
    asked = _ASKING.sub("", asked)
    said = _HOW.sub("explain how to ", asked)
    if said == asked:
        first = asked.partition(" ")[0].casefold()
        if first in _WH:
            said = f"answer “{asked[:1].upper()}{asked[1:]}?” again"
        elif first not in intents().goal_verbs | _TELLING:
            return None
    said = said[:1].lower() + said[1:]
    return said if len(said) <= MOST_CHARS and speakable(said) else None


def _weights(
    candidate: _Candidate,
    noun: str,
    about: Known,
    goals: Sequence[Memory],
    preferences: Sequence[Memory],
) -> list[float]:
    """Return how much of the doubt each memory takes that a reading speaks of.

    The second of a kind counts half, the third a quarter: they say much the same.
    """
    words = set(_parts(candidate.text))
    spoken = set(candidate.sources) - {candidate.offered}
    spoken |= {
        named.goal.id
        for goal in about.goals
        for named in goal.named
        # What the request says itself is no support: "app" for "app".
        if named.name.casefold() != noun and set(_parts(named.name)) <= words
    }
    spoken |= {liked.memory.id for liked in about.sure.values() if set(_parts(liked.text)) <= words}
    weights: list[float] = []
    for memories, most in ((goals, _GOAL), (preferences, _PREFERENCE)):
        sure = sorted((m.confidence for m in memories if m.id in spoken), reverse=True)
        weights += [most * min(1.0, c) * 0.5**n for n, c in enumerate(sure)]
    return weights


def _parts(text: str) -> list[str]:
    return [word.strip(',.;:!?“”"') for word in text.casefold().split()]


def _leaning(text: str, facets: Mapping[str, float]) -> float:
    """Return how much the person's facets speak for the kind of help offered."""
    first = text.partition(" ")[0]
    leanings = [
        facets.get(facet, 0.5)
        for facet, verbs in intents().offers.items()
        if first in verbs and math.isfinite(facets.get(facet, 0.5))
    ]
    return max((2 * _LEANING * (min(1.0, each) - 0.5) for each in leanings), default=0.0)


def _raised(base: float, weights: Iterable[float]) -> float:
    doubt = 1 - base
    for weight in weights:
        doubt *= 1 - weight
    return round(min(_SURE, max(0.0, 1 - doubt)), 4)


_ASKING: Final = re.compile(
    r"^(?:(?:please|hey|hi|so|and|also)[, ]+)*(?:(?:can|could|would|will) you(?: please)? )?",
    re.IGNORECASE,
)
_HOW: Final = re.compile(
    r"^how (?:do|can|should|could|would) (?:i|we|you|one) |^how to ", re.IGNORECASE
)
_WHOSE: Final = frozenset({"the", "your", "my", "our", "a", "an"})
_WH: Final = frozenset({"what", "where", "when", "which", "who", "why", "how"})
_TELLING: Final = frozenset({"explain", "show", "find", "compare", "describe", "list", "give"})
