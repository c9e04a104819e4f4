"""What a reaction means, and what people say of an answer by what they do.

Decides how raw signals become a rating: which emoji counts how much, whose
votes count, and what several of them come to; and which of the signs that
nobody gave on purpose still hold. Refuses to know where the signals came from
or what the rating is used for.
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
    "5⃣": 5.0,
    "4⃣": 4.0,
    "3⃣": 3.0,
    "2⃣": 2.0,
    "1⃣": 1.0,
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
    "one": "1⃣",
    "two": "2⃣",
    "three": "3⃣",
    "four": "4⃣",
    "five": "5⃣",
}
CONTENT: Final = frozenset({"accepted", "thanked", "copied"})
"""Signals of somebody whom the answer served: they said so, thanked, or took it along."""
UNSATISFIED: Final = frozenset({"rejected", "regenerated", "asked_other", "asked_again"})
"""Signals of somebody whom it did not serve: they said so, or tried again."""
LEFT_OPEN: Final = "followed_up"
"""The signal of somebody who went on to ask about the answer at once."""
_MISREAD: Final = frozenset({"rejected", "regenerated"})
REASON: Final = "reason"
"""The signal of somebody who said why an answer was not good; its value is the reason."""
MISUNDERSTOOD: Final = "misunderstood"
OTHER: Final = "other"
"""Two of the reasons: the answer was to something else; and none of those to pick from."""

_VARIATION_SELECTORS: Final = frozenset("\ufe0e\ufe0f")
_SKIN_TONES: Final = frozenset("🏻🏼🏽🏾🏿")
_NO_RATING: Final = "none"
_LONGEST_EMOJI: Final = 64


@dataclass(frozen=True, slots=True)
class Signal:
    """Something a person did with an answer, as it was seen; ``note`` is what they wrote."""

    user_id: str
    kind: str
    value: str
    occurred_at: datetime
    note: str = ""


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


def ratings_of(text: str) -> dict[str, float]:
    """Return emoji to stars as an installation wants it: "rocket=5, eyes=none, 🤔=2".

    What is not named stays as in ``RATINGS``; ``none`` makes an emoji say nothing. Names of a
    workspace's own emoji are welcome; skin tones make no difference.

    Raises:
        ValueError: if it cannot be read; the message says what to write.
    """
    ratings = dict(RATINGS)
    for entry in (part.strip() for part in text.split(",")):
        if not entry:
            continue
        name, given, stars = (part.strip() for part in entry.rpartition("="))
        emoji = canonical(name)
        if not given or not emoji or " " in emoji or len(emoji) > _LONGEST_EMOJI:
            raise ValueError(f"{entry[:80]!r} is no emoji with stars: write rocket=5 or eyes=none")
        if stars.lower() == _NO_RATING:
            ratings.pop(emoji, None)
            continue
        try:
            rating = float(stars)
        except ValueError:
            rating = float("nan")
        if not WORST <= rating <= BEST:
            raise ValueError(
                f"{stars[:20]!r} are no stars for {name[:40]!r}: write 1 to 5, or none"
            )
        ratings[emoji] = rating
    return ratings


def votes(
    signals: Iterable[Signal],
    *,
    own_ids: frozenset[str] = frozenset(),
    ratings: Mapping[str, float] = RATINGS,
) -> dict[str, Vote]:
    """Return each person's vote: their latest reaction that means something.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by; its own reactions do not count.
        ratings: how many stars an emoji is.
    """
    found: dict[str, Vote] = {}
    for signal in signals:
        rating = ratings.get(canonical(signal.value)) if signal.kind == "reaction" else None
        if rating is None or signal.user_id in own_ids:
            continue
        earlier = found.get(signal.user_id)
        if earlier is None or signal.occurred_at >= earlier.at:
            found[signal.user_id] = Vote(rating, signal.occurred_at)
    return found


def interpret(
    signals: Iterable[Signal],
    *,
    own_ids: frozenset[str] = frozenset(),
    ratings: Mapping[str, float] = RATINGS,
) -> Feedback:
    """Return what the standing signals on an answer come to; everybody has one vote.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by.
        ratings: how many stars an emoji is.
    """
    given = votes(signals, own_ids=own_ids, ratings=ratings).values()
    if not given:
        return Feedback(None, 0)
    return Feedback(sum(vote.rating for vote in given) / len(given), len(given))


def tally(
    signals: Iterable[Signal],
    *,
    own_ids: frozenset[str] = frozenset(),
    ratings: Mapping[str, float] = RATINGS,
) -> tuple[int, int]:
    """Return how many people found an answer good, and how many did not.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by.
        ratings: how many stars an emoji is.
    """
    given = [vote.rating for vote in votes(signals, own_ids=own_ids, ratings=ratings).values()]
    return sum(rating >= LIKED for rating in given), sum(rating <= DISLIKED for rating in given)


def implied(
    signals: Iterable[Signal], *, own_ids: frozenset[str] = frozenset()
) -> tuple[Signal, ...]:
    """Return the signs that hold of those that people gave without voting, oldest first.

    Of somebody who was content and then was not, or the reverse, the later holds. That a
    question was left open is said only by who said nothing else.

    Args:
        signals: those that were not taken back, in any order.
        own_ids: ids that Mynah itself goes by.
    """
    signs = sorted(
        (s for s in signals if s.user_id not in own_ids and _side(s) is not None),
        key=lambda s: s.occurred_at,
    )
    latest = {s.user_id: _side(s) for s in signs if s.kind != LEFT_OPEN}
    return tuple(s for s in signs if latest.get(s.user_id, LEFT_OPEN) == _side(s))


def served(
    signals: Iterable[Signal],
    user_id: str,
    *,
    own_ids: frozenset[str] = frozenset(),
    ratings: Mapping[str, float] = RATINGS,
) -> bool | None:
    """Tell whether an answer was to what a person meant; ``None`` if they did not say.

    A vote outranks every other sign. Who only asks somebody else, or again, doubts the answer
    and not how the question was read; so does whoever says why it was not good, and that is
    not that they were misunderstood.

    Args:
        signals: those that were not taken back, in any order.
        user_id: whose question it was.
        own_ids: ids that Mynah itself goes by.
        ratings: how many stars an emoji is.
    """
    given = [signal for signal in signals if signal.user_id == user_id]
    if vote := votes(given, own_ids=own_ids, ratings=ratings).get(user_id):
        if vote.rating >= LIKED:
            return True
        why = {signal.value for signal in given if signal.kind == REASON} - {OTHER}
        misread = not why or MISUNDERSTOOD in why
        return False if vote.rating <= DISLIKED and misread else None
    kinds = {signal.kind for signal in implied(given, own_ids=own_ids)}
    return True if kinds & CONTENT else False if kinds & _MISREAD else None


def _side(signal: Signal) -> str | None:
    """Return what a signal says that is no vote: one of three things, or nothing."""
    if signal.kind in CONTENT:
        return "content"
    if signal.kind in UNSATISFIED:
        return "unsatisfied"
    return LEFT_OPEN if signal.kind == LEFT_OPEN else None


def reward_of(rating: float) -> float:
    """Return a rating in [1, 5] as a number in [0, 1]."""
    return (rating - WORST) / (BEST - WORST)
