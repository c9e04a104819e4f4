"""Thompson sampling over a hierarchical posterior, with a guard and a change detector.

Decides which arm answers. How often it samples is the share of choices that
people respond to: exploring pays only if someone says how it went. How widely
it samples shrinks as evidence grows. Otherwise it takes the best mean, and
leaves a declared incumbent only on evidence.
When an arm's answers stop being as good as expected (Page, 1954), everything
learned and declared is dropped. Refuses to know prompts, prices and people.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.codec import UnreadableState, pack, shaped, unpack
from learning.routing.contract import Floats, Option
from learning.routing.hierarchy import TYPES, WIDTH, Posterior, Sums
from learning.routing.learner import Learner, certain, deductions, required
from learning.routing.topics import TOPICS
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.routing.contract import Context, Credit, Decision
    from learning.task_types import TaskType

_TEMPERATURE: Final = 0.1
"""By which sampled variance is scaled once much is known."""
_YOUNG: Final = 25.0
"""Weight of an arm's own evidence up to which it is hardly scaled: bad luck must not rule an arm
out, however much is known of the others."""
_YOUNG_GUARDED: Final = 100.0
"""The same for the evidence on all arms together, where an incumbent is declared: who trusts one
arm pays for looking at the others, and not for looking long."""
_INCUMBENT_SLICE: Final = 0.2
"""Of the choices that would sample, when an incumbent is declared."""
_GUARD: Final = 1.0
"""Standard deviations by which an arm must beat the incumbent in the mean."""
_DRAWS: Final = 256
_DRIFT: Final = 0.4
"""The change looked for, in standard deviations of the noise."""
_ALARM: Final = 11.0
"""Log-likelihood ratio at which a change is believed: one false alarm in some 10⁵."""
_ANSWERED: Final = (2.0, 10.0)
"""Responses and choices assumed before any were seen."""
_VERSIONS: Final = 4
"""Of one arm that are remembered: feedback comes late, and versions are rolled back."""
_ROWS: Final = 24
"""Arms and versions that are remembered in all."""


@dataclass(slots=True)
class State:
    """Everything that is learned: plain numbers.

    Attributes:
        options: what each row of the arrays is about, the longest known first.
        epochs: which life of its posterior each row is in; no two lives share a number.
        sums: the evidence on quality.
        change: evidence that a row got better and worse, shape ``(rows, 2)``.
        lives: of rows so far.
        trusted: whether declared strengths still count.
        alarms: changes that were believed.
        answered: responses and choices, shape ``(2,)``.
    """

    options: list[Option] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    sums: Sums = field(default_factory=lambda: Sums.empty(0))
    change: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    lives: int = 0
    trusted: bool = True
    alarms: int = 0
    answered: Floats = field(default_factory=lambda: np.array(_ANSWERED))

    def row(self, option: Option) -> int | None:
        """Return the row of an arm in this version, if there is one."""
        return self.options.index(option) if option in self.options else None

    def known(self, option: Option) -> float:
        """Return the weight of the evidence on an arm in this version."""
        at = self.row(option)
        return 0.0 if at is None else max(float(self.sums.counts[at]), 0.0)

    def place(self, option: Option) -> int:
        """Return the row of an arm in this version; make one, in an old one's place if need be."""
        at = self.row(option)
        if at is not None:
            return at
        versions = [i for i, known in enumerate(self.options) if known.name == option.name]
        if len(versions) >= _VERSIONS or len(self.options) >= _ROWS:
            self._drop(versions[0] if len(versions) >= _VERSIONS else 0)
        self.options.append(option)
        self.epochs.append(self.lives)
        self.lives += 1
        self.sums.grow()
        self.change = np.vstack([self.change, np.zeros(2)])
        return len(self.options) - 1

    def start_over(self) -> None:
        """Drop what was learned and declared."""
        self.sums = Sums.empty(len(self.options))
        self.change = np.zeros((len(self.options), 2))
        self.epochs = [self.lives + i for i in range(len(self.options))]
        self.lives += len(self.options)
        self.trusted = False
        self.alarms += 1

    def _drop(self, at: int) -> None:
        del self.options[at], self.epochs[at]
        self.sums.drop(at)
        self.change = np.delete(self.change, at, 0)


class HierarchicalThompson(Learner):
    """The default policy.

    Args:
        strengths: declared strengths by arm, in [0, 1]; priors that yield to evidence.
        incumbent: the arm that answers until another is known to be better.
        stored: what ``dump`` returned.

    Raises:
        UnreadableState: if ``stored`` is of another format.
    """

    name = "hierarchical_thompson"

    def __init__(
        self,
        strengths: Mapping[str, Mapping[TaskType, float]] | None = None,
        incumbent: str | None = None,
        stored: bytes | None = None,
    ) -> None:
        self._strengths = strengths or {}
        self._incumbent = incumbent
        self.state = State() if stored is None else _load(stored)
        self._posterior = self._believed(self.state.options, self.state.sums)
        self._imagined: tuple[tuple[Option, ...], Posterior] | None = None

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Mapping[str, float] | None = None,
        *,
        explore: bool = True,
    ) -> Decision:
        """Choose one of the options; the state stays as it is."""
        posterior, rows = self._about(tuple(required(options)))
        means, covariance = posterior.scores(_features(context))
        means = means[rows] - deductions(options, penalties)
        covariance = covariance[np.ix_(rows, rows)]
        best, guarded = self._best(means, covariance, options)
        chances = certain(options, best)
        if explore:
            answered, chosen = self.state.answered
            sampling = min(max(answered / chosen, 0.0), 1.0)
            sampling *= _INCUMBENT_SLICE if guarded else 1.0
            known = np.array([self.state.known(option) for option in options])
            young = _YOUNG_GUARDED / (_YOUNG_GUARDED + known.sum())
            temperatures = np.maximum(
                _TEMPERATURE, young if guarded else _YOUNG / (_YOUNG + known)
            ) * np.ones(len(options))
            wins = _wins(means, covariance, rng, temperatures)
            chances = (1.0 - sampling) * chances + sampling * wins
        deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        return self._decision(options, means, deviations, chances, rng)

    def chosen(self, count: float = 1.0) -> None:
        """Count choices: the share that gets a response says how much sampling can teach."""
        if np.isfinite(count) and count > 0.0:
            self.state.answered[1] += count

    def dump(self) -> bytes:
        """Return the state as some kilobytes."""
        state = self.state
        return pack(
            self.name,
            {
                "options": [[option.name, option.version] for option in state.options],
                "epochs": state.epochs,
                "squares": state.sums.squares,
                "products": state.sums.products,
                "counts": state.sums.counts,
                "rewards": state.sums.rewards,
                "change": state.change,
                "lives": state.lives,
                "trusted": state.trusted,
                "alarms": state.alarms,
                "answered": state.answered,
            },
        )

    def _about(self, options: tuple[Option, ...]) -> tuple[Posterior, list[int]]:
        """Return a posterior with a row for each option, and these rows."""
        rows = [self.state.row(option) for option in options]
        if None not in rows:
            return self._posterior, [row for row in rows if row is not None]
        fresh = [o for o, row in zip(options, rows, strict=True) if row is None]
        known = [*self.state.options, *fresh]
        if self._imagined is None or self._imagined[0] != tuple(fresh):
            sums = replace(self.state.sums)
            for _ in fresh:
                sums.grow()
            self._imagined = (tuple(fresh), self._believed(known, sums))
        return self._imagined[1], [known.index(option) for option in options]

    def _best(
        self, means: Floats, covariance: Floats, options: Sequence[Option]
    ) -> tuple[int, bool]:
        """Return the option to take without chance, and whether there is an incumbent."""
        best = int(means.argmax())
        at = next((i for i, o in enumerate(options) if o.name == self._incumbent), None)
        if at is None:
            return best, False
        spread = covariance[best, best] + covariance[at, at] - 2 * covariance[best, at]
        if means[best] - means[at] < _GUARD * np.sqrt(max(spread, 0.0)):
            best = at
        return best, True

    def _add(self, context: Context, credit: Credit) -> Credit:
        state, x = self.state, _features(context)
        posterior, (row,) = self._about((credit.arm,))
        means, covariance = posterior.scores(x)
        at = state.place(credit.arm)
        expected = np.sqrt(posterior.noise + covariance[row, row])
        surprise = float(credit.weight * (credit.reward - means[row]) / expected)
        before = state.change[at].copy()
        steps = _DRIFT * (np.array([surprise, -surprise]) - credit.weight * _DRIFT / 2)
        state.change[at] = np.maximum(before + steps, 0.0)
        # Where one arm changed the others may have: keeping their evidence measured worse.
        if state.change[at].max() > _ALARM:
            state.start_over()
            before = np.zeros(2)
        state.sums.add(at, x, credit.reward, credit.weight)
        room = float(min(max(state.answered[1] - state.answered[0], 0.0), 1.0))
        response = credit.response * room
        state.answered[0] += response
        self._learned()
        rise, fall = (float(moved) for moved in state.change[at] - before)
        return replace(credit, epoch=state.epochs[at], rise=rise, fall=fall, response=response)

    def _take_back(self, context: Context, credit: Credit) -> None:
        state, at = self.state, self.state.row(credit.arm)
        state.answered[0] = max(state.answered[0] - credit.response, 0.0)
        if at is None or state.epochs[at] != credit.epoch:
            return  # it went when the arm was forgotten
        state.sums.add(at, _features(context), credit.reward, -credit.weight)
        state.change[at] = np.maximum(state.change[at] - [credit.rise, credit.fall], 0.0)
        self._learned()

    def _learned(self) -> None:
        self._posterior = self._believed(self.state.options, self.state.sums)
        self._imagined = None

    def _believed(self, options: Sequence[Option], sums: Sums) -> Posterior:
        declared = np.full((len(options), TYPES), np.nan)
        if self.state.trusted:
            for at, option in enumerate(options):
                strengths = self._strengths.get(option.name, {})
                declared[at] = [strengths.get(task, np.nan) for task in TASK_TYPES]
        known = np.isfinite(declared)
        declared = np.where(known, declared, 0.0)
        means = declared.sum(0) / np.maximum(known.sum(0), 1)
        return Posterior(sums, np.where(known, declared - means, 0.0))


def _wins(
    means: Floats, covariance: Floats, rng: np.random.Generator, temperatures: Floats
) -> Floats:
    """Return how often each option is the best of a draw, shape ``(options,)``, sum 1."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) * np.sqrt(temperatures)[:, None]
    draws = means + rng.standard_normal((_DRAWS, len(means))) @ root.T
    wins: Floats = np.bincount(draws.argmax(1), minlength=len(means)) / _DRAWS
    return wins


def _features(context: Context) -> Floats:
    shares = context.topics if len(context.topics) == TOPICS else (0.0,) * TOPICS
    return np.array([1.0, *(context.probabilities[task] for task in TASK_TYPES), *shares])


def _load(stored: bytes) -> State:
    fields = unpack(HierarchicalThompson.name, stored)
    try:
        options = [Option(str(name), str(version)) for name, version in fields["options"]]
        rows = len(options)
        return State(
            options,
            [int(fields["epochs"][row]) for row in range(rows)],
            Sums(
                shaped(fields, "squares", (rows, WIDTH, WIDTH)),
                shaped(fields, "products", (rows, WIDTH)),
                shaped(fields, "counts", (rows,)),
                shaped(fields, "rewards", (rows,)),
            ),
            shaped(fields, "change", (rows, 2)),
            int(fields["lives"]),
            bool(fields["trusted"]),
            int(fields["alarms"]),
            shaped(fields, "answered", (2,)),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UnreadableState(
            "the stored state is incomplete: start from an empty state and credit the feedback "
            "again"
        ) from error
