"""Other people's bandits as further bars, where their packages are installed.

Each sees the task types and the projected embedding, as LinUCB does, and hears what it chose
scored. They take nothing back and state no propensities.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.routing.contract import Decision, Outcome
from learning.routing.embedding import REDUCED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.routing.contract import Context, Credit, Evidence, Option


class _Adapter:
    """A policy as far as the benchmark needs one."""

    name = ""

    def __init__(self, options: Sequence[Option], seed: int) -> None:
        self.options, self.seed = list(options), seed

    def chosen(self, count: float = 1.0) -> None:
        del count

    def dump(self) -> bytes:
        raise NotImplementedError("the benchmark does not keep it")

    def credit(self, evidence: Evidence, standing: Credit | None = None) -> Outcome:
        del standing
        assert evidence.reward is not None
        self.learn(evidence.context, evidence.arm.name, evidence.reward)
        return Outcome(None, changed=True)

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Mapping[str, float] | None = None,
        *,
        explore: bool = True,
    ) -> Decision:
        del options, explore
        arm, propensity = self.pick(context, rng, penalties or {})
        return Decision(self.name, arm, propensity)

    def pick(
        self, context: Context, rng: np.random.Generator, penalties: Mapping[str, float]
    ) -> tuple[str, float]:
        raise NotImplementedError

    def learn(self, context: Context, arm: str, reward: float) -> None:
        raise NotImplementedError


class MabWiser(_Adapter):
    """MABWiser's LinUCB at its default."""

    name = "mabwiser"

    def __init__(self, options: Sequence[Option], seed: int) -> None:
        super().__init__(options, seed)
        module: Any = importlib.import_module("mabwiser.mab")
        names = [option.name for option in options]
        self._mab = module.MAB(names, module.LearningPolicy.LinUCB(), seed=seed)
        # It wants to be fitted before it predicts: one neutral observation an arm.
        start = np.zeros((len(names), 5 + REDUCED))
        self._mab.fit(names, np.full(len(names), 0.5), start)

    def pick(
        self, context: Context, rng: np.random.Generator, penalties: Mapping[str, float]
    ) -> tuple[str, float]:
        del rng
        expected = self._mab.predict_expectations(_features(context)[None])
        return max(expected, key=lambda arm: expected[arm] - penalties.get(arm, 0.0)), 1.0

    def learn(self, context: Context, arm: str, reward: float) -> None:
        self._mab.partial_fit([arm], [reward], _features(context)[None])


class VowpalWabbit(_Adapter):
    """Vowpal Wabbit's SquareCB with arms crossed with the prompt."""

    name = "vowpalwabbit"

    def __init__(self, options: Sequence[Option], seed: int) -> None:
        super().__init__(options, seed)
        module: Any = importlib.import_module("vowpalwabbit")
        self._vw = module.Workspace(
            f"--cb_explore_adf --squarecb -q PA --quiet --random_seed {seed}"
        )

    def pick(
        self, context: Context, rng: np.random.Generator, penalties: Mapping[str, float]
    ) -> tuple[str, float]:
        del penalties  # it minimises one loss, and penalties are known only beside it
        chances = np.array(self._vw.predict(self._example(context)))
        at = int(rng.choice(len(chances), p=chances / chances.sum()))
        return self.options[at].name, float(chances[at])

    def learn(self, context: Context, arm: str, reward: float) -> None:
        chances = self._vw.predict(self._example(context))
        at = [option.name for option in self.options].index(arm)
        label = f"0:{1.0 - reward}:{max(chances[at], 0.01)} "
        self._vw.learn(self._example(context, at, label))

    def _example(self, context: Context, labelled: int = -1, label: str = "") -> list[str]:
        shown = " ".join(f"f{i}:{value:.4f}" for i, value in enumerate(_features(context)))
        arms = [f"{label if at == labelled else ''}|A a{at}" for at in range(len(self.options))]
        return [f"shared |P {shown}", *arms]


ALSO: Final[Mapping[str, type[_Adapter]]] = {
    MabWiser.name: MabWiser,
    VowpalWabbit.name: VowpalWabbit,
}


def installed(names: Sequence[str]) -> tuple[dict[str, type[_Adapter]], list[str]]:
    """Return the bars that can be run, and a sentence for each that cannot."""
    found, missing = {}, []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(f"{name} was skipped: it is not installed (pip install {name})")
        else:
            found[name] = ALSO[name]
    return found, missing


def _features(context: Context) -> np.ndarray:
    reduced = context.reduced if len(context.reduced) == REDUCED else (0.0,) * REDUCED
    return np.array([1.0, *context.types(), *reduced])
