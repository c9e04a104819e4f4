"""Made-up messages for measuring speed: Zipf's law, topics, and questions about them.

Quality is not measured on these; they only have to be as long, as varied and
as repetitive as what people write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VOCABULARY: Final = 20_000
TOPICS: Final = 200
_EXPONENT: Final = 1.05
"""Of Zipf's law for the content words of English."""
_FUNCTION: Final = 0.4
"""How many of a message's words are function words, as in running English."""
_TOPICAL: Final = 0.2
"""How many come from what the conversation is about."""
_FUNCTION_WORDS: Final = tuple(
    "the a of to and in it is that for on with we you was this be at".split()  # noqa: SIM905 - as prose
)
_SYLLABLES: Final = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]


@dataclass(frozen=True, slots=True)
class Written:
    """A message and the conversation it stands in."""

    conversation: int
    position: int
    speaker: str
    text: str


class Author:
    """Writes messages and questions; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        words = {
            "".join(self._rng.choice(_SYLLABLES, size=self._rng.integers(2, 5)))
            for _ in range(VOCABULARY)
        }
        self._words = np.array(sorted(words), dtype=object)
        self._rng.shuffle(self._words)
        ranks = np.arange(1, len(self._words) + 1, dtype=np.float64)
        self._up_to = np.cumsum(ranks**-_EXPONENT / (ranks**-_EXPONENT).sum())
        self._topics = self._rng.integers(0, len(self._words), size=(TOPICS, 40))

    def messages(self, count: int, a_conversation: int = 20) -> list[Written]:
        """Return messages of some 5 to 80 words, in conversations of two people each."""
        topics = self._rng.integers(TOPICS, size=-(-count // a_conversation))
        people = [self._rng.choice(_SYLLABLES, size=2, replace=False) for _ in topics]
        lengths = np.clip(self._rng.lognormal(2.7, 0.7, size=count), 3, 200).astype(int)
        return [
            Written(
                conversation=number // a_conversation,
                position=number % a_conversation,
                speaker=str(people[number // a_conversation][number % 2]).title(),
                text=self._text(length, self._topics[topics[number // a_conversation]]),
            )
            for number, length in enumerate(lengths.tolist())
        ]

    def question(self, of: Sequence[Written]) -> str:
        """Return a question about one of the messages."""
        about = of[int(self._rng.integers(len(of)))]
        words = [w for w in about.text.split() if w not in _FUNCTION_WORDS]
        some = self._rng.choice(words, size=min(len(words), int(self._rng.integers(3, 8))))
        return f"What did {about.speaker} say about {' '.join(some)}?"

    def _text(self, length: int, topic: NDArray[np.int64]) -> str:
        kinds = self._rng.random(length)
        function = self._rng.choice(_FUNCTION_WORDS, size=length)
        topical = self._words[self._rng.choice(topic, size=length)]
        drawn = np.searchsorted(self._up_to, self._rng.random(length))
        common = self._words[np.minimum(drawn, len(self._words) - 1)]  # the sum is rounded
        return " ".join(
            np.select(
                [kinds < _FUNCTION, kinds < _FUNCTION + _TOPICAL], [function, topical], common
            )
        )
