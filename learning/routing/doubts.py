"""What makes an estimate from a log doubtful, in sentences for a person.

Decides what is worth a warning. Refuses to know the estimates themselves.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.routing.contract import Floats

_FEW: Final = 50.0
"""Effective ratings below which intervals are not to be trusted."""
_SURPRISE: Final = 4.0
"""Standard errors that chance alone hardly reaches."""
_OFF: Final = 0.1
"""How far the mean weight may be from 1 without a word."""
_LOST: Final = 0.01
"""Probability on arms without support that is worth a word."""


def doubts(
    *,
    dropped: int,
    made: Mapping[str, int],
    rated: Mapping[str, int],
    propensities: Floats,
    ratios: Floats,
    max_weight: float,
    unsupported: Mapping[str, float],
) -> list[str]:
    """Return the warnings, the gravest first.

    Args:
        dropped: choices that could not be read.
        made: choices by arm.
        rated: those that somebody rated.
        propensities: of the rated choices.
        ratios: their importance weights, not clipped.
        max_weight: where they are clipped.
        unsupported: how much probability the policy gives to arms that were never tried.
    """
    found = []
    if not ratios.size:
        found.append("Nobody has rated any of these choices: there is nothing to go by.")
    else:
        found += _of_chance(propensities, ratios, max_weight)
    found += [
        f"The log never tried {arm}, which the policy would choose {share:.0%} of the time: "
        "nothing here says how that would go."
        for arm, share in sorted(unsupported.items())
        if share >= _LOST
    ]
    if clipped := int((ratios > max_weight).sum()):
        found.append(
            f"{clipped} of {ratios.size} importance weights were over {max_weight:g} and were "
            "clipped there; that pulls the importance-weighted estimates down."
        )
    if dropped:
        found.append(
            f"{dropped} choices were left out: their propensity, reward or weight was out of "
            "range, or the arm was not among the options."
        )
    return found + _of_silence(made, rated)


def _of_chance(propensities: Floats, ratios: Floats, max_weight: float) -> list[str]:
    found = []
    certain = bool((propensities >= 1.0).all())
    if certain:
        found.append(
            "Every choice in the log was certain (propensity 1): it cannot tell how other arms "
            "would have fared. Let a policy that explores choose for a while."
        )
    weights = np.minimum(ratios, max_weight)
    squares = float(weights @ weights)
    size = float(weights.sum()) ** 2 / squares if squares else 0.0
    if size < _FEW:
        found.append(
            f"The log is worth only {size:.0f} ratings of this policy's own choices; {_FEW:.0f} "
            "are the least for an interval to be trusted."
        )
    error = float(ratios.std()) / math.sqrt(ratios.size)
    off = abs(float(ratios.mean()) - 1.0)
    if not certain and off > max(_SURPRISE * error, _OFF):
        found.append(
            f"Importance weights average {ratios.mean():.2f} and should average 1: the logged "
            "propensities are not how these choices were made."
        )
    return found


def _of_silence(made: Mapping[str, int], rated: Mapping[str, int]) -> list[str]:
    choices = sum(made.values())
    silent = choices - sum(rated.values())
    if not silent or silent == choices:
        return []
    found = [
        (
            f"{silent} of {choices} choices were never rated and are left out of the means; that "
            "assumes that people rate no matter who answered and how well."
        )
    ]
    for one, other in combinations(sorted(made, key=made.__getitem__, reverse=True), 2):
        shares = rated.get(one, 0) / made[one], rated.get(other, 0) / made[other]
        both = (rated.get(one, 0) + rated.get(other, 0)) / (made[one] + made[other])
        error = math.sqrt(both * (1.0 - both) * (1.0 / made[one] + 1.0 / made[other]))
        if abs(shares[0] - shares[1]) > max(_SURPRISE * error, _OFF):
            found.append(
                f"People rated {shares[0]:.0%} of the answers of {one} and {shares[1]:.0%} of "
                f"those of {other}: the estimates lean towards whom people care to rate."
            )
            break
    return found
