"""When a model that fails is left alone, and when it is tried again.

A circuit breaker (Nygard, *Release It!*, 2007): closed while things go well, open for a while
after failures in a row, then half open until one attempt tells. Decides from outcomes and
times. Refuses to know what a failure was about, and what is asked instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from learning.routing.discount import fields, number

State = Literal["closed", "open", "half_open"]

TRIPPED_BY: Final = 3
"""Failures in a row after which it opens."""
_REST_S: Final = 15.0
"""The first rest; each one that is followed by a failure doubles it."""
_LONGEST_REST_S: Final = 600.0
_MISCONFIGURED_S: Final = 300.0
"""The first rest after a failure that no retry mends: a wrong key, a model that is not there."""
_LONGEST_MISCONFIGURED_S: Final = 1800.0
_LONGEST_ASKED_S: Final = 3600.0
"""The longest rest that a provider may ask for."""
_DOUBLINGS: Final = 10
_MANY: Final = 1e6


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of one breaker.

    Attributes:
        in_a_row: failures since the last success.
        trips: how often it has opened since the last success.
        opened_at: when it last opened, in seconds since 1970; ``None`` while it is closed.
        rest_s: for how long it stays open from then on.
    """

    in_a_row: int = 0
    trips: int = 0
    opened_at: float | None = None
    rest_s: float = 0.0

    def state(self, at: float) -> State:
        """Return its state at a time, in seconds since 1970.

        When the clock was set back to before it opened, no time has passed; but when that is
        longer ago than the whole rest, the time it opened is not believed.
        """
        if self.opened_at is None:
            return "closed"
        return "open" if abs(at - self.opened_at) < self.rest_s else "half_open"

    def succeeded(self) -> Breaker:
        """Return it after the model was reached: closed."""
        return Breaker()

    def failed(self, at: float, *, for_good: bool = False, asked_s: float | None = None) -> Breaker:
        """Return it after the model was not reached.

        Args:
            at: when, in seconds since 1970.
            for_good: whether only a person can mend it; it opens at once.
            asked_s: how long the provider asked us to wait; it opens at once for as long.
        """
        in_a_row = min(self.in_a_row + 1, int(_MANY))
        asked = number(asked_s, 0.0, _LONGEST_ASKED_S) or 0.0
        state = self.state(at)
        if state == "open":
            # It was asked before the breaker opened, and says nothing new but how long to wait.
            rest_s = max(self.rest_s, asked)
            return Breaker(in_a_row, self.trips, self.opened_at, rest_s)
        probed = state == "half_open"
        if not (probed or for_good or asked or in_a_row >= TRIPPED_BY):
            return Breaker(in_a_row)
        trips = min(self.trips + 1, _DOUBLINGS)
        first, longest = (
            (_MISCONFIGURED_S, _LONGEST_MISCONFIGURED_S) if for_good else (_REST_S, _LONGEST_REST_S)
        )
        rest_s = min(first * 2.0 ** (trips - 1), longest)
        if asked and in_a_row < TRIPPED_BY and not for_good:
            # The provider knows best, unless it has been wrong before.
            rest_s = asked
        return Breaker(in_a_row, trips, at, max(rest_s, asked))

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "in_a_row": self.in_a_row,
            "trips": self.trips,
            "opened_at": self.opened_at,
            "rest_s": self.rest_s,
        }

    @classmethod
    def from_data(cls, data: object) -> Breaker:
        """Read back what ``as_data`` wrote; anything else is a closed breaker."""
        stored = fields(data)
        opened_at = number(stored.get("opened_at"), high=float("inf"))
        rest_s = number(stored.get("rest_s"), high=_LONGEST_ASKED_S)
        is_open = opened_at is not None and rest_s is not None
        return cls(
            int(number(stored.get("in_a_row"), high=_MANY) or 0),
            int(number(stored.get("trips"), high=_DOUBLINGS) or 0),
            opened_at if is_open else None,
            (rest_s or 0.0) if is_open else 0.0,
        )
