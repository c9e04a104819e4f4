"""What quality, money and time are worth to each other.

Decides nothing: these are data with a date, in ``weights.toml``. Refuses to know prices,
budgets and models.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of what a turn brings and costs.

    Attributes:
        quality: of a wholly right answer; more than 0.
        quality_per_usd: quality that a dollar is worth while budgets are not under pressure.
        quality_per_second: quality that a second of waiting is worth.
        as_of: when they were last thought over.

    Raises:
        ValueError: if a weight is negative or no number.
    """

    quality: float
    quality_per_usd: float
    quality_per_second: float
    as_of: date

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, date):
                continue
            if not math.isfinite(value) or value < 0.0:
                raise ValueError(f"{each.name} is {value}: write a finite number, 0 or more.")
        if self.quality == 0.0:
            raise ValueError("quality is 0: it is what the others are measured in; write 1.")

    @classmethod
    def load(
        cls, quality_per_usd: float | None = None, quality_per_second: float | None = None
    ) -> Weights:
        """Return the weights that Mynah comes with.

        Args:
            quality_per_usd: instead of theirs.
            quality_per_second: likewise.

        Raises:
            ValueError: if a weight is negative or no number.
        """
        text = files("learning.routing").joinpath("weights.toml").read_text("utf-8")
        weights = cls(**tomllib.loads(text))
        if quality_per_usd is not None:
            weights = replace(weights, quality_per_usd=quality_per_usd)
        if quality_per_second is not None:
            weights = replace(weights, quality_per_second=quality_per_second)
        return weights
