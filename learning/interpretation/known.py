"""What a person's goals and preferences offer to readings: things they build, things they like.

Decides which words of a goal name a thing, how a preference is spelled inside a
reading, and which memories are too doubtful or too strange to speak of. Refuses to know
the request, and how memories were found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from learning.confidence import permits
from learning.interpretation.intents import intents
from learning.interpretation.quotable import nameable, quotable
from learning.memory.things import NOT, of_value, things_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.interpretation.intents import Topic, VerbClass
    from learning.memory.contract import Memory

_DETERMINERS: Final = frozenset({"a", "an", "the", "my", "our", "your", "their", "some"})
_STOPS: Final = frozenset(
    """with using for in on to by from of that which who and or via at as so because into onto over
    before after until without than about like but if when while""".split()  # noqa: SIM905
)
"""Words that end the name of a thing."""
_MOST_WORDS: Final = 4
_OPENING: Final = re.compile(
    r"^(?:(?:i|we|she|he|they) )?(?:(?:wants?|needs?|plans?|hopes?|likes?|is going|am going) )?"
    r"(?:to )?",
    re.IGNORECASE,
)
_LIKING: Final = re.compile(
    r"^(?:(?:always|usually|mostly|often|now|only) )*(?:prefers?:?|likes?|loves?|uses?|wants?"
    r"|enjoys?|favou?rs?|(?:writes?|works?|codes?) (?:in|with)|(?:deploys?|hosts?|ships?)"
    r" (?:to|on|with)|listens? to|runs?(?: on)?|makes?|builds?(?: with)?)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that a goal names: "REST API"."""

    name: str
    topic: Topic | None
    goal: Memory

    @property
    def last(self) -> str:
        """The noun itself, folded: what a short request calls it."""
        return self.name.rpartition(" ")[2].casefold()


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in the imperative, and the things it names."""

    text: str
    kind: VerbClass | None
    named: tuple[Named, ...]
    memory: Memory


@dataclass(frozen=True, slots=True)
class Liked:
    """A preference as it is said inside a reading: "Fly", "dark mode"."""

    text: str
    value: str
    memory: Memory


@dataclass(frozen=True, slots=True)
class Known:
    """What readings may draw on.

    Attributes:
        goals: the newest first.
        sure: preferences that may shape a reading unasked, by slot.
        likely: preferences that are only offered, by slot.
        refused: values the person turned down, folded.
    """

    goals: tuple[Goal, ...] = ()
    sure: Mapping[str, Liked] = field(default_factory=dict)
    likely: Mapping[str, Liked] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()


def known(goals: Sequence[Memory], preferences: Sequence[Memory]) -> Known:
    """Return what the memories offer.

    Superseded memories and those of little confidence are left out; that their
    time has not run out is the caller's to see to.
    """
    liked: dict[str, dict[str, Liked]] = {"suggest": {}, "ask": {}}
    refused: set[str] = set()
    standing = [m for m in preferences if _usable(m, "preference")]
    for memory in sorted(standing, key=_worth, reverse=True):
        if memory.value.startswith(NOT):
            refused.add(memory.value.removeprefix(NOT))
            continue
        for slot, said in _said(memory):
            for filled in _slots(slot, said.value):
                liked[permits(memory.confidence)].setdefault(filled, said)
    for level in liked.values():
        # Where things run may be said by the host or by its cloud; the host says more.
        if "cloud" in level:
            level.setdefault("deployment", level["cloud"])
    newest = sorted(
        (m for m in goals if _usable(m, "goal")), key=lambda m: m.last_seen_at, reverse=True
    )
    return Known(
        goals=tuple(goal for m in newest if (goal := goal_of(m)) is not None),
        sure={s: each for s, each in liked["suggest"].items() if each.value not in refused},
        likely={
            s: each
            for s, each in liked["ask"].items()
            if each.value not in refused and s not in liked["suggest"]
        },
        refused=frozenset(refused),
    )


def goal_of(memory: Memory) -> Goal | None:
    """Return a goal that begins with a verb, or ``None`` if it is no such thing."""
    text = _OPENING.sub("", " ".join(memory.text.split())).rstrip(".!")
    verb = verb_of(text)
    if not verb:
        return None
    return Goal(
        text=text[:1].lower() + text[1:],
        kind=intents().verbs.get(verb),
        named=tuple(
            Named(_proper(name), topic_of(name), memory)
            for name in names_in(text[len(verb) :])
            if nameable(name)
        ),
        memory=memory,
    )


def verb_of(text: str) -> str:
    """Return the verb that a goal begins with, folded; empty if there is none."""
    words = text.casefold().split()
    for length in (2, 1):
        verb = " ".join(words[:length])
        if len(words) > length and verb in intents().goal_verbs:
            return verb
    return ""


def names_in(text: str) -> list[str]:
    """Return the noun phrases that stand first or follow an article, without it."""
    found: list[str] = []
    words = [word.strip(',.;:!?()"“”') for word in text.split()]
    open_at: int | None = 0
    for at, word in enumerate([*words, "to"]):
        folded = word.casefold()
        if (folded in _STOPS and at > 0) or folded in _DETERMINERS:
            if open_at is not None:
                found.append(" ".join(words[open_at:at]))
            open_at = at + 1 if folded in _DETERMINERS else None
    return [_bare(name) for name in found if name and len(_bare(name).split()) <= _MOST_WORDS]


def topic_of(name: str) -> Topic | None:
    """Return the topic of a thing: that of the longest end of its name in the tables."""
    words = name.casefold().split()
    for start in range(len(words)):
        topic = intents().topics.get(" ".join(words[start:]))
        if topic is not None:
            return topic
    return None


def _bare(name: str) -> str:
    """Return a name without words that only say what was done to the thing."""
    words = name.split()
    done = {*intents().fitted.values(), *intents().words["vague"], "containerized"}
    while len(words) > 1 and words[0].casefold() in done:
        words.pop(0)
    return " ".join(words)


def _proper(name: str) -> str:
    """Return a name with its noun spelled as the topic spells it: "rest api" → "rest API"."""
    topic = topic_of(name)
    if topic is not None and name.casefold().endswith(topic.own.casefold()):
        return name[: len(name) - len(topic.own)] + topic.own
    return name


def _usable(memory: Memory, kind: str) -> bool:
    return (
        memory.kind == kind
        and memory.superseded_by is None
        and permits(memory.confidence) in {"suggest", "ask"}
        and quotable(memory.text)
    )


def _worth(memory: Memory) -> tuple[float, float]:
    return memory.confidence, memory.last_seen_at.timestamp()


def _slots(slot: str, value: str) -> list[str]:
    """Return the slots of phrasings that a preference fills."""
    narrowed = [
        name for name, (of, values) in intents().narrowed.items() if slot == of and value in values
    ]
    if slot == "framework":
        return [*narrowed, "web"] if narrowed else ["framework", "web"]
    return [*narrowed, slot]


def _said(memory: Memory) -> list[tuple[str, Liked]]:
    """Return each slot that a preference answers, and how that is said."""
    if not memory.slot:
        return [
            (thing.slot, Liked(thing.name, thing.value, memory)) for thing in things_in(memory.text)
        ]
    text = _spelled(memory)
    ending = intents().endings.get(memory.slot, "")
    if ending and ending.casefold() not in text.casefold():
        text = f"{text} {ending}"
    if not nameable(text):
        return []
    return [(memory.slot, Liked(text, memory.value.casefold() or text.casefold(), memory))]


def _spelled(memory: Memory) -> str:
    """Return the value in the spelling of the memory's own text, or else in the usual one."""
    at = memory.text.casefold().find(memory.value.casefold()) if memory.value else -1
    if at >= 0:
        return memory.text[at : at + len(memory.value)]
    usual = of_value(memory.slot, memory.value) if memory.value else None
    return usual.name if usual else _LIKING.sub("", memory.text).rstrip(".!")
