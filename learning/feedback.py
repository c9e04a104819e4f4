"""What a reaction means.

Decides how raw signals become a rating: which emoji counts how much, whose
votes count, and what several of them come to. Refuses to know where the
signals came from or what the rating is used for.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

BEST: Final = 5.0
WORST: Final = 1.0
LIKED: Final = 4.0
"""A mean rating from here on makes an answer worth repeating."""
DISLIKED: Final = 2.0
"""A mean rating up to here makes it worth avoiding."""

RATINGS: Final[Mapping[str, float]] = {
    "👍": 5.0,
    "❤": 5.0,
    "🎉": 5.0,
    "💯": 5.0,
    "🙏": 5.0,
    "😄": 4.0,
    "👏": 4.0,
    "😐": 3.0,
    "😕": 2.0,
    "👎": 1.0,
    "😠": 1.0,
}
"""Emoji to stars. An emoji that is not here says nothing about the answer."""

_NAMES: Final[Mapping[str, str]] = {
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "thumbsdown": "👎",
    "heart": "❤",
    "tada": "🎉",
    "100": "💯",
    "pray": "🙏",
    "smile": "😄",
    "clap": "👏",
    "neutral_face": "😐",
    "confused": "😕",
    "angry": "😠",
}
_VARIATION_SELECTORS: Final = frozenset("\ufe0e\ufe0f")
_SKIN_TONES: Final = frozenset("🏻🏼🏽🏾🏿")


@dataclass(frozen=True, slots=True)
class Signal:
    """Something a person did with an answer, as it was seen."""

    user_id: str
    kind: str
    value: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person thinks of an answer: stars in [1, 5], and since when."""

    rating: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the signals on one answer come to.

    Attributes:
        rating: mean vote in [1, 5]; ``None`` when nobody voted, which is
            missing data, not failure.
        votes: how many people voted.
    """

    rating: float | None
    votes: int

    @property
    def liked(self) -> bool:
        """Whether the answer is worth repeating."""
        return self.rating is not None and self.rating >= LIKED

    @property
    def disliked(self) -> bool:
        """Whether the answer is worth avoiding."""
        return self.rating is not None and self.rating <= DISLIKED

    @property
    def reward(self) -> float | None:
        """The rating as a number in [0, 1]."""
        return None if self.rating is None else reward_of(self.rating)


def canonical(emoji: str) -> str:
    """Return the emoji without skin tone, variation selector or colons.

    Short names ("thumbsup", ":+1::skin-tone-3:") become the emoji they name.
    """
    name = emoji.strip().strip(":").split("::", 1)[0]
    bare = "".join(
        ch
        for ch in unicodedata.normalize("NFC", name)
        if ch not in _VARIATION_SELECTORS and ch not in _SKIN_TONES
    )
    return _NAMES.get(bare.lower(), bare)


def votes(signals: Iterable[Signal], *, own_ids: frozenset[str] = frozenset()) -> dict[str, Vote]:
    """Return each person's vote: their latest reaction that means something.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by; its own reactions do not count.
    """
    found: dict[str, Vote] = {}
    for signal in signals:
        rating = RATINGS.get(canonical(signal.value)) if signal.kind == "reaction" else None
        if rating is None or signal.user_id in own_ids:
            continue
        earlier = found.get(signal.user_id)
        if earlier is None or signal.occurred_at >= earlier.at:
            found[signal.user_id] = Vote(rating, signal.occurred_at)
    return found


def interpret(signals: Iterable[Signal], *, own_ids: frozenset[str] = frozenset()) -> Feedback:
    """Return what the standing signals on an answer come to; everybody has one vote.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by.
    """
    given = votes(signals, own_ids=own_ids).values()
    if not given:
        return Feedback(None, 0)
    return Feedback(sum(vote.rating for vote in given) / len(given), len(given))


def reward_of(rating: float) -> float:
    """Return a rating in [1, 5] as a number in [0, 1]."""
    return (rating - WORST) / (BEST - WORST)
