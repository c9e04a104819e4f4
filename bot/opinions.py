"""What people think of an answer, by the signals that stand on it.

Decides nothing but who Mynah itself is, whose reactions do not count; what signals mean is decided
in ``learning.feedback`` and ``learning.reasons``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from learning.feedback import (
    DISLIKED,
    RATINGS,
    Signal,
    canonical,
    interpret,
    served,
    tally,
    votes,
)
from learning.reasons import held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from learning.feedback import Feedback, Vote
    from learning.reasons import Why
    from learning.store.feedback import StoredSignal

OWN_IDS: Final = frozenset({"mynah"})


@dataclass(frozen=True, slots=True)
class Opinions:
    """Reads signals as this installation wants them read.

    Attributes:
        ratings: how many stars an emoji is.
    """

    ratings: Mapping[str, float] = field(default_factory=lambda: RATINGS)

    def finds_bad(self, emoji: str) -> bool:
        """Tell whether somebody finds an answer bad by an emoji."""
        rating = self.ratings.get(canonical(emoji))
        return rating is not None and rating <= DISLIKED

    def feedback(self, stored: Iterable[StoredSignal]) -> Feedback:
        """Return what the signals come to."""
        return interpret(signals_of(stored), own_ids=OWN_IDS, ratings=self.ratings)

    def votes(self, stored: Iterable[StoredSignal]) -> dict[str, Vote]:
        """Return each person's vote."""
        return votes(signals_of(stored), own_ids=OWN_IDS, ratings=self.ratings)

    def tally(self, stored: Iterable[StoredSignal]) -> tuple[int, int]:
        """Return how many people found it good, and how many did not."""
        return tally(signals_of(stored), own_ids=OWN_IDS, ratings=self.ratings)

    def reasons(self, stored: Iterable[StoredSignal]) -> dict[str, Why]:
        """Return why each person found it bad, of those who said so."""
        return held(signals_of(stored), own_ids=OWN_IDS, ratings=self.ratings)

    def served(self, stored: Iterable[StoredSignal], user_id: str) -> bool | None:
        """Tell whether it was to what a person meant; ``None`` if they did not say."""
        return served(signals_of(stored), user_id, own_ids=OWN_IDS, ratings=self.ratings)


USUAL: Final = Opinions()
"""With the stars that emoji have if nobody says otherwise."""


def signals_of(stored: Iterable[StoredSignal]) -> list[Signal]:
    """Return stored signals as those who decide take them."""
    return [Signal(s.user_id, s.kind, s.value, s.occurred_at, s.note) for s in stored]
