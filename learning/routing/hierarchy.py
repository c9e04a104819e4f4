"""The posterior of a hierarchical linear model of quality, from sums that can be subtracted.

Quality of arm *a* for features *x* is ``x·(s + t·m_a + u_a)`` plus noise: *s* is the
difficulty that all arms share, *m_a* the arm's declared strengths, *t* how far
declarations are to be trusted, *u_a* the arm's own part. All are Gaussian, so the
posterior is exact (Lindley and Smith, 1972). Decides estimates and their
covariance; refuses to know how a choice is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.topics import TOPICS
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from learning.routing.contract import Floats

TYPES: Final = len(TASK_TYPES)
WIDTH: Final = 1 + TYPES + TOPICS
"""Of the features: a constant, the task types, the topics."""

# Prior standard deviations, in reward: constant, types, topics, trust.
_OWN: Final = np.array([0.05, *[0.1] * TYPES, *[0.15] * TOPICS])
_SHARED: Final = np.array([0.5, *[0.5] * TYPES, *[0.7] * TOPICS, 0.2])
_TRUST: Final = 0.8
"""The share of declared differences that is believed beforehand."""
_MIDDLE: Final = 0.5
"""The quality expected before anything is known."""
_NOISE: Final = 0.15
_NOISE_WEIGHT: Final = 20.0
"""How many observations the assumed noise variance is worth."""


@dataclass(slots=True)
class Sums:
    """Sufficient statistics of every arm.

    Attributes:
        squares: sum of weighted ``x xᵀ``, shape ``(arms, WIDTH, WIDTH)``.
        products: sum of weighted ``x r``, shape ``(arms, WIDTH)``.
        counts: sum of weights, shape ``(arms,)``.
        rewards: sum of weighted ``r²``, shape ``(arms,)``.
    """

    squares: Floats
    products: Floats
    counts: Floats
    rewards: Floats

    @classmethod
    def empty(cls, arms: int) -> Sums:
        """Return the sums of nothing."""
        return cls(
            np.zeros((arms, WIDTH, WIDTH)), np.zeros((arms, WIDTH)), np.zeros(arms), np.zeros(arms)
        )

    def add(self, arm: int, x: Floats, reward: float, weight: float) -> None:
        """Add an observation; take it back with the weight negated."""
        self.squares[arm] += weight * np.outer(x, x)
        self.products[arm] += weight * reward * x
        self.counts[arm] += weight
        self.rewards[arm] += weight * reward * reward

    def drop(self, arm: int) -> None:
        """Remove one arm."""
        self.squares = np.delete(self.squares, arm, 0)
        self.products = np.delete(self.products, arm, 0)
        self.counts = np.delete(self.counts, arm)
        self.rewards = np.delete(self.rewards, arm)

    def grow(self) -> None:
        """Make room for one more arm."""
        more = Sums.empty(1)
        self.squares = np.concatenate([self.squares, more.squares])
        self.products = np.concatenate([self.products, more.products])
        self.counts = np.append(self.counts, 0.0)
        self.rewards = np.append(self.rewards, 0.0)


class Posterior:
    """What is believed of every arm, given the sums.

    Args:
        sums: of all arms.
        declared: strengths less their mean over the arms, shape ``(arms, TYPES)``.
        noise: the variance to start from; the fitted one replaces it.

    Attributes:
        weights: expected coefficients of each arm, shape ``(arms, WIDTH)``.
        noise: fitted variance of a reward around its expectation.
        trust: expected share of the declared differences that is real.
    """

    def __init__(self, sums: Sums, declared: Floats, noise: float = _NOISE) -> None:
        self.noise = noise
        for _ in range(2):  # the prior's weight depends on the noise: once more with the fitted one
            self._solve(sums, declared)
            self.noise = self._fitted_noise(sums)

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Return expected quality and its covariance: shapes ``(arms,)`` and ``(arms, arms)``."""
        shared = x @ self._onto_shared
        own = np.einsum("i,aij,j->a", x, self._own, x)
        covariance = self.noise * (np.diag(own) + shared @ self._shared @ shared.T)
        return self.weights @ x, covariance

    def _solve(self, sums: Sums, declared: Floats) -> None:
        prior = np.diag(self.noise / _OWN**2)
        shared_prior = np.diag(self.noise / _SHARED**2)
        arms = len(sums.counts)
        design = np.zeros((arms, WIDTH, WIDTH + 1))
        design[:, :, :WIDTH] = np.eye(WIDTH)
        design[:, 1 : 1 + TYPES, WIDTH] = declared
        turned = design.transpose(0, 2, 1)
        expected = np.zeros(WIDTH + 1)
        expected[0], expected[WIDTH] = _MIDDLE, _TRUST
        # Arms meet only in the shared part, so each is eliminated by itself (Schur complement).
        self._own = np.linalg.inv(sums.squares + prior)
        shrunk = prior @ self._own
        left = prior - shrunk @ prior
        self._shared = np.linalg.inv(shared_prior + (turned @ left @ design).sum(0))
        pulled = (turned @ (shrunk @ sums.products[:, :, None])).sum(0)[:, 0]
        common = self._shared @ (shared_prior @ expected + pulled)
        self.trust = float(common[WIDTH])
        aimed = sums.products + (design @ common) @ prior
        self.weights = (self._own @ aimed[:, :, None])[:, :, 0]
        self._onto_shared = self._own @ prior @ design

    def _fitted_noise(self, sums: Sums) -> float:
        fit = np.einsum("ai,aij,aj->", self.weights, sums.squares, self.weights)
        residual = sums.rewards.sum() - 2 * (self.weights * sums.products).sum() + fit
        total = _NOISE * _NOISE_WEIGHT + max(float(residual), 0.0)
        return total / (_NOISE_WEIGHT + max(float(sums.counts.sum()), 0.0))
