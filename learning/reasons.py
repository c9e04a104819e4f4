"""Why an answer was not good, and what follows from it.

Decides whose reasons hold, and which of them speak of the answer's form, of its sources, or of
how the question was read. Refuses to know how people were asked and where any of it is kept.

A reason explains a vote: it holds as long as its author finds the answer bad. Whoever takes the
vote back takes everything that followed from the reason along, and nothing needs a history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.feedback import DISLIKED, OTHER, RATINGS, REASON, votes
from learning.routing.variants import aspects_of, with_wishes
from learning.routing.wishes import wishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from learning.feedback import Signal

BLAMING: Final = frozenset({"wrong", "outdated"})
"""Reasons that speak against what the answer was built on."""
OFF_TONE: Final = "off_tone"

TELLS: Final[Mapping[str, str]] = {
    "wrong": "it was wrong",
    "outdated": "it was out of date",
    "misunderstood": "the question was misunderstood",
    "too_long": "it was too long",
    "too_short": "it was too short",
    "unclear": "it was unclear",
    OFF_TONE: "its tone was off",
    OTHER: "for another reason",
}
"""Every reason there is, in the order in which people are offered them, as it is told later."""

_WISHED: Final[Mapping[str, str]] = {
    "too_long": "brief",
    "too_short": "detail",
    "unclear": "plain",
}
_OTHER_TONE: Final[Mapping[str, str]] = {"formal": "casual", "casual": "formal"}


@dataclass(frozen=True, slots=True)
class Why:
    """Why one person found an answer bad: what they picked, and what they wrote."""

    picked: tuple[str, ...] = ()
    words: str = ""

    @property
    def blames(self) -> bool:
        """Whether it speaks against what the answer was built on."""
        return not BLAMING.isdisjoint(self.picked)


def held(
    signals: Iterable[Signal],
    *,
    own_ids: frozenset[str] = frozenset(),
    ratings: Mapping[str, float] = RATINGS,
) -> dict[str, Why]:
    """Return the reasons that hold, by person: of those who find the answer bad.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by.
        ratings: how many stars an emoji is.
    """
    everything = list(signals)
    standing = votes(everything, own_ids=own_ids, ratings=ratings)
    bad = {user for user, vote in standing.items() if vote.rating <= DISLIKED}
    return {user: why for user, why in given(everything).items() if user in bad}


def given(signals: Iterable[Signal]) -> dict[str, Why]:
    """Return the reasons that people gave, by person, whatever they think by now."""
    found: dict[str, Why] = {}
    for signal in signals:
        if signal.kind == REASON:
            before = found.get(signal.user_id, Why())
            words = before.words or signal.note
            found[signal.user_id] = Why((*before.picked, signal.value), words)
    return {
        user: Why(tuple(reason for reason in TELLS if reason in why.picked), why.words)
        for user, why in found.items()
    }


def form(why: Why, way: str) -> tuple[str, ...]:
    """Return the aspects of form that a reason wishes for; of two that contradict, the later.

    What they wrote counts if all of it is about form, and outranks what they picked. That the
    tone was off says which one is wished for only where the answer had been given one.

    Args:
        why: the reason.
        way: the prompt variant that the answer was made with; empty if none is known.
    """
    wished = [_WISHED[reason] for reason in why.picked if reason in _WISHED]
    if OFF_TONE in why.picked:
        had = aspects_of(way) if way else ()
        wished += [_OTHER_TONE[aspect] for aspect in had if aspect in _OTHER_TONE]
    wished += wishes(why.words)
    return tuple(aspects_of(with_wishes("", wished))) if wished else ()


def told(why: Why) -> str:
    """Return what was picked, for people: "it was wrong, it was too long"."""
    return ", ".join(TELLS[reason] for reason in why.picked if reason in TELLS) or TELLS[OTHER]
