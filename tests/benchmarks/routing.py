"""How good the answers are that each routing policy gets, and how fast it chooses and learns.

A prompt comes, the policy picks an arm, and perhaps, perhaps late and perhaps wrongly, it hears
that arm's score. All policies see the same streams, with the arms in the same random order.
Means are of the true scores, less cost.
"""

from __future__ import annotations

import argparse
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.routing.baselines import Fixed
from learning.routing.contract import Evidence
from learning.routing.registry import DEFAULT, POLICIES, open_policy
from tests.benchmarks import regret, rig
from tests.benchmarks.routing_also import ALSO, installed
from tests.benchmarks.routing_set import read, shuffled

if TYPE_CHECKING:
    from collections.abc import Callable

    from learning.routing.contract import Floats, Option, Policy
    from tests.benchmarks.routing_set import PromptSet, Stream

_MEMORY: Final = 200.0
"""Answers after which an old price has mostly been forgotten."""


class Costs:
    """Moving means of what each arm's answers cost."""

    def __init__(self, arms: list[str]) -> None:
        self.means, self._counts = dict.fromkeys(arms, 0.0), dict.fromkeys(arms, 0.0)

    def add(self, arm: str, cost: float) -> None:
        self._counts[arm] = min(self._counts[arm] + 1.0, _MEMORY)
        self.means[arm] += (cost - self.means[arm]) / self._counts[arm]

    def penalties(self, weight: float) -> dict[str, float] | None:
        return {arm: weight * mean for arm, mean in self.means.items()} if weight else None


class Replay:
    """One policy's way through the streams."""

    def __init__(self, warm: int, delay: int, cost_weight: float) -> None:
        self._warm, self._delay, self._cost_weight = warm, delay, cost_weight
        self.choosing: list[float] = []
        self.updating: list[float] = []

    def through(
        self, policy: Policy, prompts: PromptSet, stream: Stream, rng: np.random.Generator
    ) -> Floats:
        """Return the utility at each step that was not a warm-up."""
        costs = Costs([option.name for option in prompts.options])
        arms = {option.name: at for at, option in enumerate(prompts.options)}
        self._evaluate_all(policy, arms, stream, costs)
        waiting: deque[tuple[int, Evidence]] = deque()
        got = []
        for step in range(self._warm, len(stream.contexts)):
            context = stream.contexts[step]
            penalties = costs.penalties(self._cost_weight)
            with rig.timed(self.choosing):
                decision = policy.choose(context, stream.options, rng, penalties)
            policy.chosen()
            at = arms[decision.arm]
            costs.add(decision.arm, float(stream.costs[step, at]))
            got.append(stream.scores[step, at] - self._cost_weight * stream.costs[step, at])
            if stream.answered[step]:
                vote = float(stream.votes[step, at])
                evidence = Evidence(prompts.options[at], context, vote)
                waiting.append((step + self._delay, evidence))
            while waiting and waiting[0][0] <= step:
                with rig.timed(self.updating):
                    policy.credit(waiting.popleft()[1])
        return np.array(got)

    def _evaluate_all(
        self, policy: Policy, arms: dict[str, int], stream: Stream, costs: Costs
    ) -> None:
        """Let the policy see every arm's true score for the first prompts."""
        for step, context in enumerate(stream.contexts[: self._warm]):
            for option in stream.options:
                at = arms[option.name]
                costs.add(option.name, float(stream.costs[step, at]))
                score = float(stream.scores[step, at])
                policy.credit(Evidence(option, context, score, evaluation=True))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark and return its result."""
    load = rig.load()
    prompts = read(arguments.set)
    names = [option.name for option in prompts.options]
    _check(arguments, prompts)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    streams = [
        shuffled(
            prompts,
            seed,
            feedback=arguments.feedback,
            flip=arguments.flip,
            binary=arguments.binary,
            shift=arguments.shift,
            warm=arguments.warm,
        )
        for seed in seeds
    ]
    worth = [
        (stream.scores - arguments.cost_weight * stream.costs)[arguments.warm :]
        for stream in streams
    ]
    makers, skipped = _makers(arguments, prompts)
    gained: dict[str, list[Floats]] = {}
    policies: dict[str, dict[str, float]] = {}
    with rig.progress() as shown:
        for name, make in makers.items():
            replay = Replay(arguments.warm, arguments.delay, arguments.cost_weight)
            gained[name] = [
                replay.through(
                    make(stream.options, seed),
                    prompts,
                    stream,
                    np.random.default_rng(1_000 + seed),
                )
                for seed, stream in shown.track(
                    list(zip(seeds, streams, strict=True)), description=name
                )
            ]
            policies[name] = (
                _figures(gained[name])
                | _p95("choose", replay.choosing)
                | _p95("update", replay.updating)
            )
    # The best arm of the last quarter is looked up for that quarter: after a shift it is another.
    policies["best_single"] = {
        "mean": round(float(np.mean([w.mean(0).max() for w in worth])), 4),
        "last_quarter": round(float(np.mean([_last(w).mean(0).max() for w in worth])), 4),
    }
    if arguments.incumbent is not None:
        at = names.index(arguments.incumbent)
        policies["incumbent"] = _figures([w[:, at] for w in worth])
    policies["oracle"] = _figures([w.max(1) for w in worth])
    for figures in policies.values():
        for figure in ("mean", "last_quarter"):
            base = policies["best_single"][figure]
            if base > 0.0:
                figures[f"{figure}_vs_best_percent"] = round(100 * (figures[figure] / base - 1), 2)
    if arguments.plot is not None:
        regret.draw(arguments.plot, f"{prompts.name}: regret", _regrets(worth, gained))
    return {
        "set": prompts.name,
        "prompts": len(prompts.texts),
        "arms": names,
        "arguments": {k: v for k, v in vars(arguments).items() if k not in {"set", "plot"}},
        "machine": rig.machine("not used", load),
        "policies": policies,
        **({"skipped": skipped} if skipped else {}),
    }


def _check(arguments: argparse.Namespace, prompts: PromptSet) -> None:
    names = [option.name for option in prompts.options]
    if arguments.incumbent not in {None, *names}:
        raise SystemExit(f"there is no arm {arguments.incumbent!r}; the set has {names}")
    if not 0 <= arguments.warm < len(prompts.texts):
        raise SystemExit(f"--warm {arguments.warm}: the set has {len(prompts.texts)} prompts")
    if arguments.plot is not None and arguments.plot.suffix != ".svg":
        raise SystemExit(f"--plot {arguments.plot}: the chart is drawn as SVG; name a .svg file")


def _makers(
    arguments: argparse.Namespace, prompts: PromptSet
) -> tuple[dict[str, Callable[[list[Option], int], Policy]], list[str]]:
    """Return how to open each policy for some options and a seed, and what was skipped."""

    def opening(name: str) -> Callable[[list[Option], int], Policy]:
        return lambda _options, _seed: open_policy(
            name, prompts.strengths, arguments.incumbent, None
        )

    others, skipped = installed(arguments.also)
    for sentence in skipped:
        rig.console.print(sentence)
    # Without an incumbent "fixed" is whichever arm comes first; with one it is the row "incumbent".
    shown = [name for name in POLICIES if name != Fixed.name]
    makers = {"mynah" if name == DEFAULT else name: opening(name) for name in shown}
    return makers | others, skipped


def _regrets(worth: list[Floats], gained: dict[str, list[Floats]]) -> dict[str, Floats]:
    """Return the mean cumulative regret against each stream's best single arm."""
    best = [w[:, int(w.mean(0).argmax())] for w in worth]
    return {
        name: np.mean([np.cumsum(b - g) for b, g in zip(best, rewards, strict=True)], axis=0)
        for name, rewards in gained.items()
    }


def _last(values: Floats) -> Floats:
    return values[3 * len(values) // 4 :]


def _figures(gained: list[Floats]) -> dict[str, float]:
    means = np.array([g.mean() for g in gained])
    return {
        "mean": round(float(means.mean()), 4),
        "standard_error": round(float(means.std() / np.sqrt(len(means))), 4),
        "last_quarter": round(float(np.mean([_last(g).mean() for g in gained])), 4),
    }


def _p95(name: str, milliseconds: list[float]) -> dict[str, float]:
    if not milliseconds:
        return {}
    return {f"{name}_p95_ms": round(float(np.percentile(milliseconds, 95)), 3)}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="routing", description=__doc__)
    add = parser.add_argument
    add("--set", type=Path, required=True, help="NAME.jsonl; vectors and arms are beside it")
    add("--feedback", type=float, default=1.0, help="share of choices that get feedback")
    add("--flip", type=float, default=0.0, help="share of feedback that says the opposite")
    add("--delay", type=int, default=0, help="steps until feedback arrives")
    add("--binary", action="store_true", help="votes (1 with the score as probability), not scores")
    add("--shift", action="store_true", help="every arm becomes another one half-way")
    add("--warm", type=int, default=0, help="prompts evaluated with every arm first; not counted")
    add("--incumbent", help="the arm that answers until another is known to be better")
    add("--seeds", type=int, default=5, help="shuffles")
    add("--first-seed", type=int, default=0, help="of the shuffles; others are held out")
    add("--cost-weight", type=float, default=0.0, help="score that one dollar is worth")
    add("--plot", type=Path, help="where to draw the regret over time, as .svg")
    add("--also", nargs="*", default=[], choices=sorted(ALSO), help="further bars, if installed")
    rig.print_result(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
