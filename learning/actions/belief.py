"""What is to be believed of one parameter, from the calls so far.

Decides how likely each rule is that explains a changed parameter, under which condition and since
when, and what it makes of a call now. Every rule is weighed against sending what was asked for,
over the same calls. Refuses to know where the calls come from and what is done with the belief.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.actions.evidence import USUAL, mark
from learning.actions.fields import MISSING, flat, get, same, says
from learning.actions.lessons import Lesson, When, explained
from learning.actions.steps import FITTED

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from learning.actions.evidence import Evidence, Example

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

_MOST_RULES: Final = 24
_MOST_CONDITIONS: Final = 24
_MOST_TEACHING: Final = 8
_MOST_BREAKS: Final = 3
_UNPROVED: Final = 0.15
_HALF_LIFE: Final = 15
"""Calls after which one counts half."""
_RIGHT, _WRONG, _BEFORE = math.log(0.97), math.log(0.03), math.log(0.85)
_ASKED, _ALWAYS, _CONDITIONAL, _CHANGED = 0.3, 0.5, 0.4, 0.2
_NAMED: Final = 4.0
"""How much likelier a condition is that the failure's own words speak of."""
_SAID: Final = 160.0
"""… and of the value that it must have,"""
_STATED: Final = 0.5
_DESPITE: Final = 0.15
"""… and how much less likely it then is that the rule always holds."""
_DROPPED: Final = 0.3
_MOST_HASTY: Final = 2
_FEW_CONDITIONS: Final = 12.0


@dataclass(frozen=True, slots=True)
class Believed:
    """What to send for one parameter.

    Attributes:
        lesson: the likeliest rule that says so; ``None`` where what was asked for stays.
        value: what to send.
        likely: how likely it is to be right, in [0, 1].
        worked: calls that worked with this rule.
        failed: calls that failed with it.
    """

    lesson: Lesson | None
    value: Any
    likely: float
    worked: int = 0
    failed: int = 0


def believe(
    field: str,
    known: Evidence,
    allowed: Callable[[Lesson, Sequence[Example]], bool],
    *,
    wrong: bool = False,
) -> Believed:
    """Return what to send for a parameter.

    Args:
        field: its path.
        known: the call, before anything is changed, and earlier ones of the same kind.
        allowed: whether a rule may be used here at all, with the examples that teach it.
        wrong: it is known that this parameter cannot stay as it is.
    """
    asked = get(known.given, field)
    telling = [n for n, each in enumerate(known.examples) if each.ok or field in each.blamed]
    rules = _rules(field, [known.examples[n] for n in telling], allowed)
    made = [rule.value(known.given) for rule, _ in rules]
    if all(same(value, asked) for value in made):
        return Believed(None, asked, 1.0)
    return _Weighing(field, known, telling, rules, made).outcome(wrong=wrong)


class _Weighing:
    """All rules under all conditions from all turning points, over the same examples."""

    def __init__(
        self,
        field: str,
        known: Evidence,
        telling: Sequence[int],
        rules: Sequence[tuple[Lesson | _Table, float]],
        made: Sequence[Any],
    ) -> None:
        self._field, self._known, self._rules, self._now = field, known, rules, made
        self._telling = telling
        self._examples = [known.examples[n] for n in telling]
        ages = np.arange(len(telling) - 1, -1, -1)
        given, sent = known.asked(field), known.sent(field)
        self._kept = np.array([given[n] == sent[n] for n in telling], dtype=bool)
        proved = [not e.ok or k or field in e.proved
                  for e, k in zip(self._examples, self._kept, strict=True)]  # fmt: skip
        weights = [e.weight * (1.0 if p else _UNPROVED)
                   for e, p in zip(self._examples, proved, strict=True)]  # fmt: skip
        self._weights = np.array(weights) * 0.5 ** (ages / _HALF_LIFE)
        self._ok = np.array([e.ok for e in self._examples], dtype=bool)
        self._made = np.array([self._like(rule) for rule, _ in rules], dtype=bool)
        self._breaks = [n for n in range(1, len(telling)) if not self._ok[n]][-_MOST_BREAKS:]

    def outcome(self, *, wrong: bool) -> Believed:
        conditions, priors, holding = self._conditions()
        stated = bool((priors > _STATED).any())
        likely = np.array([likely for _, likely in self._rules])
        asked = get(self._known.given, self._field)
        idle = np.array([same(value, asked) for value in self._now], dtype=bool)
        careful = np.array([stated or self._loses(rule) for rule, _ in self._rules], dtype=bool)
        # A parameter that is never taken would hardly be asked for: mostly it is in the way.
        dropped = [_DROPPED if isinstance(rule, Lesson) and rule.drop else 1.0
                   for rule, _ in self._rules]  # fmt: skip
        always = _ALWAYS * (_DESPITE if stated else 1.0) * likely * np.array(dropped)
        first = np.vstack([always, _CONDITIONAL * np.outer(priors, likely)])
        masses = first * self._evidence(holding)
        # What is wrong cannot stay; a rule that knows no remedy for it still speaks for another.
        kept = 0.0 if wrong else float(_ASKED * self._evidence_of(self._terms(self._kept)))
        meets = np.array([True, *(now for _, now in conditions)], dtype=bool)
        acts = np.outer(meets, ~idle)
        stays = ~acts & (np.outer(~meets, careful) | idle | (not wrong))
        kept += float(masses[stays].sum())
        masses = np.where(acts, masses, 0.0)
        of_rules = masses.sum(axis=0)
        values: dict[Hashable, float] = {}
        keys = [mark(value) for value in self._now]
        for key, mass, no in zip(keys, of_rules, idle, strict=True):
            if not no:
                values[key] = values.get(key, 0.0) + float(mass)
        best = max(values, key=lambda key: values[key])
        total = kept + float(of_rules.sum())
        sure = values[best] / total if total > 0.0 else 0.0
        if total <= 0.0 or values[best] <= kept:
            return Believed(None, asked, kept / total if total > 0.0 else 1.0)
        among = np.array([key == best and not no for key, no in zip(keys, idle, strict=True)])
        place = int(np.where(among, masses.max(axis=0), -1.0).argmax())
        under = int(masses[:, place].argmax())
        return self._chosen(place, conditions[under - 1][0] if under else None, sure)

    def _chosen(self, place: int, under: When | None, likely: float) -> Believed:
        program = self._rules[place][0]
        rule = program.lesson(self._known.given) if isinstance(program, _Table) else program
        made, moved = self._made[place], ~self._kept | ~self._ok
        return Believed(
            replace(rule, when=(*rule.when, under)) if under is not None else rule,
            self._now[place],
            likely,
            worked=int((made & self._ok & moved).sum()),
            failed=int((made & ~self._ok & ~self._kept).sum()),
        )

    def _loses(self, rule: Lesson | _Table) -> bool:
        """Tell whether a rule takes something away that no failure asked for."""
        if isinstance(rule, _Table) or not rule.lossy:
            return False
        if rule.drop:
            return True
        figure = str(rule.steps[-1][1])
        return not any(says(each.said, figure) for each in self._examples)

    def _like(self, rule: Lesson | _Table) -> list[bool]:
        """Tell for which examples a rule makes what was sent."""
        source = "" if isinstance(rule, _Table) else rule.source or ""
        given, sent = self._known.asked(self._field), self._known.sent(self._field)
        taken = self._known.asked(source) if source else given
        made: dict[tuple[Hashable, Hashable], Hashable] = {}
        found = []
        for n in self._telling:
            seen = (given[n], taken[n])
            if seen not in made:
                made[seen] = mark(rule.value(self._known.examples[n].given))
            found.append(made[seen] == sent[n])
        return found

    def _terms(self, like: np.ndarray[Any, np.dtype[np.bool_]]) -> Numbers:
        """Return what each example says for what it is sent, as logarithms."""
        right = np.where(like == self._ok, _RIGHT, _WRONG)
        # That something else failed says little for what was not tried then.
        weighed: Numbers = np.where(~like & ~self._ok, 0.0, right) * self._weights
        return weighed

    def _evidence_of(self, terms: Numbers) -> Any:  # noqa: ANN401 - one number or many
        """Return how likely the examples are if this is what a tool wants, always or lately."""
        mass = np.exp(terms.sum(axis=-1))
        for place in self._breaks:
            before = _BEFORE * self._weights[:place].sum()
            mass = mass + _CHANGED / len(self._breaks) * np.exp(
                before + terms[..., place:].sum(axis=-1)
            )
        return mass

    def _evidence(self, holding: np.ndarray[Any, np.dtype[np.bool_]]) -> Numbers:
        """Return the same for each rule, always and under each condition."""
        made, kept = self._terms(self._made), self._terms(self._kept)
        where = np.vstack([np.ones(len(kept), dtype=bool), holding]).astype(float)
        # Where a condition does not hold, what was given is sent.
        more = made - kept
        mass: Numbers = np.exp(kept.sum() + where @ more.T)
        for place in self._breaks:
            before = _BEFORE * self._weights[:place].sum() + kept[place:].sum()
            mass = mass + _CHANGED / len(self._breaks) * np.exp(
                before + where[:, place:] @ more[:, place:].T
            )
        return mass

    def _conditions(
        self,
    ) -> tuple[list[tuple[When, bool]], Numbers, np.ndarray[Any, np.dtype[np.bool_]]]:
        """Return what the calls can be told apart by, with how likely each is to be the reason."""
        found, rows = self._known.conditions
        rows = rows[:, self._telling]
        said = " ".join(
            e.said
            for e in self._examples
            if self._field in e.blamed | e.proved and says(e.said, self._field)
        ).casefold()
        named = {when.field: when.field != self._field and says(said, when.field)
                 for when, _ in found}  # fmt: skip
        some: list[bool] = rows.any(axis=1).tolist()  # type: ignore[assignment]
        every: list[bool] = rows.all(axis=1).tolist()  # type: ignore[assignment]
        ways = []
        for place, (when, now) in enumerate(found):
            if not some[place] or (every[place] and now):
                continue
            if when.field == self._field and when.test in {"present", "absent"}:
                continue
            likely = USUAL[when.test] * (_NAMED if named[when.field] else 1.0)
            if named[when.field] and when.test == "is" and str(when.value).casefold() in said:
                likely = _SAID
            ways.append((likely, place))
        kept: list[tuple[float, int]] = []
        seen = set()
        for likely, place in sorted(ways, key=lambda way: -way[0]):
            # Two conditions that cannot be told apart by any call, this one included, are one.
            alike = (rows[place].tobytes(), found[place][1])
            if alike not in seen and len(kept) < _MOST_CONDITIONS:
                seen.add(alike)
                kept.append((likely, place))
        priors = np.array([likely for likely, _ in kept])
        whole = max(_FEW_CONDITIONS, float(priors.sum()))
        places = [place for _, place in kept]
        return [found[place] for place in places], priors / whole, rows[places]


@dataclass(frozen=True, slots=True)
class _Table:
    """Another word for each of a few, the latest that worked."""

    entries: tuple[Lesson, ...]

    def value(self, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of any shape
        """Return the word that is sent for the one that is asked for."""
        return self.lesson(params).value(params)

    def lesson(self, params: Mapping[str, Any]) -> Lesson:
        """Return the entry that a call meets."""
        return next((each for each in self.entries if each.holds(params)), self.entries[0])


def _rules(
    field: str,
    examples: Sequence[Example],
    allowed: Callable[[Lesson, Sequence[Example]], bool],
) -> list[tuple[Lesson | _Table, float]]:
    """Return every rule that explains some call that worked, likeliest first."""
    found: dict[str, tuple[Lesson, float]] = {}
    teaching = [
        each
        for each in examples
        if each.ok and not same(get(each.given, field), get(each.sent, field))
    ]
    for each in reversed(teaching[-_MOST_TEACHING:]):
        for rule, likely in explained(field, each.given, each.sent)[:_MOST_RULES]:
            # What one call explains by chance in another way, others do not.
            name = _key(rule.as_data())
            found[name] = max(found.get(name, (rule, 0.0)), (rule, likely), key=lambda w: w[1])
    ways = [
        (rule, likely)
        for rule, likely in found.values()
        if allowed(rule, examples) and not _hasty(rule, teaching)
    ]
    ways = [(rule, likely / _unsettled(rule, ways)) for rule, likely in ways]
    entries = tuple(rule for rule, _ in ways if _is_entry(rule))
    rules: list[tuple[Lesson | _Table, float]] = [way for way in ways if not _is_entry(way[0])]
    rules = sorted(rules, key=lambda way: -way[1])[: 2 * _MOST_RULES]
    likely = max((likely for rule, likely in ways if _is_entry(rule)), default=0.0)
    return [*rules, (_Table(entries), likely)] if entries else rules


def _hasty(rule: Lesson, teaching: Sequence[Example]) -> bool:
    """Tell a constant for whatever is asked for, if that was never but one thing."""
    if not rule.constant or any(when.test != "present" for when in rule.when):
        return False
    held = (get(e.given, rule.field) for e in teaching if rule.holds(e.given)
            and same(get(e.sent, rule.field), rule.value(e.given)))  # fmt: skip
    return len({_key(value) for value in held}) < _MOST_HASTY


def complete(found: Sequence[Believed], examples: Sequence[Example]) -> list[Believed]:
    """Return what is to be changed, without leaving out what another name should carry."""
    changes = [each for each in found if each.lesson is not None]
    carried = {each.lesson.source: each for each in changes if each.lesson and each.lesson.moved}
    kept = [replace(mover, lesson=Lesson(source, drop=True), value=MISSING)
            for source, mover in carried.items()]  # fmt: skip
    for each in changes:
        lesson = each.lesson or Lesson("")
        field, drop = lesson.field, lesson.drop
        if field not in carried and not (drop and any(_carried(field, e) for e in examples)):
            kept.append(each)
    return kept


def _carried(field: str, example: Example) -> bool:
    """Tell whether a value was sent under another name."""
    value = get(example.given, field)
    if value is MISSING or not example.ok or get(example.sent, field) is not MISSING:
        return False
    new = (sent for path, sent in flat(example.sent).items() if path not in example.given)
    return any(same(value, sent) for sent in new)


def _unsettled(rule: Lesson, ways: Sequence[tuple[Lesson, float]]) -> int:
    """Return how much less a figure is worth that was another one nearly every time."""
    if _is_entry(rule) or not rule.steps or rule.steps[-1][0] not in FITTED:
        return 1
    name = rule.steps[-1][0]
    figures = {_key(other.steps[-1][1]) for other, _ in ways if other.steps
               and other.steps[-1][0] == name and not _is_entry(other)}  # fmt: skip
    return max(1, len(figures)) ** 2


def _is_entry(rule: Lesson) -> bool:
    return rule.constant and any(when.test == "is" for when in rule.when)


def _key(value: Any) -> str:  # noqa: ANN401 - JSON of any shape
    return "" if value is MISSING else json.dumps(value, sort_keys=True, default=str)
