"""Where the time of an action goes, and what could be done about it.

Decides when waiting is worth a word. Refuses to know what was waited for: phases carry names.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from learning.actions.approaches import duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.actions.contract import Acted

LEAST_MS: Final = 20_000.0
"""Waiting shorter than this is not worth arranging anything for."""
_LARGE_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Advice:
    """What would make the next time shorter.

    Attributes:
        kind: the tool whose time it is.
        phase: what was waited for.
        waited_ms: how long, in the median.
        total_ms: how long all of it took.
        times: of how many actions this is the median.
    """

    kind: str
    phase: str
    waited_ms: float
    total_ms: float
    times: int

    @property
    def left_ms(self) -> float:
        """How long somebody would be kept if the waiting went on in the background."""
        return self.total_ms - self.waited_ms

    def __str__(self) -> str:
        return (
            f"{duration(self.waited_ms / 1e3)} of {duration(self.total_ms / 1e3)} went into "
            f"waiting for “{self.phase}”. Run in the background, it keeps you for "
            f"{duration(self.left_ms / 1e3)}."
        )


def advice(log: Sequence[Acted]) -> list[Advice]:
    """Return what to do about waiting, by tool, the longest first.

    A phase counts that is waited in, takes 20 seconds or more in the median and at least two
    fifths of the time.
    """
    found = []
    for kind in dict.fromkeys(each.kind for each in log):
        times = [_waits(each) for each in log if each.kind == kind and each.phases]
        for phase in dict.fromkeys(name for waits, _ in times for name in waits):
            seen = [(waits[phase], total) for waits, total in times if phase in waits]
            waited, total = median(w for w, _ in seen), median(t for _, t in seen)
            if waited >= LEAST_MS and waited >= _LARGE_SHARE * total:
                found.append(Advice(kind, phase, waited, total, len(seen)))
    return sorted(found, key=lambda each: (-each.waited_ms, each.kind, each.phase))


def background(log: Sequence[Acted], kind: str) -> Advice | None:
    """Return why a tool is run in the background, if it should be."""
    return next((each for each in advice(log) if each.kind == kind), None)


def _waits(acted: Acted) -> tuple[Mapping[str, float], float]:
    waits: dict[str, float] = {}
    for phase in acted.phases:
        if phase.waiting:
            waits[phase.name] = waits.get(phase.name, 0.0) + phase.ms
    # What waits for somebody else's machine may be longer than what was measured here.
    return waits, max(acted.time_ms or 0.0, sum(phase.ms for phase in acted.phases))
